#include "engine/quantize/transform/runtime_version.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace octet {
namespace {

constexpr absl::string_view kEntry = "min_runtime_version";
// The text is padded with zeros, so that it can be changed where it is.
constexpr size_t kEntryBytes = 16;

int64_t PartAt(const std::vector<absl::string_view>& parts, size_t i) {
  int64_t value = 0;
  if (i >= parts.size() || !absl::SimpleAtoi(parts[i], &value)) return 0;
  return value;
}

std::string TextOf(const std::vector<uint8_t>& data) {
  const std::string text(data.begin(), data.end());
  return text.substr(0, text.find('\0'));
}

}  // namespace

int CompareVersions(absl::string_view a, absl::string_view b) {
  const std::vector<absl::string_view> left = absl::StrSplit(a, '.');
  const std::vector<absl::string_view> right = absl::StrSplit(b, '.');
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const int64_t l = PartAt(left, i);
    const int64_t r = PartAt(right, i);
    if (l != r) return l < r ? -1 : 1;
  }
  return 0;
}

void RaiseMinRuntimeVersion(tflite::ModelT& model, absl::string_view version) {
  for (const auto& entry : model.metadata) {
    if (entry->name != kEntry || entry->buffer >= model.buffers.size()) continue;
    if (CompareVersions(TextOf(model.buffers[entry->buffer]->data), version) >= 0) continue;
    // A buffer of its own: others may share the old one.
    auto buffer = std::make_unique<tflite::BufferT>();
    buffer->data.assign(version.begin(), version.end());
    buffer->data.resize(std::max(kEntryBytes, version.size() + 1));
    entry->buffer = static_cast<uint32_t>(model.buffers.size());
    model.buffers.push_back(std::move(buffer));
  }
}

}  // namespace octet
