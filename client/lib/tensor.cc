#include "octet_client/tensor.h"

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/lib/half.h"

namespace octet::client {
namespace {

struct TypeRow {
  DataType type;
  const char* name;
  int64_t bytes;
};

// In the order of the enumeration.
constexpr TypeRow kTypes[] = {
    {DataType::kBool, "BOOL", 1},     {DataType::kUint8, "UINT8", 1},
    {DataType::kUint16, "UINT16", 2}, {DataType::kUint32, "UINT32", 4},
    {DataType::kUint64, "UINT64", 8}, {DataType::kInt8, "INT8", 1},
    {DataType::kInt16, "INT16", 2},   {DataType::kInt32, "INT32", 4},
    {DataType::kInt64, "INT64", 8},   {DataType::kFp16, "FP16", 2},
    {DataType::kFp32, "FP32", 4},     {DataType::kFp64, "FP64", 8},
};

const TypeRow& Row(DataType type) { return kTypes[static_cast<int>(type)]; }

template <typename T>
std::vector<double> Widen(absl::string_view data) {
  std::vector<double> values(data.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
  return values;
}

std::vector<double> WidenHalf(absl::string_view data) {
  std::vector<double> values(data.size() / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t bits;
    std::memcpy(&bits, data.data() + i * 2, 2);
    values[i] = HalfToDouble(bits);
  }
  return values;
}

}  // namespace

absl::string_view DataTypeName(DataType type) { return Row(type).name; }

int64_t DataTypeSize(DataType type) { return Row(type).bytes; }

absl::StatusOr<DataType> ParseDataType(absl::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (name == row.name) return row.type;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "datatype '", name, "' is none of ",
      absl::StrJoin(kTypes, ", ",
                    [](std::string* out, const TypeRow& row) { absl::StrAppend(out, row.name); })));
}

absl::StatusOr<int64_t> ElementCount(absl::Span<const int64_t> shape) {
  constexpr int64_t kLimit = int64_t{1} << 59;  // times 8 bytes stays below 2^62
  int64_t count = 1;
  bool empty = false;
  for (int64_t dim : shape) {
    if (dim < 0) {
      return absl::InvalidArgumentError(absl::StrCat("shape ", ShapeText(shape), " is negative"));
    }
    if (dim == 0) {
      empty = true;
    } else if (count > kLimit / dim) {
      return absl::InvalidArgumentError(absl::StrCat("shape ", ShapeText(shape), " is too large"));
    } else {
      count *= dim;
    }
  }
  return empty ? 0 : count;
}

std::string ShapeText(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

std::vector<double> ToDoubles(DataType type, absl::string_view data) {
  switch (type) {
    case DataType::kBool:
    case DataType::kUint8:
      return Widen<uint8_t>(data);
    case DataType::kUint16:
      return Widen<uint16_t>(data);
    case DataType::kUint32:
      return Widen<uint32_t>(data);
    case DataType::kUint64:
      return Widen<uint64_t>(data);
    case DataType::kInt8:
      return Widen<int8_t>(data);
    case DataType::kInt16:
      return Widen<int16_t>(data);
    case DataType::kInt32:
      return Widen<int32_t>(data);
    case DataType::kInt64:
      return Widen<int64_t>(data);
    case DataType::kFp16:
      return WidenHalf(data);
    case DataType::kFp32:
      return Widen<float>(data);
    case DataType::kFp64:
      return Widen<double>(data);
  }
  return {};
}

}  // namespace octet::client
