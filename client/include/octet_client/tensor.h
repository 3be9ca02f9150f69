// Tensors as the inference protocol carries them.
#ifndef OCTET_CLIENT_TENSOR_H_
#define OCTET_CLIENT_TENSOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace octet::client {

// The protocol's element types of fixed size. (BYTES, text of any length, is not among them.)
enum class DataType {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kFp32,
  kFp64,
};

// The protocol's name, "FP32" for example.
absl::string_view DataTypeName(DataType type);

// Bytes of one element.
int64_t DataTypeSize(DataType type);

// The type that the protocol calls `name`. Errors: InvalidArgument, which lists the known names.
absl::StatusOr<DataType> ParseDataType(absl::string_view name);

// A value: dense, row-major, little-endian; a plain value that owns its bytes.
struct Tensor {
  std::string name;
  DataType type = DataType::kFp32;
  std::vector<int64_t> shape;
  std::string data;
};

// Elements of a shape. Errors: InvalidArgument for a negative dimension or a product beyond
// 2^59, so that sizes in bytes never overflow.
absl::StatusOr<int64_t> ElementCount(absl::Span<const int64_t> shape);

// "[1,8,8,1]".
std::string ShapeText(absl::Span<const int64_t> shape);

// Every element as a double (64-bit integers beyond 2^53 are rounded). `data` must be whole
// elements.
std::vector<double> ToDoubles(DataType type, absl::string_view data);

}  // namespace octet::client

#endif  // OCTET_CLIENT_TENSOR_H_
