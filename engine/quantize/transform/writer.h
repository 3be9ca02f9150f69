// Between a `.tflite` file and FlatBuffers' object form of it, in which it can be changed.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_WRITER_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tflite_generated.h"

namespace octet {

// `file` must be one that ReadModel accepts. Data that the file keeps behind the FlatBuffer is
// brought into the objects. InvalidArgument where a custom operator's options leave the file.
absl::StatusOr<std::unique_ptr<tflite::ModelT>> UnpackFile(absl::string_view file);

// A FlatBuffer ends below 2 GiB; this leaves room for everything but the constants.
inline constexpr uint64_t kMaxInlineDataBytes = uint64_t{1} << 30;

// The file. Constants of more than `max_inline_bytes` together go behind the FlatBuffer. Takes
// constant data out of `model` in that case.
std::string PackFile(tflite::ModelT& model, uint64_t max_inline_bytes = kMaxInlineDataBytes);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_WRITER_H_
