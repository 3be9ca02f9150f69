#include "engine/model/graph_check.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/operator_reader.h"
#include "engine/model/text.h"

namespace octet {
namespace {

class GraphCheck {
 public:
  GraphCheck(size_t subgraph, absl::Span<const uint32_t> buffers, SubgraphDef& graph)
      : subgraph_(subgraph), buffers_(buffers), graph_(graph), available_(graph.tensors.size()) {}

  absl::Status Run() {
    for (size_t i = 0; i < graph_.operators.size(); ++i) {
      OCTET_RETURN_IF_ERROR(CheckIndices(i));
    }
    OCTET_RETURN_IF_ERROR(CheckInterfaceIndices());
    OCTET_RETURN_IF_ERROR(MarkSources());
    for (size_t i = 0; i < graph_.operators.size(); ++i) OCTET_RETURN_IF_ERROR(Step(i));
    return CheckOutputs();
  }

 private:
  std::string Op(size_t i) const {
    const OperatorDef& op = graph_.operators[i];
    return OperatorLabel(subgraph_, i, OperatorKind{op.op, op.version, op.custom_name}.ToString());
  }
  std::string Tensor(int32_t i) const { return TensorLabel(subgraph_, i, graph_.tensors[i].name); }
  bool InRange(int32_t i) const { return i >= 0 && static_cast<size_t>(i) < graph_.tensors.size(); }

  absl::Status OutOfRange(absl::string_view who, absl::string_view role, int32_t tensor) const {
    return absl::InvalidArgumentError(absl::StrCat(who, ": ", role, " tensor ", tensor, " of ",
                                                   graph_.tensors.size(), " does not exist"));
  }

  absl::Status CheckIndices(size_t i) const {
    const OperatorDef& op = graph_.operators[i];
    for (const int32_t t : op.inputs) {
      if (t != kAbsentTensor && !InRange(t)) return OutOfRange(Op(i), "input", t);
    }
    for (const int32_t t : op.outputs) {
      if (!InRange(t)) return OutOfRange(Op(i), "output", t);
    }
    for (const int32_t t : op.intermediates) {
      if (t != kAbsentTensor && !InRange(t)) return OutOfRange(Op(i), "intermediate", t);
    }
    return absl::OkStatus();
  }

  absl::Status CheckInterfaceIndices() const {
    const std::string who = absl::StrCat("subgraph ", subgraph_);
    for (const int32_t t : graph_.inputs) {
      if (!InRange(t)) return OutOfRange(who, "input", t);
    }
    for (const int32_t t : graph_.outputs) {
      if (!InRange(t)) return OutOfRange(who, "output", t);
    }
    return absl::OkStatus();
  }

  // What is there before the first operator runs.
  absl::Status MarkSources() {
    for (const int32_t t : graph_.inputs) {
      if (available_[t]) {
        return absl::InvalidArgumentError(absl::StrCat(Tensor(t), ": is an input twice"));
      }
      if (graph_.tensors[t].is_constant || graph_.tensors[t].is_variable) {
        return absl::InvalidArgumentError(
            absl::StrCat(Tensor(t), ": is an input, but also a ",
                         graph_.tensors[t].is_constant ? "constant" : "variable"));
      }
      available_[t] = true;
    }
    std::vector<bool> written(graph_.tensors.size());
    for (const OperatorDef& op : graph_.operators) {
      for (const int32_t t : op.outputs) written[t] = true;
    }
    for (size_t t = 0; t < graph_.tensors.size(); ++t) {
      TensorDef& tensor = graph_.tensors[t];
      const bool has_no_elements = tensor.shape.num_elements() == 0;
      if (has_no_elements && !available_[t] && !written[t] && !tensor.is_variable) {
        tensor.is_constant = true;
      }
      if (tensor.is_constant || tensor.is_variable) available_[t] = true;
    }
    return absl::OkStatus();
  }

  absl::Status Step(size_t i) {
    const OperatorDef& op = graph_.operators[i];
    for (const int32_t t : op.inputs) {
      if (t == kAbsentTensor || available_[t]) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(Op(i), ": reads ", Tensor(t),
                       ", which no earlier operator writes, and which is no input, ",
                       "variable or constant: its buffer ", buffers_[t], " has no data"));
    }
    for (const int32_t t : op.outputs) {
      if (available_[t]) return WriteError(i, t);
      available_[t] = true;
    }
    return absl::OkStatus();
  }

  absl::Status WriteError(size_t i, int32_t t) const {
    const TensorDef& tensor = graph_.tensors[t];
    for (const int32_t input : graph_.inputs) {
      if (input == t) {
        return absl::InvalidArgumentError(
            absl::StrCat(Op(i), ": writes ", Tensor(t), ", which is an input of the subgraph"));
      }
    }
    return absl::InvalidArgumentError(absl::StrCat(Op(i), ": writes ", Tensor(t), ", which ",
                                                   tensor.is_constant   ? "is constant"
                                                   : tensor.is_variable ? "is a variable"
                                                                        : "is written already"));
  }

  absl::Status CheckOutputs() const {
    for (const int32_t t : graph_.outputs) {
      if (available_[t]) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(Tensor(t), ": is an output of the subgraph, but no operator writes it"));
    }
    return absl::OkStatus();
  }

  size_t subgraph_;
  absl::Span<const uint32_t> buffers_;
  SubgraphDef& graph_;
  std::vector<bool> available_;
};

}  // namespace

absl::Status CheckGraph(size_t subgraph, absl::Span<const uint32_t> buffers, SubgraphDef& graph) {
  return GraphCheck(subgraph, buffers, graph).Run();
}

}  // namespace octet
