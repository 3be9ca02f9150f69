#include "engine/model/operator_reader.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/base/utf8.h"
#include "engine/model/options_reader.h"
#include "engine/model/text.h"

namespace octet {
namespace {

std::vector<int32_t> Copy(const flatbuffers::Vector<int32_t>* vector) {
  if (vector == nullptr) return {};
  return std::vector<int32_t>(vector->begin(), vector->end());
}

}  // namespace

std::string OperatorKind::ToString() const {
  if (op == BuiltinOp::kCustom) return absl::StrCat("CUSTOM ", QuoteName(custom_name));
  const absl::string_view name = BuiltinOpName(op);
  if (name != "UNKNOWN") return std::string(name);
  return absl::StrCat("UNKNOWN code ", static_cast<int32_t>(op));
}

absl::StatusOr<std::vector<OperatorKind>> ReadOperatorKinds(const tflite::Model& model) {
  std::vector<OperatorKind> kinds;
  if (model.operator_codes() == nullptr) return kinds;
  kinds.reserve(model.operator_codes()->size());
  for (const tflite::OperatorCode* code : *model.operator_codes()) {
    OperatorKind kind;
    const int32_t number = std::max<int32_t>(code->deprecated_builtin_code(),
                                             static_cast<int32_t>(code->builtin_code()));
    const bool named = code->custom_code() != nullptr && code->custom_code()->size() > 0;
    if (number < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("operator code ", kinds.size(), ": builtin code ", number));
    }
    // Some writers leave the builtin code of a custom operator at its default, which reads ADD.
    const bool custom =
        number == static_cast<int32_t>(BuiltinOp::kCustom) || (number == 0 && named);
    kind.op = custom ? BuiltinOp::kCustom : static_cast<BuiltinOp>(number);
    kind.version = code->version();
    if (custom && !named) {
      return absl::InvalidArgumentError(
          absl::StrCat("operator code ", kinds.size(), ": a custom operator without a name"));
    }
    if (custom) kind.custom_name = ToUtf8(code->custom_code()->str());
    kinds.push_back(std::move(kind));
  }
  return kinds;
}

absl::StatusOr<OperatorDef> ReadOperator(const tflite::Operator& source,
                                         const std::vector<OperatorKind>& kinds, size_t subgraph,
                                         size_t index) {
  if (source.opcode_index() >= kinds.size()) {
    return absl::InvalidArgumentError(absl::StrCat("subgraph ", subgraph, ", operator ", index,
                                                   ": operator code ", source.opcode_index(),
                                                   " of ", kinds.size(), " does not exist"));
  }
  const OperatorKind& kind = kinds[source.opcode_index()];
  OperatorDef result;
  result.op = kind.op;
  result.version = kind.version;
  result.custom_name = kind.custom_name;
  result.inputs = Copy(source.inputs());
  result.outputs = Copy(source.outputs());
  result.intermediates = Copy(source.intermediates());
  OCTET_ASSIGN_OR_RETURN(
      result.options,
      ReadOptions(kind.op, source, OperatorLabel(subgraph, index, kind.ToString())));
  return result;
}

}  // namespace octet
