#include "engine/quantize/transform/bias_correction.h"

#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "engine/quantize/transform/selection.h"
#include "engine/quantize/transform/weight_quantizer.h"
#include "engine/quantize/transform/weight_rules.h"

namespace octet {
namespace {

// An operator with weights and a bias, in tensors.
struct Product {
  int32_t input = kAbsentTensor;
  int32_t weights = kAbsentTensor;
  int32_t bias = kAbsentTensor;
  int axis = 0;  // of the weights: the output's channels
};

// All kAbsentTensor where it is no such operator.
Product ProductOf(const SubgraphDef& graph, const OperatorDef& op) {
  const WeightRule* rule = FindWeightRule(op.op);
  if (rule == nullptr || rule->bias_input == kNoInput ||
      static_cast<int>(op.inputs.size()) <= rule->bias_input) {
    return {};
  }
  const Product product{op.inputs[rule->activation_input], op.inputs[rule->weight_input],
                        op.inputs[rule->bias_input], rule->axis};
  const bool whole = IsFloatValue(graph, product.input) &&
                     IsFloatConstant(graph, product.weights) &&
                     IsFloatConstant(graph, product.bias);
  return whole ? product : Product{};
}

// Of each output channel: the mean error that the weights' codes bring.
std::vector<double> MeanErrors(const TensorDef& weights, const Product& product,
                               const QuantizeOptions& options, BuiltinOp op,
                               const std::vector<double>& means) {
  const ChannelLayout layout =
      LayoutOf(weights.shape, options.per_channel ? product.axis : kPerTensor);
  const absl::Span<const float> values = weights.values<float>();
  const QuantizedWeights quantized =
      QuantizeWeights(values, layout,
                      options.mode == QuantizationMode::kInt16x8 ? WeightArithmetic::kFloatByHalf
                                                                 : WeightArithmetic::kFloat);
  const ChannelLayout channels = LayoutOf(weights.shape, product.axis);
  const int64_t last = weights.shape.dim(weights.shape.rank() - 1);
  const auto inputs = static_cast<int64_t>(means.size());
  std::vector<double> errors(channels.channels);
  for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i) {
    const int64_t channel = i / channels.inner % channels.channels;
    const int64_t scale = i / layout.inner % layout.channels;
    // A depthwise output channel reads one input channel; the others read each, the weights' last
    // dimension, modulo the inputs of a group's convolution or of a wider FULLY_CONNECTED row.
    const int64_t input = op == BuiltinOp::kDepthwiseConv2d
                              ? channel / std::max<int64_t>(channels.channels / inputs, 1)
                              : i % last % inputs;
    const double code = quantized.codes[i] * static_cast<double>(quantized.scales.scales[scale]);
    errors[channel] += (values[i] - code) * means[input];
  }
  return errors;
}

// Groups read channels of their own, which `MeanErrors` does not follow.
bool HasGroups(const TensorDef& weights, BuiltinOp op, size_t inputs) {
  return op == BuiltinOp::kConv2d &&
         weights.shape.dim(weights.shape.rank() - 1) != static_cast<int64_t>(inputs);
}

}  // namespace

std::vector<bool> TensorsWithMeans(const SubgraphDef& graph) {
  std::vector<bool> wanted(graph.tensors.size());
  for (const OperatorDef& op : graph.operators) {
    const Product product = ProductOf(graph, op);
    if (product.input != kAbsentTensor) wanted[product.input] = true;
  }
  return wanted;
}

CorrectedBiases CorrectBiases(const SubgraphDef& graph, const IntegerPlan& plan,
                              const QuantizeOptions& options,
                              const std::vector<std::vector<double>>& channel_means,
                              std::vector<ImprovementReport>& improvements) {
  CorrectedBiases corrected(graph.operators.size());
  for (size_t o = 0; o < graph.operators.size(); ++o) {
    const OperatorDef& op = graph.operators[o];
    const Product product = ProductOf(graph, op);
    if (!plan.choices[o].integer || product.input == kAbsentTensor) continue;
    const TensorDef& weights = graph.tensors[product.weights];
    const TensorDef& bias = graph.tensors[product.bias];
    const std::vector<double>& means = channel_means[product.input];
    if (means.empty() || HasGroups(weights, op.op, means.size())) continue;
    const std::vector<double> errors = MeanErrors(weights, product, options, op.op, means);
    const absl::Span<const float> values = bias.values<float>();
    if (values.size() != errors.size()) continue;
    double size = 0;
    for (size_t c = 0; c < errors.size(); ++c) {
      corrected[o].push_back(static_cast<float>(values[c] + errors[c]));
      size += std::abs(errors[c]) / static_cast<double>(errors.size());
    }
    improvements.push_back({"bias-correction", bias.name,
                            absl::StrCat("mean error of ", KindOf(op), "'s channels"), size, 0});
  }
  return corrected;
}

}  // namespace octet
