// Element types of tensors.
#ifndef OCTET_ENGINE_BASE_DATA_TYPE_H_
#define OCTET_ENGINE_BASE_DATA_TYPE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace octet {

enum class DataType : uint8_t {
  kFloat32,
  kFloat16,
  kFloat64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kBool,
  kInt4,      // two codes a byte, low nibble first
  kString,    // no fixed element size
  kResource,  // a handle of a variable: its number, four bytes
  kOther,     // any other type of the file format; a model that uses it is refused by name
};

// "FLOAT32", "INT8", ...: as the TensorFlow Lite schema spells them.
absl::string_view DataTypeName(DataType type);

// Bytes of one element; 0 where an element has no fixed whole number of bytes.
size_t DataTypeSize(DataType type);

// The DataType of a C++ element type; left undefined for types that no tensor has.
template <typename T>
struct DataTypeOf;
template <>
struct DataTypeOf<float> {
  static constexpr DataType value = DataType::kFloat32;
};
template <>
struct DataTypeOf<int8_t> {
  static constexpr DataType value = DataType::kInt8;
};
template <>
struct DataTypeOf<uint8_t> {
  static constexpr DataType value = DataType::kUint8;
};
template <>
struct DataTypeOf<int16_t> {
  static constexpr DataType value = DataType::kInt16;
};
template <>
struct DataTypeOf<int32_t> {
  static constexpr DataType value = DataType::kInt32;
};
template <>
struct DataTypeOf<int64_t> {
  static constexpr DataType value = DataType::kInt64;
};

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_DATA_TYPE_H_
