// CONV_2D, shared by its type combinations.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_CONV_2D_H_
#define OCTET_ENGINE_OPS_PRODUCTS_CONV_2D_H_

#include "engine/ops/spatial/conv_common.h"

namespace octet::ops {

// Checked parameters and constants. Weights are [out_channels][kernel_h][kernel_w][in_channels /
// groups]; group g reads input channels [g, g + 1) * in_channels / groups.
struct Conv2DSetup {
  ConvParams params;
  int32_t groups = 1;
  Activation activation = Activation::kNone;
  const TensorDef* weights = nullptr;
  const TensorDef* bias = nullptr;  // null: none

  int32_t group_in() const { return params.in_channels / groups; }
  int32_t group_out() const { return params.out_channels / groups; }
  int32_t group_k() const { return params.taps() * group_in(); }
};

absl::StatusOr<Conv2DSetup> SetUpConv2D(const PrepareContext& context);

PreparedOp PrepareConv2DS8(const PrepareContext& context);
PreparedOp PrepareConv2DF32(const PrepareContext& context);
PreparedOp PrepareConv2DHybrid(const PrepareContext& context);
PreparedOp PrepareConv2DU8(const PrepareContext& context);
PreparedOp PrepareConv2DS16(const PrepareContext& context);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_CONV_2D_H_
