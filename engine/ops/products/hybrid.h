// Hybrid arithmetic: float activations quantized on the fly, int8 weights, float results.
// NUMERICS.md, "Hybrid".
#ifndef OCTET_ENGINE_OPS_PRODUCTS_HYBRID_H_
#define OCTET_ENGINE_OPS_PRODUCTS_HYBRID_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/variants.h"
#include "engine/ops/core/activation.h"

namespace octet::ops {

// How a run of values becomes int8 codes.
enum class RowRule {
  kAsymmetric,     // A: builtin kernels
  kSymmetric,      // Y: builtin kernels
  kAsymmetricXnn,  // X: XNNPACK
};

using kernels::RowQuantization;

// Quantizes `values` with one scale of their own. Values that are not finite give unspecified
// codes.
RowQuantization QuantizeRow(const kernels::FloatRows& kernels, RowRule rule,
                            absl::Span<const float> values, int8_t* codes);

// The same for `rows` dense rows of `length` values, each with a scale of its own.
void QuantizeRows(const kernels::FloatRows& kernels, RowRule rule, const float* values,
                  int64_t rows, int64_t length, RowQuantization* quantization, int8_t* codes);

// The same, shared out over the threads of `pool`, if there is one: by rows, or, where they are
// few, within each.
void QuantizeRowsTogether(const kernels::FloatRows& kernels, RowRule rule, const float* values,
                          int64_t rows, int64_t length, RowQuantization* quantization,
                          int8_t* codes, ThreadPool* pool);

// A block of sums: `rows` rows of channels [begin, begin + n). Pointers stand at the first of them,
// strides count elements.
struct HybridSums {
  const int32_t* acc;  // sum(code * weight), without zero point
  int64_t acc_row_stride;
  int64_t rows;
  const RowQuantization* quantization;
  int64_t quantization_step;  // 1: each row has its own; 0: all have the same
  int32_t begin;
  int32_t n;
  float* out;
  int64_t out_row_stride;
};

using kernels::HybridOrder;

// Channel tables of a hybrid operator.
struct HybridStage {
  const kernels::FloatRows* kernels = nullptr;
  HybridOrder order = kernels::kFused;
  // Channels from here on follow kRowThenWeight instead: a vector body and its scalar tail differ
  // in LiteRT's own kernel.
  int32_t tail_begin = std::numeric_limits<int32_t>::max();
  std::vector<float> weight_scales;  // one a channel
  std::vector<float> bias;           // one a channel, or empty
  std::vector<int32_t> weight_sums;  // of codes, one a channel
  FloatRange range;

  explicit HybridStage(IsaSet isas) : kernels(&kernels::SelectFloatRows(isas)) {}

  // Fills weight_sums; weight i of channel c stands at c * n_stride + i * k_stride. InvalidArgument
  // where a sum of products could exceed int32.
  absl::Status SetWeights(absl::Span<const int8_t> weights, int32_t n, int64_t n_stride,
                          int64_t k_stride);

  void Finish(const HybridSums& sums) const;

  // One row.
  void Finish(const int32_t* acc, RowQuantization row, int32_t begin, int32_t n, float* out) const {
    Finish({acc, n, 1, &row, 0, begin, n, out, n});
  }
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_HYBRID_H_
