// UNIDIRECTIONAL_SEQUENCE_LSTM: its tensors and rows, of all types.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/recurrent/float_lstm.h"
#include "engine/ops/recurrent/int8_lstm.h"
#include "engine/ops/recurrent/rows.h"

namespace octet::ops {
namespace {

constexpr int kHidden = 18;
constexpr int kCell = 19;

void RunForward(const FloatLstm& lstm, const Sequence& sequence, const RunContext& context) {
  lstm.Run(context.in<float>(0), sequence, /*backward=*/false, StateOf<float>(context, kHidden),
           StateOf<float>(context, kCell), context.out<float>(0), lstm.outputs(), context.scratch,
           context.pool);
}

void RunForward(const Int8Lstm& lstm, const Sequence& sequence, const RunContext& context) {
  lstm.Run(context.in<int8_t>(0), sequence, StateOf<int8_t>(context, kHidden),
           StateOf<int16_t>(context, kCell), context.out<int8_t>(0), context.scratch, context.pool);
}

// `Lstm` is FloatLstm or Int8Lstm.
template <typename Lstm>
class UnidirectionalSequenceLstm final : public StatefulOp {
 public:
  UnidirectionalSequenceLstm(Lstm lstm, bool time_major)
      : lstm_(std::move(lstm)), time_major_(time_major) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence,
                           SequenceOf(inputs[0], lstm_.depth(), time_major_));
    OCTET_RETURN_IF_ERROR(CheckStateShape(inputs[kHidden], sequence.batch, lstm_.outputs()));
    OCTET_RETURN_IF_ERROR(CheckStateShape(inputs[kCell], sequence.batch, lstm_.units()));
    OCTET_ASSIGN_OR_RETURN(Shape output, SequenceShape(sequence, lstm_.outputs()));
    return Shapes{std::move(output)};
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return lstm_.ScratchBytes(inputs[kHidden].dim(0));
  }

  absl::Status Run(const RunContext& context) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence,
                           SequenceOf(context.input_shapes[0], lstm_.depth(), time_major_));
    RunForward(lstm_, sequence, context);
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return lstm_.ConstantBytes(); }

 private:
  const Lstm lstm_;
  const bool time_major_;
};

PreparedOp PrepareFloat(const PrepareContext& context) {
  const auto options = context.options<SequenceLstmOptions>();
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kHidden));
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kCell));
  OCTET_ASSIGN_OR_RETURN(const LstmTensors tensors, ReadLstmTensors(context, 1, 20));
  OCTET_ASSIGN_OR_RETURN(FloatLstm lstm, FloatLstm::Make(tensors, options, context.isas));
  return std::make_unique<UnidirectionalSequenceLstm<FloatLstm>>(std::move(lstm),
                                                                 options.time_major);
}

// The scales between the steps of the integer kernel stand in its five intermediate tensors.
absl::StatusOr<Int8LstmScales> ReadScales(const PrepareContext& context) {
  Int8LstmScales scales;
  scales.input = context.input(0);
  scales.hidden = context.input(kHidden);
  scales.cell = context.input(kCell);
  const std::vector<int32_t>& intermediates = context.op->intermediates;
  if (intermediates.size() != kLstmGates + 1) {
    return absl::UnimplementedError(absl::StrCat(
        intermediates.size(), " intermediate tensors; the int16 cell has ", kLstmGates + 1));
  }
  for (const int32_t t : intermediates) {
    if (t == kAbsentTensor) return absl::InvalidArgumentError("an intermediate tensor is absent");
  }
  for (int k = 0; k < kLstmGates; ++k) scales.gates[k] = &context.tensors[intermediates[k]];
  scales.unprojected = &context.tensors[intermediates[kLstmGates]];
  return scales;
}

PreparedOp PrepareS8(const PrepareContext& context) {
  const auto options = context.options<SequenceLstmOptions>();
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kHidden));
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kCell));
  OCTET_ASSIGN_OR_RETURN(const LstmTensors tensors, ReadLstmTensors(context, 1, 20));
  OCTET_ASSIGN_OR_RETURN(const Int8LstmScales scales, ReadScales(context));
  OCTET_ASSIGN_OR_RETURN(Int8Lstm lstm, Int8Lstm::Make(tensors, scales, options, context.isas));
  return std::make_unique<UnidirectionalSequenceLstm<Int8Lstm>>(std::move(lstm),
                                                                options.time_major);
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
  constexpr auto kS16 = DataType::kInt16;
  constexpr auto kS32 = DataType::kInt32;
  return {
      Row(kF32, kF32, kF32, kF32, kF32, &PrepareFloat),
      Row(kF32, kS8, kS8, kF32, kF32, &PrepareFloat),
      Row(kF32, kU8, kU8, kF32, kF32, &PrepareFloat),
      Row(kS8, kS8, kS16, kS32, kS16, &PrepareS8),
  };
}

}  // namespace octet::ops
