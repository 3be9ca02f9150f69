#include "engine/model/text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace octet {

std::string QuoteName(absl::string_view name) {
  constexpr size_t kMaxShown = 80;
  const bool cut = name.size() > kMaxShown;
  return absl::StrCat("'", absl::CHexEscape(name.substr(0, kMaxShown)), cut ? "..." : "", "'");
}

std::string TensorLabel(size_t subgraph, size_t index, absl::string_view name) {
  return absl::StrCat("subgraph ", subgraph, ", tensor ", index, " ", QuoteName(name));
}

std::string OperatorLabel(size_t subgraph, size_t index, absl::string_view kind) {
  return absl::StrCat("subgraph ", subgraph, ", operator ", index, " (", kind, ")");
}

}  // namespace octet
