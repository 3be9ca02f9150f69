#include "engine/quantize/transform/writer.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace octet {
namespace {

constexpr uint64_t kMaxInlineMark = 1;  // of a Buffer's offset
constexpr size_t kDataAlignment = 16;

// Bytes of the file from `offset`; the caller has checked the range.
std::vector<uint8_t> BytesAt(absl::string_view file, uint64_t offset, uint64_t size) {
  const auto* begin = reinterpret_cast<const uint8_t*>(file.data()) + offset;
  return std::vector<uint8_t>(begin, begin + size);
}

absl::Status BringIn(absl::string_view file, tflite::ModelT& model) {
  for (const auto& buffer : model.buffers) {
    if (buffer->offset > kMaxInlineMark) {
      buffer->data = BytesAt(file, buffer->offset, buffer->size);
    }
    buffer->offset = 0;
    buffer->size = 0;
  }
  for (const auto& graph : model.subgraphs) {
    for (const auto& op : graph->operators) {
      // A kind of options without the options themselves: packing would follow a null pointer.
      if (op->builtin_options.value == nullptr) op->builtin_options.Reset();
      if (op->builtin_options2.value == nullptr) op->builtin_options2.Reset();
      const uint64_t offset = op->large_custom_options_offset;
      const uint64_t size = op->large_custom_options_size;
      if (offset <= kMaxInlineMark) continue;
      if (offset > file.size() || size > file.size() - offset) {
        return absl::InvalidArgumentError(
            absl::StrCat("options of a custom operator, ", size, " bytes at offset ", offset,
                         ", leave the file of ", file.size(), " bytes"));
      }
      op->custom_options = BytesAt(file, offset, size);
      op->large_custom_options_offset = 0;
      op->large_custom_options_size = 0;
    }
  }
  return absl::OkStatus();
}

std::string Pack(const tflite::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder;
  tflite::FinishModelBuffer(builder, tflite::Model::Pack(builder, &model));
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

size_t Aligned(size_t offset) {
  return (offset + kDataAlignment - 1) / kDataAlignment * kDataAlignment;
}

}  // namespace

absl::StatusOr<std::unique_ptr<tflite::ModelT>> UnpackFile(absl::string_view file) {
  // FlatBuffers reads in place, so the copy gives it the alignment that it wants.
  const std::string aligned(file);
  std::unique_ptr<tflite::ModelT> model(tflite::GetModel(aligned.data())->UnPack());
  if (absl::Status status = BringIn(aligned, *model); !status.ok()) return status;
  return model;
}

std::string PackFile(tflite::ModelT& model, uint64_t max_inline_bytes) {
  uint64_t total = 0;
  for (const auto& buffer : model.buffers) total += buffer->data.size();
  if (total <= max_inline_bytes) return Pack(model);

  std::vector<std::vector<uint8_t>> data;
  for (const auto& buffer : model.buffers) {
    data.push_back(std::exchange(buffer->data, {}));
    if (data.back().empty()) continue;
    // Any offset and size that are no defaults: the fields' places are fixed with that, so that
    // the second packing, with the true values, is as long as the first.
    buffer->offset = kMaxInlineMark + 1;
    buffer->size = data.back().size();
  }
  size_t end = Aligned(Pack(model).size());
  for (size_t i = 0; i < data.size(); ++i) {
    if (data[i].empty()) continue;
    model.buffers[i]->offset = end;
    end = Aligned(end + data[i].size());
  }
  std::string file = Pack(model);
  file.reserve(end);
  for (const std::vector<uint8_t>& bytes : data) {
    if (bytes.empty()) continue;
    file.resize(Aligned(file.size()));
    file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return file;
}

}  // namespace octet
