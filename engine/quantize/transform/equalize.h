// Cross-layer equalization: scales channels between two layers so that their weights' ranges are
// alike, which a per-tensor scale, and the activation's, gain from.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_EQUALIZE_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_EQUALIZE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/report.h"

namespace octet {

// The float model with equalized weights: it answers as before, up to rounding. `source` is the
// file of `model`, aligned for reading. Pairs are a CONV_2D or DEPTHWISE_CONV_2D and a CONV_2D or
// DEPTHWISE_CONV_2D (FULLY_CONNECTED: another FULLY_CONNECTED) that alone reads its output, with no
// activation between them or RELU, whose weights and biases nobody else reads. Channel i of the
// first layer's weights and bias is divided by s = sqrt(r1 / r2), r the largest |w| of what makes
// and what reads channel i, and the second's multiplied. Chains are gone through ten times or until
// nothing moves. A row of `improvements` for each pair: largest channel range over the smallest, in
// the first layer, before and after.
//
// Errors: InvalidArgument for a weight that is not finite. Source: "Data-Free Quantization Through
// Weight Equalization and Bias Correction", Nagel et al., 2019, section 4.1.
absl::StatusOr<std::string> EqualizeLayers(const Model& model, absl::string_view source,
                                           ThreadPool* pool,
                                           std::vector<ImprovementReport>& improvements);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_EQUALIZE_H_
