#include "server/services/typed_contents.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/repeated_field.h"
#include "server/services/data_types.h"

namespace octet::server {
namespace {

using Contents = inference::InferTensorContents;
using google::protobuf::RepeatedField;

// The field whose elements are of C++ type Wire.
template <typename Wire>
const RepeatedField<Wire>& Field(const Contents& contents);
template <>
const RepeatedField<bool>& Field(const Contents& c) {
  return c.bool_contents();
}
template <>
const RepeatedField<int32_t>& Field(const Contents& c) {
  return c.int_contents();
}
template <>
const RepeatedField<int64_t>& Field(const Contents& c) {
  return c.int64_contents();
}
template <>
const RepeatedField<uint32_t>& Field(const Contents& c) {
  return c.uint_contents();
}
template <>
const RepeatedField<uint64_t>& Field(const Contents& c) {
  return c.uint64_contents();
}
template <>
const RepeatedField<float>& Field(const Contents& c) {
  return c.fp32_contents();
}
template <>
const RepeatedField<double>& Field(const Contents& c) {
  return c.fp64_contents();
}

template <typename Wire>
RepeatedField<Wire>& MutableField(Contents& contents);
template <>
RepeatedField<bool>& MutableField(Contents& c) {
  return *c.mutable_bool_contents();
}
template <>
RepeatedField<int32_t>& MutableField(Contents& c) {
  return *c.mutable_int_contents();
}
template <>
RepeatedField<int64_t>& MutableField(Contents& c) {
  return *c.mutable_int64_contents();
}
template <>
RepeatedField<uint32_t>& MutableField(Contents& c) {
  return *c.mutable_uint_contents();
}
template <>
RepeatedField<uint64_t>& MutableField(Contents& c) {
  return *c.mutable_uint64_contents();
}
template <>
RepeatedField<float>& MutableField(Contents& c) {
  return *c.mutable_fp32_contents();
}
template <>
RepeatedField<double>& MutableField(Contents& c) {
  return *c.mutable_fp64_contents();
}

// Calls f(element, wire) with values of the C++ types of `type` and of its field; not at all for a
// type without a field.
template <typename F>
void ForTypes(DataType type, F f) {
  switch (type) {
    case DataType::kBool:
      return f(bool{}, bool{});
    case DataType::kInt8:
      return f(int8_t{}, int32_t{});
    case DataType::kInt16:
      return f(int16_t{}, int32_t{});
    case DataType::kInt32:
      return f(int32_t{}, int32_t{});
    case DataType::kInt64:
      return f(int64_t{}, int64_t{});
    case DataType::kUint8:
      return f(uint8_t{}, uint32_t{});
    case DataType::kUint16:
      return f(uint16_t{}, uint32_t{});
    case DataType::kUint32:
      return f(uint32_t{}, uint32_t{});
    case DataType::kUint64:
      return f(uint64_t{}, uint64_t{});
    case DataType::kFloat32:
      return f(float{}, float{});
    case DataType::kFloat64:
      return f(double{}, double{});
    default:
      return;
  }
}

struct FieldSize {
  absl::string_view name;
  int size;
};

std::vector<FieldSize> FieldSizes(const Contents& c) {
  return {
      {"bool_contents", c.bool_contents_size()},     {"int_contents", c.int_contents_size()},
      {"int64_contents", c.int64_contents_size()},   {"uint_contents", c.uint_contents_size()},
      {"uint64_contents", c.uint64_contents_size()}, {"fp32_contents", c.fp32_contents_size()},
      {"fp64_contents", c.fp64_contents_size()},     {"bytes_contents", c.bytes_contents_size()}};
}

template <typename T, typename Wire>
absl::Status CheckRange(const RepeatedField<Wire>& field, absl::string_view name, DataType type) {
  for (int i = 0; i < field.size(); ++i) {
    if (static_cast<Wire>(static_cast<T>(field[i])) != field[i]) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, "[", i, "] is ", field[i], ", which does not fit ", ProtocolTypeName(type)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::string_view TypedFieldName(DataType type) {
  switch (type) {
    case DataType::kBool:
      return "bool_contents";
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
      return "int_contents";
    case DataType::kInt64:
      return "int64_contents";
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
      return "uint_contents";
    case DataType::kUint64:
      return "uint64_contents";
    case DataType::kFloat32:
      return "fp32_contents";
    case DataType::kFloat64:
      return "fp64_contents";
    default:
      return "";
  }
}

absl::Status CheckTypedContents(const Contents& contents, DataType type, int64_t count) {
  const absl::string_view right = TypedFieldName(type);
  if (right.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        ProtocolTypeName(type), " has no typed contents: send it in raw_input_contents"));
  }
  int64_t given = 0;
  for (const FieldSize& field : FieldSizes(contents)) {
    if (field.name == right) {
      given = field.size;
    } else if (field.size > 0) {
      return absl::InvalidArgumentError(absl::StrCat(ProtocolTypeName(type), " contents stand in ",
                                                     right, ", not in ", field.name));
    }
  }
  if (given != count) {
    return absl::InvalidArgumentError(
        absl::StrCat(right, " has ", given, " elements, must have ", count));
  }
  absl::Status status;
  ForTypes(type, [&](auto element, auto wire) {
    using Element = decltype(element);
    using Wire = decltype(wire);
    if constexpr (sizeof(Element) < sizeof(Wire)) {
      status = CheckRange<Element>(Field<Wire>(contents), right, type);
    }
  });
  return status;
}

void ReadTypedContents(const Contents& contents, DataType type, int64_t first, int64_t count,
                       std::byte* out) {
  ForTypes(type, [&](auto element, auto wire) {
    using Element = decltype(element);
    const auto& field = Field<decltype(wire)>(contents);
    for (int64_t i = 0; i < count; ++i) {
      const Element value = static_cast<Element>(field[static_cast<int>(first + i)]);
      std::memcpy(out + i * sizeof(Element), &value, sizeof(Element));
    }
  });
}

void ResizeTypedContents(Contents& contents, DataType type, int64_t count) {
  ForTypes(type, [&](auto, auto wire) {
    MutableField<decltype(wire)>(contents).Resize(static_cast<int>(count), wire);
  });
}

void WriteTypedContents(const std::byte* bytes, DataType type, int64_t first, int64_t count,
                        Contents& contents) {
  ForTypes(type, [&](auto element, auto wire) {
    using Element = decltype(element);
    auto& field = MutableField<decltype(wire)>(contents);
    for (int64_t i = 0; i < count; ++i) {
      Element value;
      std::memcpy(&value, bytes + i * sizeof(Element), sizeof(Element));
      field[static_cast<int>(first + i)] = value;
    }
  });
}

}  // namespace octet::server
