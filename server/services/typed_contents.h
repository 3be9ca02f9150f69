// Tensor contents that stand in the typed fields of a message instead of raw bytes.
#ifndef OCTET_SERVER_SERVICES_TYPED_CONTENTS_H_
#define OCTET_SERVER_SERVICES_TYPED_CONTENTS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "inference/grpc_service.pb.h"
#include "octet/tensor.h"

namespace octet::server {

// The field for elements of `type`: "int_contents" holds INT8, INT16 and INT32, and so on. Empty
// for FP16, which has none.
absl::string_view TypedFieldName(DataType type);

// InvalidArgument where another field than the type's is used, its number of elements is not
// `count`, or a value does not fit the type.
absl::Status CheckTypedContents(const inference::InferTensorContents& contents, DataType type,
                                int64_t count);

// Elements [first, first + count) as the type's bytes. Requires contents that were checked.
void ReadTypedContents(const inference::InferTensorContents& contents, DataType type, int64_t first,
                       int64_t count, std::byte* out);

// Makes room for `count` elements in the field for `type`. Requires a type that has one.
void ResizeTypedContents(inference::InferTensorContents& contents, DataType type, int64_t count);

// Sets elements [first, first + count), in a field that has room.
void WriteTypedContents(const std::byte* bytes, DataType type, int64_t first, int64_t count,
                        inference::InferTensorContents& contents);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_TYPED_CONTENTS_H_
