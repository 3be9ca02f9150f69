// From int32 accumulators to int8 codes: which rule an operator's channels follow, with its tables.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_OUTPUT_STAGE_H_
#define OCTET_ENGINE_OPS_PRODUCTS_OUTPUT_STAGE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/quantization.h"
#include "engine/kernels/fixed_point.h"
#include "engine/kernels/requantize.h"
#include "engine/ops/core/activation.h"

namespace octet::ops {

// NUMERICS.md, "Convolutions and FULLY_CONNECTED".
enum class RequantRule {
  kFixedPoint,  // MB: two roundings, both ties away from zero
  kHalfUp,      // MBU: the second rounding half up, in the first `half_up_channels` channels
  kFloat32,     // one float32 product, ties to even
  kFloat64,     // one double product, ties away from zero
  kWideSum,     // MB64: a 64-bit sum times a 15-bit multiplier, one rounding, half up
};

struct OutputStageParams {
  RequantRule rule = RequantRule::kFixedPoint;
  float input_scale = 1;
  absl::Span<const float> weight_scales;  // one a channel
  float output_scale = 1;
  int32_t output_zero_point = 0;
  CodeRange range;
  int32_t half_up_channels = 0;  // kHalfUp alone; the rest follow kFixedPoint
  // How often all channels follow each other in the epilogue's arrays, for kernels that take a run
  // of pixels as one.
  int32_t repeats = 1;
  // The fixed-point multiplier comes from f32(input scale * weight scale), not from its exact
  // value.
  bool float32_product = false;
};

// Everything but the rule and the range. The activations are per-tensor.
OutputStageParams StageBetween(const Quantization& input, absl::Span<const float> weight_scales,
                               const Quantization& output);

// Immutable. Copies and moves leave pointers from `epilogue()` of the source invalid.
class OutputStage {
 public:
  // Tables are padded so that a whole tile of `tile` channels can be read from any channel on.
  // InvalidArgument where a multiplier is 2^30 or more.
  static absl::StatusOr<OutputStage> Make(const OutputStageParams& params, int32_t tile);

  // Whether a kernel can finish by itself; else it must leave int32 values to Finish.
  bool fused() const { return rule_ != RequantRule::kHalfUp && rule_ != RequantRule::kWideSum; }

  // For the kernels: arrays of all channels, from channel 0. An int32 epilogue unless fused().
  kernels::EpilogueArgs epilogue() const;

  // The work of a kernel's epilogue, for rules that none has: accumulators [rows][channels], dense,
  // to codes with `out_row_stride`.
  void Finish(const int32_t* acc, int64_t rows, int32_t channels, int8_t* out,
              int64_t out_row_stride) const;

  // Any rule, on exact sums [rows][channels], dense, for a type that holds the range: int8_t,
  // uint8_t or int16_t. Rules for int32 sums see the low 32 bits.
  template <typename Code>
  void FinishSums(const int64_t* sums, int64_t rows, int32_t channels, Code* out) const {
    for (int64_t r = 0; r < rows; ++r, sums += channels, out += channels) {
      for (int32_t c = 0; c < channels; ++c) out[c] = static_cast<Code>(CodeOf(sums[c], c));
    }
  }

 private:
  int32_t CodeOf(int64_t sum, int32_t channel) const;

  RequantRule rule_ = RequantRule::kFixedPoint;
  std::vector<int32_t> multiplier_;
  std::vector<int32_t> exponent_;
  std::vector<float> scale_;
  std::vector<double> scale64_;
  int32_t zero_point_ = 0;
  CodeRange range_;
  int32_t half_up_channels_ = 0;
};

// An epilogue that stores accumulators.
kernels::EpilogueArgs Int32Epilogue();

// The same epilogue for channels from `channel` on.
kernels::EpilogueArgs EpilogueFrom(kernels::EpilogueArgs epilogue, int32_t channel);

// The rule of an int8 convolution-like operator. Under kFloat32 a weight scale that is zero or
// subnormal makes LiteRT fall back to its builtin kernel, which rounds half up.
RequantRule ConvolutionRule(Rounding rounding, absl::Span<const float> weight_scales);

// Whose activation bounds go with a rule: XNNPACK's with its own alone.
Rounding ActivationRule(RequantRule rule);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_OUTPUT_STAGE_H_
