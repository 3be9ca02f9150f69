// CONV_2D: parameters and rows; the kernels' side of each type combination stands in its own file.
#include "engine/ops/products/conv_2d.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/products/rows.h"

namespace octet::ops {

absl::StatusOr<Conv2DSetup> SetUpConv2D(const PrepareContext& context) {
  const auto options = context.options<Conv2DOptions>();
  const TensorDef& input = *context.input(0);
  const TensorDef& weights = *context.input(1);
  const TensorDef* bias = context.input(2);
  OCTET_RETURN_IF_ERROR(CheckConstant(weights));
  OCTET_RETURN_IF_ERROR(CheckRank(weights, 4));
  OCTET_RETURN_IF_ERROR(CheckRank(input, 4));

  Conv2DSetup setup;
  ConvParams& params = setup.params;
  params = ConvParamsFrom(options, input.shape, weights.shape);
  params.out_channels = weights.shape.dim(0);
  const int32_t group_channels = weights.shape.dim(3);
  if (weights.shape.num_elements() == 0 || params.in_channels % group_channels != 0 ||
      params.out_channels % (params.in_channels / group_channels) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights '", weights.name, "' of shape ", weights.shape.ToString(),
                     " do not fit input '", input.name, "' of shape ", input.shape.ToString()));
  }
  setup.groups = params.in_channels / group_channels;
  OCTET_RETURN_IF_ERROR(CheckBias(bias, params.out_channels));
  setup.activation = options.activation;
  setup.weights = &weights;
  setup.bias = bias;
  return setup;
}

OpRowList Conv2DRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  constexpr TypeSlot kBiasS64{DataType::kInt64, /*optional=*/true};
  constexpr TypeSlot kBiasS32{DataType::kInt32, /*optional=*/true};
  constexpr TypeSlot kBiasF32{DataType::kFloat32, /*optional=*/true};
  return {
      {BuiltinOp::kConv2d, 1, 8, {kS8, kS8, kBiasS32}, {kS8}, &PrepareConv2DS8},
      {BuiltinOp::kConv2d, 1, 8, {kF32, kF32, kBiasF32}, {kF32}, &PrepareConv2DF32},
      {BuiltinOp::kConv2d, 1, 8, {kF32, kS8, kBiasF32}, {kF32}, &PrepareConv2DHybrid},
      {BuiltinOp::kConv2d, 1, 8, {kF32, kU8, kBiasF32}, {kF32}, &PrepareConv2DHybrid},
      {BuiltinOp::kConv2d, 1, 8, {kU8, kU8, kBiasS32}, {kU8}, &PrepareConv2DU8},
      {BuiltinOp::kConv2d, 1, 8, {kS16, kS8, kBiasS64}, {kS16}, &PrepareConv2DS16},
      {BuiltinOp::kConv2d, 1, 8, {kS16, kS8, kBiasS32}, {kS16}, &PrepareConv2DS16},
  };
}

}  // namespace octet::ops
