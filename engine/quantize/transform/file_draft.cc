#include "engine/quantize/transform/file_draft.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/constants.h"

namespace octet {
namespace {

constexpr uint64_t kMaxInlineMark = 1;  // of an offset: the data is inline

// Calls f(index) with a reference to each buffer index of the file.
template <typename Model, typename F>
void ForEachBufferUse(Model& model, F f) {
  for (const auto& graph : model.subgraphs) {
    for (const auto& tensor : graph->tensors) f(tensor->buffer);
  }
  for (const auto& entry : model.metadata) f(entry->buffer);
  for (auto& index : model.metadata_buffer) f(index);
}

template <typename Tables, typename Objects>
void UnpackAll(const Tables* tables, Objects& objects) {
  if (tables == nullptr) return;
  for (const auto* table : *tables) objects.emplace_back(table->UnPack());
}

absl::Status BringInOptions(absl::string_view file, tflite::OperatorT& op) {
  // A kind of options without the options themselves: packing would follow a null pointer.
  if (op.builtin_options.value == nullptr) op.builtin_options.Reset();
  if (op.builtin_options2.value == nullptr) op.builtin_options2.Reset();
  const uint64_t offset = op.large_custom_options_offset;
  const uint64_t size = op.large_custom_options_size;
  if (offset <= kMaxInlineMark) return absl::OkStatus();
  if (offset > file.size() || size > file.size() - offset) {
    return absl::InvalidArgumentError(absl::StrCat("options of a custom operator, ", size,
                                                   " bytes at offset ", offset,
                                                   ", leave the file of ", file.size(), " bytes"));
  }
  const auto* begin = reinterpret_cast<const uint8_t*>(file.data()) + offset;
  op.custom_options.assign(begin, begin + size);
  op.large_custom_options_offset = 0;
  op.large_custom_options_size = 0;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FileDraft> OpenDraft(absl::string_view file) {
  const tflite::Model& source = *tflite::GetModel(file.data());
  FileDraft draft;
  tflite::ModelT& model = draft.model;
  model.version = source.version();
  if (source.description() != nullptr) model.description = source.description()->str();
  UnpackAll(source.operator_codes(), model.operator_codes);
  UnpackAll(source.subgraphs(), model.subgraphs);
  UnpackAll(source.metadata(), model.metadata);
  UnpackAll(source.signature_defs(), model.signature_defs);
  if (source.metadata_buffer() != nullptr) {
    model.metadata_buffer.assign(source.metadata_buffer()->begin(),
                                 source.metadata_buffer()->end());
  }
  OCTET_ASSIGN_OR_RETURN(const BufferTable buffers, BufferTable::Create(source, file));
  size_t constant_bytes = 0;
  for (size_t i = 0; i < buffers.size(); ++i) {
    draft.contents.emplace_back(buffers.data(i));
    constant_bytes += buffers.data(i).size();
  }
  draft.structure_bytes = file.size() - std::min(file.size(), constant_bytes);
  for (const auto& graph : model.subgraphs) {
    for (const auto& op : graph->operators) OCTET_RETURN_IF_ERROR(BringInOptions(file, *op));
  }
  return draft;
}

uint32_t AddBuffer(FileDraft& draft, BufferContent content) {
  draft.contents.push_back(std::move(content));
  return static_cast<uint32_t>(draft.contents.size()) - 1;
}

int32_t AddTensorLike(tflite::SubGraphT& graph, int32_t like, const std::string& suffix) {
  auto tensor = std::make_unique<tflite::TensorT>(*graph.tensors[like]);
  tensor->name = absl::StrCat(tensor->name, suffix);
  tensor->buffer = 0;
  graph.tensors.push_back(std::move(tensor));
  return static_cast<int32_t>(graph.tensors.size()) - 1;
}

void SetQuantized(tflite::TensorT& tensor, tflite::TensorType type, std::vector<float> scales,
                  std::vector<int64_t> zero_points, int quantized_dimension) {
  tensor.type = type;
  tensor.quantization = std::make_unique<tflite::QuantizationParametersT>();
  tensor.quantization->scale = std::move(scales);
  tensor.quantization->zero_point = std::move(zero_points);
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

std::vector<int64_t> CountBufferUses(const FileDraft& draft) {
  std::vector<int64_t> uses(draft.contents.size());
  ForEachBufferUse(draft.model, [&](auto index) {
    if (static_cast<size_t>(index) < uses.size()) ++uses[index];
  });
  return uses;
}

void RemoveAbandonedBuffers(FileDraft& draft, const std::vector<int64_t>& uses_before) {
  const std::vector<int64_t> uses = CountBufferUses(draft);
  std::vector<uint32_t> new_index(draft.contents.size());
  std::vector<BufferContent> kept;
  for (size_t i = 0; i < draft.contents.size(); ++i) {
    const bool abandoned = i != 0 && i < uses_before.size() && uses_before[i] > 0 && uses[i] == 0;
    new_index[i] = static_cast<uint32_t>(kept.size());
    if (!abandoned) kept.push_back(std::move(draft.contents[i]));
  }
  ForEachBufferUse(draft.model, [&](auto& index) {
    if (static_cast<size_t>(index) < new_index.size()) index = new_index[index];
  });
  draft.contents = std::move(kept);
}

void SetMetadata(FileDraft& draft, absl::string_view name, absl::string_view text) {
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  // A buffer of its own: others may share the old one.
  const uint32_t buffer = AddBuffer(draft, BufferContent::Of(bytes));
  for (const auto& entry : draft.model.metadata) {
    if (entry->name != name) continue;
    entry->buffer = buffer;
    return;
  }
  auto entry = std::make_unique<tflite::MetadataT>();
  entry->name = std::string(name);
  entry->buffer = buffer;
  draft.model.metadata.push_back(std::move(entry));
}

}  // namespace octet
