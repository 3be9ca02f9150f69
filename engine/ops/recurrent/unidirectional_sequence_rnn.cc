// UNIDIRECTIONAL_SEQUENCE_RNN: float32 and hybrid. NUMERICS.md, "UNIDIRECTIONAL_SEQUENCE_RNN".
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/recurrent/parameters.h"
#include "engine/ops/recurrent/rows.h"
#include "engine/ops/recurrent/sequence.h"
#include "engine/ops/recurrent/weight_matrix.h"

namespace octet::ops {
namespace {

constexpr int kInput = 0;
constexpr int kWeights = 1;
constexpr int kRecurrent = 2;
constexpr int kBias = 3;
constexpr int kHidden = 4;

struct RnnSetup {
  WeightMatrix weights;
  WeightMatrix recurrent;
  absl::Span<const float> bias;
  RowQuantizer quantizer;
  Activation activation;
  bool time_major;
};

class UnidirectionalSequenceRnn final : public StatefulOp {
 public:
  explicit UnidirectionalSequenceRnn(RnnSetup setup) : setup_(std::move(setup)) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence, SequenceIn(inputs));
    OCTET_RETURN_IF_ERROR(CheckStateShape(inputs[kHidden], sequence.batch, units()));
    OCTET_ASSIGN_OR_RETURN(Shape output, SequenceShape(sequence, units()));
    return Shapes{std::move(output)};
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    ScratchLayout layout(nullptr);
    Lay(inputs[kHidden].dim(0), layout);
    return layout.bytes();
  }

  absl::Status Run(const RunContext& context) const override {
    OCTET_ASSIGN_OR_RETURN(const Sequence sequence, SequenceIn(context.input_shapes));
    ScratchLayout layout(context.scratch);
    Buffers buffers = Lay(sequence.batch, layout);
    auto* hidden = StateOf<float>(context, kHidden);
    buffers.x.values = buffers.input;
    buffers.hidden.values = hidden;
    for (int64_t step = 0; step < sequence.steps; ++step) {
      GatherStep(context.in<float>(kInput), sequence, step, setup_.weights.k(), buffers.input);
      Step(buffers, hidden, context.pool);
      ScatterStep(hidden, sequence, step, units(), context.out<float>(0), units());
    }
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override {
    return setup_.weights.ConstantBytes() + setup_.recurrent.ConstantBytes();
  }

 private:
  struct Buffers {
    float* input = nullptr;  // one step
    FactorRows x;
    FactorRows hidden;
    float* sums = nullptr;
    float* product = nullptr;
    int32_t* acc = nullptr;
  };

  int32_t units() const { return setup_.weights.n(); }

  absl::StatusOr<Sequence> SequenceIn(absl::Span<const Shape> inputs) const {
    return SequenceOf(inputs[kInput], setup_.weights.k(), setup_.time_major);
  }

  Buffers Lay(int64_t rows, ScratchLayout& layout) const {
    Buffers buffers;
    buffers.input = layout.Take<float>(rows * setup_.weights.k());
    buffers.x = FactorRows::Lay(rows, setup_.weights.k(), layout);
    buffers.hidden = FactorRows::Lay(rows, units(), layout);
    buffers.sums = layout.Take<float>(rows * units());
    buffers.product = layout.Take<float>(rows * units());
    buffers.acc = layout.Take<int32_t>(rows * units());
    return buffers;
  }

  void Step(const Buffers& buffers, float* hidden, ThreadPool* pool) const {
    const int64_t rows = buffers.x.rows;
    buffers.x.Quantize(setup_.quantizer);
    buffers.hidden.Quantize(setup_.quantizer);
    for (int64_t r = 0; r < rows; ++r) {
      std::copy(setup_.bias.begin(), setup_.bias.end(), buffers.sums + r * units());
    }
    setup_.weights.Accumulate(buffers.x, buffers.product, buffers.acc, buffers.sums, pool);
    setup_.recurrent.Accumulate(buffers.hidden, buffers.product, buffers.acc, buffers.sums, pool);
    for (int64_t i = 0; i < rows * units(); ++i) hidden[i] = Activate(buffers.sums[i]);
  }

  float Activate(float v) const {
    if (setup_.activation == Activation::kTanh) return std::tanh(v);
    return setup_.activation == Activation::kRelu ? std::max(v, 0.0f) : v;
  }

  const RnnSetup setup_;
};

PreparedOp Prepare(const PrepareContext& context) {
  const auto options = context.options<SequenceRnnOptions>();
  if (options.activation != Activation::kNone && options.activation != Activation::kRelu &&
      options.activation != Activation::kTanh) {
    return absl::UnimplementedError("a fused activation other than NONE, RELU and TANH");
  }
  const TensorDef& weights = *context.input(kWeights);
  const TensorDef& bias = *context.input(kBias);
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kHidden));
  OCTET_RETURN_IF_ERROR(CheckRank(weights, 2));
  const int32_t units = weights.shape.dim(0);
  OCTET_RETURN_IF_ERROR(CheckBias(&bias, units));
  OCTET_ASSIGN_OR_RETURN(auto of_input,
                         WeightMatrix::Make(weights, units, weights.shape.dim(1), context.isas));
  OCTET_ASSIGN_OR_RETURN(
      auto of_hidden, WeightMatrix::Make(*context.input(kRecurrent), units, units, context.isas));
  return std::make_unique<UnidirectionalSequenceRnn>(
      RnnSetup{std::move(of_input), std::move(of_hidden), bias.values<float>(),
               RowQuantizer::For(weights.type, options.asymmetric_quantize_inputs, context.isas),
               options.activation, options.time_major});
}

}  // namespace

OpRowList UnidirectionalSequenceRnnRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr auto kOp = BuiltinOp::kUnidirectionalSequenceRnn;
  return {
      {kOp, 1, 3, {kF32, kF32, kF32, kF32, kF32}, {kF32}, &Prepare},
      {kOp, 1, 3, {kF32, kS8, kS8, kF32, kF32}, {kF32}, &Prepare},
      {kOp, 1, 3, {kF32, kU8, kU8, kF32, kF32}, {kF32}, &Prepare},
  };
}

}  // namespace octet::ops
