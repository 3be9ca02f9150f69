// A `.tflite` file on the way from the source to the result: FlatBuffers' object form, but for the
// constant data, which stays where it lies until the result is written.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_FILE_DRAFT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_FILE_DRAFT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/quantize/transform/buffer_content.h"
#include "tflite_generated.h"

namespace octet {

struct FileDraft {
  tflite::ModelT model;                 // its `buffers` stay empty: `contents` has them
  std::vector<BufferContent> contents;  // by buffer index
  // Bytes of the source that are no constant data: about what the result has of them.
  size_t structure_bytes = 0;
};

// `file` must be one that ReadModel accepts, aligned for reading, and outlive the draft.
// InvalidArgument where a custom operator's options leave the file.
absl::StatusOr<FileDraft> OpenDraft(absl::string_view file);

// Appends a buffer; returns its index.
uint32_t AddBuffer(FileDraft& draft, BufferContent content);

// Appends a tensor like `like` under another name, without data; returns its index.
int32_t AddTensorLike(tflite::SubGraphT& graph, int32_t like, const std::string& suffix);

// Makes the tensor one of codes of this type; scales and zero points are as many, and there is no
// recorded range.
void SetQuantized(tflite::TensorT& tensor, tflite::TensorType type, std::vector<float> scales,
                  std::vector<int64_t> zero_points, int quantized_dimension);

// The operator code gets at least this version. Its other users share it, as in files of
// TensorFlow's converter, which writes one code for each kind of operator; higher versions only
// add to what lower ones mean.
void RaiseOperatorVersion(tflite::ModelT& model, uint32_t code, int32_t version);

// Index of the operator code of a builtin, added where the file has none, at least of `version`.
uint32_t OperatorCodeFor(tflite::ModelT& model, tflite::BuiltinOperator op, int32_t version);

// Counts what refers to each buffer: tensors and metadata.
std::vector<int64_t> CountBufferUses(const FileDraft& draft);

// Removes buffers that had uses before, by `uses_before`, and have none any more. Later buffers
// move down. Buffer 0 stays.
void RemoveAbandonedBuffers(FileDraft& draft, const std::vector<int64_t>& uses_before);

// A metadata entry of this name with these bytes; replaces one that is there.
void SetMetadata(FileDraft& draft, absl::string_view name, absl::string_view text);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_FILE_DRAFT_H_
