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

std::string TextOf(const BufferContent& content) {
  const auto* begin = reinterpret_cast<const char*>(content.data().data());
  const std::string text(begin, begin + content.data().size());
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

void RaiseMinRuntimeVersion(FileDraft& draft, absl::string_view version) {
  for (const auto& entry : draft.model.metadata) {
    if (entry->name != kEntry || entry->buffer >= draft.contents.size()) continue;
    if (CompareVersions(TextOf(draft.contents[entry->buffer]), version) >= 0) return;
    std::string text(version);
    text.resize(std::max(kEntryBytes, version.size() + 1));
    SetMetadata(draft, kEntry, text);
    return;
  }
}

}  // namespace octet
