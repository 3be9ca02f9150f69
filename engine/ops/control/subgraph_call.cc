#include "engine/ops/control/subgraph_call.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet::ops {
namespace {

std::string Label(absl::string_view role, int32_t subgraph) {
  return absl::StrCat("the ", role, " (subgraph ", subgraph, ")");
}

// Whether the subgraph's inputs, or its outputs, are the caller's `theirs`, one by one.
absl::Status CheckTensors(const PrepareContext& context, const std::string& label,
                          absl::string_view kind, const SubgraphDef& subgraph,
                          absl::Span<const int32_t> own, absl::Span<const int32_t> theirs) {
  if (own.size() != theirs.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, " has ", own.size(), " ", kind, "s; ", theirs.size(), " are needed"));
  }
  for (size_t i = 0; i < own.size(); ++i) {
    if (theirs[i] == kAbsentTensor) {
      return absl::InvalidArgumentError(absl::StrCat(kind, " ", i, " of ", label, " is absent"));
    }
    const TensorDef& inner = subgraph.tensors[own[i]];
    const TensorDef& outer = context.tensors[theirs[i]];
    if (inner.type != outer.type) {
      return absl::InvalidArgumentError(absl::StrCat(
          kind, " ", i, " of ", label, " is ", DataTypeName(inner.type), " '", inner.name,
          "'; the operator has ", DataTypeName(outer.type), " '", outer.name, "'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<const Callee*> FindTaking(const PrepareContext& context, const std::string& label,
                                         int32_t subgraph, absl::Span<const int32_t> inputs) {
  const auto count = static_cast<int32_t>(context.callees.size());
  if (subgraph < 0 || subgraph >= count || context.callees[subgraph].subgraph == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(label, " does not exist"));
  }
  const Callee& callee = context.callees[subgraph];
  OCTET_RETURN_IF_ERROR(
      CheckTensors(context, label, "input", *callee.subgraph, callee.subgraph->inputs, inputs));
  return &callee;
}

}  // namespace

absl::StatusOr<const Callee*> FindCallee(const PrepareContext& context, absl::string_view role,
                                         int32_t subgraph, absl::Span<const int32_t> inputs,
                                         absl::Span<const int32_t> outputs) {
  const std::string label = Label(role, subgraph);
  OCTET_ASSIGN_OR_RETURN(const Callee* callee, FindTaking(context, label, subgraph, inputs));
  OCTET_RETURN_IF_ERROR(CheckTensors(context, label, "output", *callee->subgraph,
                                     callee->subgraph->outputs, outputs));
  return callee;
}

absl::StatusOr<const Callee*> FindCondition(const PrepareContext& context, int32_t subgraph,
                                            absl::Span<const int32_t> inputs) {
  const std::string label = Label("condition", subgraph);
  OCTET_ASSIGN_OR_RETURN(const Callee* callee, FindTaking(context, label, subgraph, inputs));
  const SubgraphDef& def = *callee->subgraph;
  if (def.outputs.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, " has ", def.outputs.size(), " outputs; 1 is needed"));
  }
  const TensorDef& output = def.tensors[def.outputs[0]];
  if (output.type != DataType::kBool) {
    return absl::InvalidArgumentError(absl::StrCat(label, " gives ", DataTypeName(output.type),
                                                   " '", output.name, "'; a BOOL is needed"));
  }
  OCTET_RETURN_IF_ERROR(CheckCondition(output.shape));
  return callee;
}

absl::Status CheckCondition(const Shape& shape) {
  if (shape.num_elements() == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a condition is one value; here it has shape ", shape.ToString()));
}

bool Holds(const void* condition) { return *static_cast<const uint8_t*>(condition) != 0; }

std::vector<TensorView> Arguments(const RunContext& context, size_t first) {
  std::vector<TensorView> arguments;
  for (size_t i = first; i < context.inputs.size(); ++i) {
    arguments.push_back({context.inputs[i], context.input_shapes[i]});
  }
  return arguments;
}

}  // namespace octet::ops
