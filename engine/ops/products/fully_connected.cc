// FULLY_CONNECTED: what all types share, int8, float32 and hybrid.
#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/fully_connected.h"
#include "engine/ops/products/hybrid.h"
#include "engine/ops/products/hybrid_matmul.h"
#include "engine/ops/products/integer_product.h"
#include "engine/ops/products/matmul_s8.h"
#include "engine/ops/products/output_stage.h"
#include "engine/ops/products/packed_matmul_f32.h"
#include "engine/ops/products/rows.h"
#include "engine/ops/products/unsigned_codes.h"

namespace octet::ops {

absl::StatusOr<FullyConnectedSetup> SetUpFullyConnected(const PrepareContext& context) {
  const auto options = context.options<FullyConnectedOptions>();
  if (options.shuffled_weights) {
    return absl::UnimplementedError("weights format SHUFFLED4x16INT8");
  }
  FullyConnectedSetup setup;
  setup.weights = context.input(1);
  setup.bias = context.input(2);
  OCTET_RETURN_IF_ERROR(CheckConstant(*setup.weights));
  OCTET_RETURN_IF_ERROR(CheckRank(*setup.weights, 2));
  setup.n = setup.weights->shape.dim(0);
  setup.k = setup.weights->shape.dim(1);
  if (setup.n == 0 || setup.k == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "weights '", setup.weights->name, "' have shape ", setup.weights->shape.ToString()));
  }
  OCTET_RETURN_IF_ERROR(CheckBias(setup.bias, setup.n));
  setup.keep_num_dims = options.keep_num_dims;
  setup.asymmetric_inputs = options.asymmetric_quantize_inputs;
  setup.activation = options.activation;
  return setup;
}

absl::StatusOr<Shapes> FullyConnected::InferShapes(absl::Span<const Shape> inputs) const {
  const Shape& input = inputs[0];
  if (input.num_elements() % k_ != 0 || Rows(input) > std::numeric_limits<int32_t>::max() ||
      (keep_num_dims_ && (input.rank() == 0 || input.dim(input.rank() - 1) != k_))) {
    return absl::InvalidArgumentError(absl::StrCat("the input has shape ", input.ToString(),
                                                   "; rows of ", k_, " values are needed"));
  }
  std::vector<int32_t> dims;
  if (keep_num_dims_) {
    dims.assign(input.dims().begin(), input.dims().end());
    dims.back() = n_;
  } else {
    dims = {static_cast<int32_t>(Rows(input)), n_};
  }
  OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
  return Shapes{std::move(output)};
}

absl::Status FullyConnected::CheckRowsApart(absl::Span<const Shape> inputs,
                                            absl::Span<const bool>) const {
  if (inputs[0].num_elements() % k_ == 0) return absl::OkStatus();
  return absl::FailedPreconditionError("a row of the batch is no whole number of its rows");
}

namespace {

// int8, or uint8 where `flip`. Scratch: [the input as int8 codes, where it is not].
class FullyConnectedS8 final : public FullyConnected {
 public:
  FullyConnectedS8(const FullyConnectedSetup& setup, kernels::PackedGemmS8 packed,
                   OutputStage stage, bool flip)
      : FullyConnected(setup), packed_(std::move(packed)), stage_(std::move(stage)), flip_(flip) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return flip_ ? RoundUp(inputs[0].num_elements() + kernels::kGemmOverReadBytes, 64) : 0;
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t rows = Rows(context.input_shapes[0]);
    const auto* in = context.in<int8_t>(0);
    auto* out = context.out<int8_t>(0);
    if (flip_) {
      FlipSigns(in, rows * k_, context.scratch);
      in = reinterpret_cast<const int8_t*>(context.scratch);
    }
    RunMatmulS8(packed_, stage_.epilogue(), in, k_, rows, out, n_, context.pool);
    if (flip_) FlipSigns(out, rows * n_, out);
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return packed_.panels.size(); }

 private:
  const kernels::PackedGemmS8 packed_;
  const OutputStage stage_;
  const bool flip_;
};

class FullyConnectedF32 final : public FullyConnected {
 public:
  FullyConnectedF32(const FullyConnectedSetup& setup, kernels::PackedGemmF32 packed,
                    FloatRange range)
      : FullyConnected(setup), packed_(std::move(packed)), range_(range) {}

  absl::Status Run(const RunContext& context) const override {
    RunMatmulF32(packed_, context.in<float>(0), Rows(context.input_shapes[0]), range_,
                 context.out<float>(0), context.pool);
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return packed_.bytes(); }

 private:
  const kernels::PackedGemmF32 packed_;
  const FloatRange range_;
};

class FullyConnectedHybrid final : public FullyConnected {
 public:
  FullyConnectedHybrid(const FullyConnectedSetup& setup, kernels::PackedGemmS8 packed,
                       HybridStage stage, RowRule rule)
      : FullyConnected(setup), packed_(std::move(packed)), stage_(std::move(stage)), rule_(rule) {}

  size_t ScratchBytes(absl::Span<const Shape>, int threads) const override {
    return HybridMatmulBytes(packed_, threads);
  }

  absl::Status Run(const RunContext& context) const override {
    RunHybridMatmul(stage_, rule_, packed_, context.in<float>(0), Rows(context.input_shapes[0]),
                    context.out<float>(0), context.scratch, context.pool);
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return packed_.panels.size(); }

 private:
  const kernels::PackedGemmS8 packed_;
  const HybridStage stage_;
  const RowRule rule_;
};

absl::StatusOr<kernels::PackedGemmS8> Pack(const FullyConnectedSetup& setup,
                                           const KernelWeights& weights,
                                           absl::Span<const int32_t> bias, int32_t input_zero_point,
                                           IsaSet isas) {
  kernels::GemmS8Problem problem;
  problem.n = setup.n;
  problem.k = setup.k * weights.passes;
  problem.has_minus_128 = kernels::HasMinus128(weights.codes);
  return kernels::PackGemmS8(kernels::SelectGemmS8(problem, isas), setup.n, weights.passes, setup.k,
                             weights.codes, bias, input_zero_point);
}

PreparedOp PrepareS8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FullyConnectedSetup setup, SetUpFullyConnected(context));
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(*setup.weights, 0));
  const std::vector<float> scales = ChannelScales(setup.weights->quantization, setup.n);
  OutputStageParams params = StageBetween(input.quantization, scales, output.quantization);
  params.rule = context.rounding == Rounding::kFixedPoint
                    ? RequantRule::kFloat64
                    : ConvolutionRule(context.rounding, scales);
  OCTET_ASSIGN_OR_RETURN(params.range, ActivationCodes(setup.activation, output, context.rounding));
  // LiteRT refuses a dead channel here, so that no answer of its own exists: float32 serves it.
  if (params.rule == RequantRule::kHalfUp) params.rule = RequantRule::kFloat32;

  absl::Span<const int32_t> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<int32_t>();
  OCTET_ASSIGN_OR_RETURN(auto packed, Pack(setup, {setup.weights->values<int8_t>()}, bias,
                                           input.quantization.zero_point[0], context.isas));
  OCTET_ASSIGN_OR_RETURN(OutputStage stage,
                         OutputStage::Make(params, packed.variant->layout.n_tile));
  return std::make_unique<FullyConnectedS8>(setup, std::move(packed), std::move(stage),
                                            /*flip=*/false);
}

PreparedOp PrepareU8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FullyConnectedSetup setup, SetUpFullyConnected(context));
  IntegerProductParams params;
  params.input = context.input(0);
  params.weights = setup.weights;
  params.output = &context.output(0);
  params.activation = setup.activation;
  params.fully_connected = true;
  const std::vector<float> scales = ChannelScales(setup.weights->quantization, setup.n);
  OCTET_ASSIGN_OR_RETURN(const OutputStageParams stage_params,
                         IntegerStage(params, scales, context.rounding));
  absl::Span<const int32_t> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<int32_t>();
  const CentredWeights weights = CentreWeights(*setup.weights, setup.n);
  OCTET_ASSIGN_OR_RETURN(
      auto packed, Pack(setup, weights.view(), bias,
                        params.input->quantization.zero_point[0] - kUnsignedOffset, context.isas));
  OCTET_ASSIGN_OR_RETURN(OutputStage stage, OutputStage::Make(OnSignedCodes(stage_params),
                                                              packed.variant->layout.n_tile));
  return std::make_unique<FullyConnectedS8>(setup, std::move(packed), std::move(stage),
                                            /*flip=*/true);
}

PreparedOp PrepareF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FullyConnectedSetup setup, SetUpFullyConnected(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(setup.activation));
  absl::Span<const float> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<float>();
  OCTET_ASSIGN_OR_RETURN(
      auto packed, kernels::PackGemmF32(kernels::SelectGemmF32(context.isas), setup.n, 1, setup.k,
                                        setup.weights->values<float>(), bias));
  return std::make_unique<FullyConnectedF32>(setup, std::move(packed), range);
}

PreparedOp PrepareHybrid(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FullyConnectedSetup setup, SetUpFullyConnected(context));
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(*setup.weights, 0));
  HybridStage stage(context.isas);
  stage.weight_scales = ChannelScales(setup.weights->quantization, setup.n);
  if (setup.bias != nullptr) {
    const auto bias = setup.bias->values<float>();
    stage.bias.assign(bias.begin(), bias.end());
  }
  OCTET_RETURN_IF_ERROR(stage.SetWeights(setup.weights->values<int8_t>(), setup.n, setup.k, 1));
  OCTET_ASSIGN_OR_RETURN(stage.range, ActivationValues(setup.activation));
  RowRule rule = RowRule::kAsymmetricXnn;
  // Codes in old files stand in bytes called uint8; XNNPACK leaves them to the builtin kernel.
  if (context.rounding == Rounding::kFixedPoint || setup.weights->type == DataType::kUint8) {
    rule = setup.asymmetric_inputs ? RowRule::kAsymmetric : RowRule::kSymmetric;
    stage.order = kernels::kCombined;
  }
  OCTET_ASSIGN_OR_RETURN(auto packed,
                         Pack(setup, {setup.weights->values<int8_t>()}, {}, 0, context.isas));
  return std::make_unique<FullyConnectedHybrid>(setup, std::move(packed), std::move(stage), rule);
}

}  // namespace

OpRowList FullyConnectedRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  constexpr TypeSlot kBiasS64{DataType::kInt64, /*optional=*/true};
  constexpr TypeSlot kBiasS32{DataType::kInt32, /*optional=*/true};
  constexpr TypeSlot kBiasF32{DataType::kFloat32, /*optional=*/true};
  constexpr auto kOp = BuiltinOp::kFullyConnected;
  return {
      {kOp, 1, 14, {kS8, kS8, kBiasS32}, {kS8}, &PrepareS8},
      {kOp, 1, 14, {kF32, kF32, kBiasF32}, {kF32}, &PrepareF32},
      {kOp, 1, 14, {kF32, kS8, kBiasF32}, {kF32}, &PrepareHybrid},
      {kOp, 1, 14, {kF32, kU8, kBiasF32}, {kF32}, &PrepareHybrid},
      {kOp, 1, 14, {kU8, kU8, kBiasS32}, {kU8}, &PrepareU8},
      {kOp, 1, 14, {kS16, kS8, kBiasS64}, {kS16}, &PrepareFullyConnectedS16},
      {kOp, 1, 14, {kS16, kS8, kBiasS32}, {kS16}, &PrepareFullyConnectedS16},
  };
}

}  // namespace octet::ops
