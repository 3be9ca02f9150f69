// Takes the mean error of rounded weights back out of the bias.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_BIAS_CORRECTION_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_BIAS_CORRECTION_H_

#include <vector>

#include "engine/model/model.h"
#include "engine/quantize/transform/integer_constants.h"
#include "engine/quantize/transform/integer_plan.h"
#include "engine/quantize/transform/options.h"
#include "engine/quantize/transform/report.h"

namespace octet {

// The tensors of the main subgraph whose channel means CorrectBiases wants to know.
std::vector<bool> TensorsWithMeans(const SubgraphDef& graph);

// For each integer CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED with a bias: bias
// plus the sum over the filter of (weight - its code's value) times the mean of the input's
// channel. `channel_means` by tensor: of each element of the last dimension, over all samples. Taps
// that fall outside of the image count like the others, which is not exact near its border. A row
// of `improvements` for each operator: the mean of the absolute corrections, and 0.
//
// Source: "Data-Free Quantization Through Weight Equalization and Bias Correction", Nagel et al.,
// 2019, section 4.2, with means from samples.
CorrectedBiases CorrectBiases(const SubgraphDef& graph, const IntegerPlan& plan,
                              const QuantizeOptions& options,
                              const std::vector<std::vector<double>>& channel_means,
                              std::vector<ImprovementReport>& improvements);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_BIAS_CORRECTION_H_
