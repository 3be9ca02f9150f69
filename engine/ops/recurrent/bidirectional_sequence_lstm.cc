// BIDIRECTIONAL_SEQUENCE_LSTM: float32 and hybrid.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/recurrent/float_lstm.h"
#include "engine/ops/recurrent/rows.h"

namespace octet::ops {
namespace {

constexpr int kForward = 1;  // the first of 17 constants
constexpr int kBackward = 18;
constexpr int kForwardHidden = 35;
constexpr int kForwardCell = 36;
constexpr int kBackwardHidden = 37;
constexpr int kBackwardCell = 38;
constexpr int kAuxiliary = 39;  // a second input, then weights of its own for each direction
constexpr int kAuxiliaryWeights = 8;

class BidirectionalSequenceLstm final : public StatefulOp {
 public:
  BidirectionalSequenceLstm(FloatLstm forward, FloatLstm backward,
                            const SequenceLstmOptions& options)
      : forward_(std::move(forward)),
        backward_(std::move(backward)),
        time_major_(options.time_major),
        merge_(options.merge_outputs) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence, SequenceIn(inputs));
    OCTET_RETURN_IF_ERROR(
        CheckLstmState(forward_, sequence, inputs[kForwardHidden], inputs[kForwardCell]));
    OCTET_RETURN_IF_ERROR(
        CheckLstmState(backward_, sequence, inputs[kBackwardHidden], inputs[kBackwardCell]));
    Shapes outputs;
    const int64_t both = int64_t{forward_.outputs()} + backward_.outputs();
    OCTET_ASSIGN_OR_RETURN(Shape first,
                           SequenceShape(sequence, merge_ ? both : forward_.outputs()));
    outputs.push_back(std::move(first));
    if (merge_) return outputs;
    OCTET_ASSIGN_OR_RETURN(Shape second, SequenceShape(sequence, backward_.outputs()));
    outputs.push_back(std::move(second));
    return outputs;
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    const int64_t rows = inputs[kForwardHidden].dim(0);
    return std::max(forward_.ScratchBytes(rows), backward_.ScratchBytes(rows));
  }

  absl::Status Run(const RunContext& context) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence, SequenceIn(context.input_shapes));
    auto* first = context.out<float>(0);
    float* second = merge_ ? first + forward_.outputs() : context.out<float>(1);
    const int64_t both = int64_t{forward_.outputs()} + backward_.outputs();
    forward_.Run(context.in<float>(0), sequence, /*backward=*/false,
                 StateOf<float>(context, kForwardHidden), StateOf<float>(context, kForwardCell),
                 first, merge_ ? both : forward_.outputs(), context.scratch, context.pool);
    backward_.Run(context.in<float>(0), sequence, /*backward=*/true,
                  StateOf<float>(context, kBackwardHidden), StateOf<float>(context, kBackwardCell),
                  second, merge_ ? both : backward_.outputs(), context.scratch, context.pool);
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override {
    return forward_.ConstantBytes() + backward_.ConstantBytes();
  }

 private:
  absl::StatusOr<Sequence> SequenceIn(absl::Span<const Shape> inputs) const {
    return SequenceOf(inputs[0], forward_.depth(), time_major_);
  }

  const FloatLstm forward_;
  const FloatLstm backward_;
  const bool time_major_;
  const bool merge_;
};

absl::StatusOr<FloatLstm> MakeDirection(const PrepareContext& context, int first) {
  OCTET_ASSIGN_OR_RETURN(const LstmTensors tensors, ReadLstmTensors(context, first, 0));
  return FloatLstm::Make(tensors, context.options<SequenceLstmOptions>(), context.isas);
}

PreparedOp Prepare(const PrepareContext& context) {
  const auto options = context.options<SequenceLstmOptions>();
  for (int i = kAuxiliary; i <= kAuxiliary + kAuxiliaryWeights; ++i) {
    if (context.input(i) != nullptr) return absl::UnimplementedError("an auxiliary input");
  }
  const size_t wanted = options.merge_outputs ? 1 : 2;
  if (context.op->outputs.size() != wanted) {
    return absl::InvalidArgumentError(absl::StrCat("it has ", context.op->outputs.size(),
                                                   " outputs; merge_outputs asks for ", wanted));
  }
  for (int i = kForwardHidden; i <= kBackwardCell; ++i) {
    OCTET_RETURN_IF_ERROR(CheckVariable(context, i));
  }
  OCTET_ASSIGN_OR_RETURN(FloatLstm forward, MakeDirection(context, kForward));
  OCTET_ASSIGN_OR_RETURN(FloatLstm backward, MakeDirection(context, kBackward));
  if (forward.depth() != backward.depth()) {
    return absl::InvalidArgumentError(absl::StrCat("weights for ", forward.depth(), " and ",
                                                   backward.depth(), " values of one input"));
  }
  return std::make_unique<BidirectionalSequenceLstm>(std::move(forward), std::move(backward),
                                                     options);
}

OpRow Row(DataType weights, int outputs) {
  constexpr TypeSlot kF32{DataType::kFloat32};
  std::vector<TypeSlot> inputs = {kF32};
  AppendLstmSlots(weights, weights, DataType::kFloat32, inputs);
  AppendLstmSlots(weights, weights, DataType::kFloat32, inputs);
  inputs.insert(inputs.end(), 4, kF32);
  inputs.push_back({DataType::kFloat32, /*optional=*/true});
  inputs.insert(inputs.end(), kAuxiliaryWeights, {weights, /*optional=*/true});
  return {BuiltinOp::kBidirectionalSequenceLstm, 1,       3, std::move(inputs),
          std::vector<TypeSlot>(outputs, kF32),  &Prepare};
}

}  // namespace

OpRowList BidirectionalSequenceLstmRows() {
  OpRowList rows;
  for (DataType weights : {DataType::kFloat32, DataType::kInt8}) {
    for (int outputs : {1, 2}) rows.push_back(Row(weights, outputs));
  }
  return rows;
}

}  // namespace octet::ops
