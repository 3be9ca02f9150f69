// UNIDIRECTIONAL_SEQUENCE_LSTM: float32 and hybrid, and the rows of all types.
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/ops/recurrent/float_lstm.h"
#include "engine/ops/recurrent/rows.h"

namespace octet::ops {
namespace {

constexpr int kHidden = 18;
constexpr int kCell = 19;

class UnidirectionalSequenceLstm final : public StatefulOp {
 public:
  UnidirectionalSequenceLstm(FloatLstm lstm, bool time_major)
      : lstm_(std::move(lstm)), time_major_(time_major) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence,
                           SequenceOf(inputs[0], lstm_.depth(), time_major_));
    OCTET_RETURN_IF_ERROR(CheckLstmState(lstm_, sequence, inputs[kHidden], inputs[kCell]));
    OCTET_ASSIGN_OR_RETURN(Shape output, SequenceShape(sequence, lstm_.outputs()));
    return Shapes{std::move(output)};
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return lstm_.ScratchBytes(inputs[kHidden].dim(0));
  }

  absl::Status Run(const RunContext& context) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence,
                           SequenceOf(context.input_shapes[0], lstm_.depth(), time_major_));
    lstm_.Run(context.in<float>(0), sequence, /*backward=*/false, StateOf<float>(context, kHidden),
              StateOf<float>(context, kCell), context.out<float>(0), lstm_.outputs(),
              context.scratch, context.pool);
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return lstm_.ConstantBytes(); }

 private:
  const FloatLstm lstm_;
  const bool time_major_;
};

PreparedOp PrepareFloat(const PrepareContext& context) {
  const auto options = context.options<SequenceLstmOptions>();
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kHidden));
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kCell));
  OCTET_ASSIGN_OR_RETURN(const LstmTensors tensors, ReadLstmTensors(context, 1, 20));
  OCTET_ASSIGN_OR_RETURN(FloatLstm lstm, FloatLstm::Make(tensors, options, context.isas));
  return std::make_unique<UnidirectionalSequenceLstm>(std::move(lstm), options.time_major);
}

OpRow Row(DataType activation, DataType weights, DataType peephole, DataType bias, DataType cell,
          PrepareFunction prepare) {
  const DataType norm = cell;
  std::vector<TypeSlot> inputs = {{activation}};
  AppendLstmSlots(weights, peephole, bias, inputs);
  inputs.push_back({activation});
  inputs.push_back({cell});
  for (int k = 0; k < kLstmGates; ++k) inputs.push_back({norm, /*optional=*/true});
  return {BuiltinOp::kUnidirectionalSequenceLstm, 1, 4, std::move(inputs), {{activation}}, prepare};
}

}  // namespace

OpRowList UnidirectionalSequenceLstmRows() {
  constexpr auto kF32 = DataType::kFloat32;
  constexpr auto kS8 = DataType::kInt8;
  constexpr auto kU8 = DataType::kUint8;
  return {
      Row(kF32, kF32, kF32, kF32, kF32, &PrepareFloat),
      Row(kF32, kS8, kS8, kF32, kF32, &PrepareFloat),
      Row(kF32, kU8, kU8, kF32, kF32, &PrepareFloat),
  };
}

}  // namespace octet::ops
