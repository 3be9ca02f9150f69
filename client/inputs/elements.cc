#include "client/inputs/elements.h"

#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

// Integers up to here are exact as doubles, through which all conversion goes.
constexpr double kExactLimit = 9007199254740992.0;

// False where a value does not fit.
template <typename T>
bool Narrow(const std::vector<double>& values, std::string& out) {
  out.resize(values.size() * sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    if constexpr (std::is_integral_v<T>) {
      if (values[i] < static_cast<double>(std::numeric_limits<T>::min()) ||
          values[i] > static_cast<double>(std::numeric_limits<T>::max()) ||
          values[i] > kExactLimit || values[i] < -kExactLimit) {
        return false;
      }
    }
    const T value = static_cast<T>(values[i]);
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
  }
  return true;
}

bool NarrowTo(DataType type, const std::vector<double>& values, std::string& out) {
  switch (type) {
    case DataType::kUint8:
      return Narrow<uint8_t>(values, out);
    case DataType::kUint16:
      return Narrow<uint16_t>(values, out);
    case DataType::kUint32:
      return Narrow<uint32_t>(values, out);
    case DataType::kUint64:
      return Narrow<uint64_t>(values, out);
    case DataType::kInt8:
      return Narrow<int8_t>(values, out);
    case DataType::kInt16:
      return Narrow<int16_t>(values, out);
    case DataType::kInt32:
      return Narrow<int32_t>(values, out);
    case DataType::kInt64:
      return Narrow<int64_t>(values, out);
    case DataType::kFp32:
      return Narrow<float>(values, out);
    case DataType::kFp64:
      return Narrow<double>(values, out);
    case DataType::kBool:
    case DataType::kFp16:
      return false;
  }
  return false;
}

}  // namespace

bool IsFloat(DataType type) {
  return type == DataType::kFp16 || type == DataType::kFp32 || type == DataType::kFp64;
}

absl::StatusOr<Array> ConvertElements(Array array, DataType wanted) {
  if (array.type == wanted) return array;
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("has ", DataTypeName(array.type), " elements, ",
                                                   DataTypeName(wanted), " is wanted", why));
  };
  if (array.type == DataType::kBool || wanted == DataType::kBool || wanted == DataType::kFp16 ||
      (IsFloat(array.type) && !IsFloat(wanted))) {
    return refuse("");
  }
  Array out{wanted, std::move(array.shape), ""};
  if (!NarrowTo(wanted, ToDoubles(array.type, array.data), out.data)) {
    return refuse(", and a value is out of its range");
  }
  return out;
}

}  // namespace octet::client
