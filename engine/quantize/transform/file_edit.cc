#include "engine/quantize/transform/file_edit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace octet {
namespace {

// Calls f(index) with a reference to each buffer index of the file.
template <typename Model, typename F>
void ForEachBufferUse(Model& model, F f) {
  for (const auto& graph : model.subgraphs) {
    for (const auto& tensor : graph->tensors) f(tensor->buffer);
  }
  for (const auto& entry : model.metadata) f(entry->buffer);
  for (auto& index : model.metadata_buffer) f(index);
}

}  // namespace

uint32_t AddBuffer(tflite::ModelT& model, const std::vector<int8_t>& codes) {
  auto buffer = std::make_unique<tflite::BufferT>();
  buffer->data.assign(codes.begin(), codes.end());
  model.buffers.push_back(std::move(buffer));
  return static_cast<uint32_t>(model.buffers.size()) - 1;
}

int32_t AddTensorLike(tflite::SubGraphT& graph, int32_t like, const std::string& suffix) {
  auto tensor = std::make_unique<tflite::TensorT>(*graph.tensors[like]);
  tensor->name = absl::StrCat(tensor->name, suffix);
  tensor->buffer = 0;
  graph.tensors.push_back(std::move(tensor));
  return static_cast<int32_t>(graph.tensors.size()) - 1;
}

void SetInt8(tflite::TensorT& tensor, const std::vector<float>& scales, int quantized_dimension) {
  tensor.type = tflite::TensorType::INT8;
  tensor.quantization = std::make_unique<tflite::QuantizationParametersT>();
  tensor.quantization->scale = scales;
  tensor.quantization->zero_point.assign(scales.size(), 0);
  tensor.quantization->quantized_dimension = quantized_dimension;
}

void RaiseOperatorVersion(tflite::ModelT& model, uint32_t code, int32_t version) {
  model.operator_codes[code]->version = std::max(model.operator_codes[code]->version, version);
}

uint32_t OperatorCodeFor(tflite::ModelT& model, tflite::BuiltinOperator op, int32_t version) {
  constexpr int32_t kDeprecatedLimit = 127;
  const auto number = static_cast<int32_t>(op);
  for (size_t i = 0; i < model.operator_codes.size(); ++i) {
    const tflite::OperatorCodeT& code = *model.operator_codes[i];
    const int32_t known =
        std::max<int32_t>(code.deprecated_builtin_code, static_cast<int32_t>(code.builtin_code));
    if (known != number) continue;
    RaiseOperatorVersion(model, static_cast<uint32_t>(i), version);
    return static_cast<uint32_t>(i);
  }
  auto code = std::make_unique<tflite::OperatorCodeT>();
  code->deprecated_builtin_code = static_cast<int8_t>(std::min(number, kDeprecatedLimit));
  code->builtin_code = op;
  code->version = version;
  model.operator_codes.push_back(std::move(code));
  return static_cast<uint32_t>(model.operator_codes.size()) - 1;
}

std::vector<int64_t> CountBufferUses(const tflite::ModelT& model) {
  std::vector<int64_t> uses(model.buffers.size());
  ForEachBufferUse(model, [&](auto index) {
    if (static_cast<size_t>(index) < uses.size()) ++uses[index];
  });
  return uses;
}

void RemoveAbandonedBuffers(tflite::ModelT& model, const std::vector<int64_t>& uses_before) {
  const std::vector<int64_t> uses = CountBufferUses(model);
  std::vector<uint32_t> new_index(model.buffers.size());
  std::vector<std::unique_ptr<tflite::BufferT>> kept;
  for (size_t i = 0; i < model.buffers.size(); ++i) {
    const bool abandoned = i != 0 && i < uses_before.size() && uses_before[i] > 0 && uses[i] == 0;
    new_index[i] = static_cast<uint32_t>(kept.size());
    if (!abandoned) kept.push_back(std::move(model.buffers[i]));
  }
  ForEachBufferUse(model, [&](auto& index) {
    if (static_cast<size_t>(index) < new_index.size()) index = new_index[index];
  });
  model.buffers = std::move(kept);
}

}  // namespace octet
