#include "engine/plan/table_fusion.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/aligned_buffer.h"
#include "engine/base/status_macros.h"
#include "engine/ops/elementwise/table.h"
#include "engine/plan/run_ahead.h"
#include "engine/plan/tensor_uses.h"

namespace octet {
namespace {

constexpr int32_t kCodes = 256;

bool IsCode8(const TensorDef& tensor) {
  return tensor.type == DataType::kInt8 || tensor.type == DataType::kUint8;
}

bool IsTable(const GraphStep& step) {
  return dynamic_cast<const ops::TableOp*>(step.op.get()) != nullptr;
}

// Steps that together are a function of the codes of `input`.
struct Group {
  std::set<int32_t> steps;
  int32_t input = kAbsentTensor;
};

// Whether a step maps elements of tensors of its output's rank and constants of one element.
bool CanJoin(const Graph& graph, const GraphStep& step) {
  if (!step.op->MapsElements() || step.outputs.size() != 1) return false;
  const int rank = graph.tensors[step.outputs[0]].shape.rank();
  return std::all_of(step.inputs.begin(), step.inputs.end(), [&](int32_t t) {
    if (t == kAbsentTensor) return false;
    const TensorDef& tensor = graph.tensors[t];
    if (tensor.is_variable) return false;
    return tensor.is_constant ? tensor.shape.num_elements() == 1 && tensor.shape.rank() <= rank
                              : tensor.shape.rank() == rank;
  });
}

// Grows a group from its last step towards what feeds it.
class GroupSearch {
 public:
  GroupSearch(const Graph& graph, const TensorUses& uses) : graph_(graph), uses_(uses) {}

  // The largest group that ends with `last`; without steps where there is none.
  Group EndingAt(int32_t last) {
    Group best;
    const GraphStep& step = graph_.steps[last];
    if (!CanJoin(graph_, step) || !IsCode8(graph_.tensors[step.outputs[0]])) return best;
    for (int32_t next = last; next != kNoStep; next = NextToJoin()) {
      Join(next);
      if (feeds_.size() == 1 && IsCode8(graph_.tensors[*feeds_.begin()])) {
        best = {steps_, *feeds_.begin()};
      }
    }
    return best;
  }

 private:
  void Join(int32_t s) {
    const GraphStep& step = graph_.steps[s];
    steps_.insert(s);
    feeds_.erase(step.outputs[0]);
    for (int32_t t : step.inputs) {
      if (!graph_.tensors[t].is_constant) feeds_.insert(t);
    }
  }

  // The latest step whose output only the group reads.
  int32_t NextToJoin() const {
    int32_t next = kNoStep;
    for (int32_t t : feeds_) {
      const int32_t maker = uses_.maker(t);
      if (maker > next && uses_.ReadWithin(t, steps_) && CanJoin(graph_, graph_.steps[maker])) {
        next = maker;
      }
    }
    return next;
  }

  const Graph& graph_;
  const TensorUses& uses_;
  std::set<int32_t> steps_;
  std::set<int32_t> feeds_;  // tensors from outside that the group reads
};

// Runs a group's steps over the 256 codes of its input.
class TableRun {
 public:
  TableRun(const Graph& graph, const Group& group) : graph_(graph) {
    AlignedBuffer codes(kCodes + ops::kInputOverReadBytes);
    for (int32_t i = 0; codes.ok() && i < kCodes; ++i) codes.as<uint8_t>()[i] = i;
    values_[group.input] = std::move(codes);
    std::vector<int32_t> dims(std::max(graph.tensors[group.input].shape.rank(), 1), 1);
    dims.back() = kCodes;
    shape_ = *Shape::Create(dims);
  }

  absl::Status Run(const GraphStep& step) {
    std::vector<const void*> inputs;
    ops::Shapes shapes;
    for (int32_t t : step.inputs) {
      OCTET_RETURN_IF_ERROR(Provide(t));
      inputs.push_back(values_[t].data());
      shapes.push_back(graph_.tensors[t].is_constant ? graph_.tensors[t].shape : shape_);
    }
    const int32_t output = step.outputs[0];
    AlignedBuffer result(kCodes * DataTypeSize(graph_.tensors[output].type) +
                         ops::kInputOverReadBytes);
    if (!result.ok()) return absl::ResourceExhaustedError("out of memory");
    void* const outputs[] = {result.data()};
    OCTET_RETURN_IF_ERROR(RunAhead(*step.op, inputs, shapes, outputs, {shape_}));
    values_[output] = std::move(result);
    return absl::OkStatus();
  }

  // By the byte of a code.
  std::array<uint8_t, kCodes> Table(int32_t tensor) const {
    std::array<uint8_t, kCodes> table;
    std::copy_n(values_.at(tensor).as<uint8_t>(), kCodes, table.begin());
    return table;
  }

 private:
  // Copies a constant to where more than its bytes may be read.
  absl::Status Provide(int32_t t) {
    AlignedBuffer& value = values_[t];
    if (value.size() > 0) return value.ok() ? absl::OkStatus() : NoMemory();
    const absl::Span<const std::byte> data = graph_.tensors[t].data;
    value = AlignedBuffer(data.size() + ops::kInputOverReadBytes);
    if (!value.ok()) return NoMemory();
    std::copy(data.begin(), data.end(), value.data());
    return absl::OkStatus();
  }
  static absl::Status NoMemory() { return absl::ResourceExhaustedError("out of memory"); }

  const Graph& graph_;
  Shape shape_;
  std::map<int32_t, AlignedBuffer> values_;  // by tensor
};

// Makes the group's last step a look-up, and empties the others.
absl::Status Merge(const Group& group, IsaSet isas, Graph& graph) {
  TableRun run(graph, group);
  std::vector<BuiltinOp> kinds;
  for (int32_t s : group.steps) {
    OCTET_RETURN_IF_ERROR(InStep(graph.steps[s], run.Run(graph.steps[s])));
    kinds.push_back(graph.steps[s].kind);
  }
  GraphStep& last = graph.steps[*group.steps.rbegin()];
  const auto table = run.Table(last.outputs[0]);
  for (int32_t s : group.steps) graph.steps[s].op = nullptr;
  last.op = std::make_unique<ops::TableOp>(table, kernels::SelectElementwise8(isas));
  last.inputs = {group.input};
  last.merged = std::move(kinds);
  return absl::OkStatus();
}

}  // namespace

absl::Status FuseTables(Graph& graph, IsaSet isas) {
  const TensorUses uses(graph);
  for (auto s = static_cast<int32_t>(graph.steps.size()) - 1; s >= 0; --s) {
    if (graph.steps[s].op == nullptr) continue;  // of a group that is done
    const Group group = GroupSearch(graph, uses).EndingAt(s);
    const bool pays =
        group.steps.size() > 1 || (group.steps.size() == 1 && !IsTable(graph.steps[s]));
    if (pays) OCTET_RETURN_IF_ERROR(Merge(group, isas, graph));
  }
  graph.steps.erase(std::remove_if(graph.steps.begin(), graph.steps.end(),
                                   [](const GraphStep& step) { return step.op == nullptr; }),
                    graph.steps.end());
  return absl::OkStatus();
}

}  // namespace octet
