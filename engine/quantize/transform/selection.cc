#include "engine/quantize/transform/selection.h"

#include <vector>

namespace octet {
namespace {

bool MatchesAny(const std::vector<std::string>& patterns, absl::string_view text) {
  for (const std::string& pattern : patterns) {
    if (MatchesPattern(pattern, text)) return true;
  }
  return false;
}

bool MatchesOp(const std::vector<std::string>& patterns, const SubgraphDef& graph,
               const OperatorDef& op) {
  if (MatchesAny(patterns, KindOf(op))) return true;
  for (const int32_t output : op.outputs) {
    if (output != kAbsentTensor && MatchesAny(patterns, graph.tensors[output].name)) return true;
  }
  return false;
}

}  // namespace

// Goes back to the last '*' where a character does not fit, which takes at most the product of the
// two lengths.
bool MatchesPattern(absl::string_view pattern, absl::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = absl::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string OpNotSelected(const QuantizeSelection& selection, const SubgraphDef& graph,
                          const OperatorDef& op) {
  if (!selection.include_ops.empty() && !MatchesOp(selection.include_ops, graph, op)) {
    return "not among the included operators";
  }
  if (MatchesOp(selection.exclude_ops, graph, op)) return "excluded operator";
  return "";
}

std::string ConstantNotSelected(const QuantizeSelection& selection, absl::string_view tensor) {
  if (!selection.include_tensors.empty() && !MatchesAny(selection.include_tensors, tensor)) {
    return "not among the included tensors";
  }
  return ActivationNotSelected(selection, tensor);
}

std::string ActivationNotSelected(const QuantizeSelection& selection, absl::string_view tensor) {
  return MatchesAny(selection.exclude_tensors, tensor) ? "excluded tensor" : "";
}

std::string KindOf(const OperatorDef& op) {
  return std::string(op.op == BuiltinOp::kCustom ? op.custom_name : BuiltinOpName(op.op));
}

}  // namespace octet
