// uint8 models on int8 kernels. A uint8 code less 128 is an int8 code, and its zero point less 128
// the new zero point. A weight less its zero point takes nine bits: the kernels see it as the sum
// of two int8 weights that meet the same activation. NUMERICS.md, "uint8 weights, int16
// activations".
#ifndef OCTET_ENGINE_OPS_PRODUCTS_UNSIGNED_CODES_H_
#define OCTET_ENGINE_OPS_PRODUCTS_UNSIGNED_CODES_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/model/model.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {

// What is taken from a uint8 code and its zero point to make them int8.
inline constexpr int32_t kUnsignedOffset = 128;

// out[i] = in[i] less 128 (from uint8), or plus 128 (to uint8): both flip the top bit. `out` may be
// `in`.
void FlipSigns(const void* in, int64_t count, void* out);

// Int8 weights with zero point 0 for a kernel, and what it has to do with them.
struct KernelWeights {
  absl::Span<const int8_t> codes;
  // How often each activation is taken, against the first, then the next part of `codes`.
  int32_t passes = 1;
  // Activations and results are uint8 codes.
  bool flip = false;
};

// `codes` are the weights less the zero point, as `passes` parts that sum up to them: for each of
// `rows` equal runs of the file's weights, the run's first parts, then its second ones.
struct CentredWeights {
  int32_t passes = 1;
  std::vector<int8_t> codes;

  KernelWeights view() const { return {codes, passes, /*flip=*/true}; }
};
CentredWeights CentreWeights(const TensorDef& weights, int64_t rows);

// The stage of the same operator on int8 codes.
OutputStageParams OnSignedCodes(OutputStageParams params);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_UNSIGNED_CODES_H_
