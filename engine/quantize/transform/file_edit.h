// Edits of a file in FlatBuffers' object form.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_FILE_EDIT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_FILE_EDIT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tflite_generated.h"

namespace octet {

// Appends a buffer; returns its index.
uint32_t AddBuffer(tflite::ModelT& model, const std::vector<int8_t>& codes);

// Appends a tensor like `like` under another name, without data; returns its index.
int32_t AddTensorLike(tflite::SubGraphT& graph, int32_t like, const std::string& suffix);

// Makes the tensor INT8 with these scales, zero points 0 and no recorded range.
void SetInt8(tflite::TensorT& tensor, const std::vector<float>& scales, int quantized_dimension);

// The operator code gets at least this version. Its other users share it, as in files of
// TensorFlow's converter, which writes one code for each kind of operator; higher versions only
// add to what lower ones mean.
void RaiseOperatorVersion(tflite::ModelT& model, uint32_t code, int32_t version);

// Index of the operator code of a builtin, added where the file has none, at least of `version`.
uint32_t OperatorCodeFor(tflite::ModelT& model, tflite::BuiltinOperator op, int32_t version);

// Counts what refers to each buffer: tensors and metadata.
std::vector<int64_t> CountBufferUses(const tflite::ModelT& model);

// Removes buffers that had uses before, by `uses_before`, and have none any more. Later buffers
// move down. Buffer 0 stays.
void RemoveAbandonedBuffers(tflite::ModelT& model, const std::vector<int64_t>& uses_before);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_FILE_EDIT_H_
