#include "tests/conformance/models/float_bound.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet::testing {
namespace {

constexpr double kUnit = 0x1p-24;

double Gamma(double k) { return k * kUnit / (1 - k * kUnit); }

struct Bound {
  double magnitude = 0;
  double error = 0;
};

double HalfToDouble(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const double value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -value : value;
}

// Constants as real numbers, also where half precision stands behind a DEQUANTIZE.
std::vector<double> ConstantValues(const SubgraphDef& graph, int32_t tensor) {
  std::vector<double> values;
  if (tensor == kAbsentTensor) return values;
  for (const OperatorDef& op : graph.operators) {
    if (op.op == BuiltinOp::kDequantize && op.outputs[0] == tensor) tensor = op.inputs[0];
  }
  const TensorDef& def = graph.tensors[tensor];
  if (def.type == DataType::kFloat16) {
    for (uint16_t bits : def.values<uint16_t>()) values.push_back(HalfToDouble(bits));
  } else {
    for (float v : def.values<float>()) values.push_back(v);
  }
  return values;
}

// Products with constant weights: `channels` sums of k of them.
Bound Products(const SubgraphDef& graph, const OperatorDef& op, Bound in, int64_t channels,
               bool channel_last, size_t bias_input = 2) {
  const std::vector<double> weights = ConstantValues(graph, op.inputs[1]);
  std::vector<double> norm(channels, 0);
  const int64_t k = static_cast<int64_t>(weights.size()) / channels;
  for (size_t i = 0; i < weights.size(); ++i) {
    norm[channel_last ? i % channels : i / k] += std::abs(weights[i]);
  }
  double bias = 0;
  if (op.inputs.size() > bias_input) {
    for (double b : ConstantValues(graph, op.inputs[bias_input]))
      bias = std::max(bias, std::abs(b));
  }
  const double l1 = *std::max_element(norm.begin(), norm.end());
  const double magnitude = l1 * in.magnitude + bias;
  return {magnitude, l1 * in.error + 2 * Gamma(k + 1) * magnitude};
}

// One IEEE operation on values that `error` holds already: without error both executions agree.
Bound RoundedOnce(double magnitude, double error) {
  return {magnitude, error == 0 ? 0 : error + 2 * kUnit * magnitude};
}

bool AnyError(const OperatorDef& op, absl::Span<const Bound> bounds) {
  return std::any_of(op.inputs.begin(), op.inputs.end(),
                     [&](int32_t t) { return t != kAbsentTensor && bounds[t].error != 0; });
}

// Functions of one element that are rounded once or have a C library's accuracy: either execution
// lies within kUlps units of the last place of the exact value. Only of inputs that carry no error,
// since a function may be steep. `result` is the largest |value| of the outcome.
absl::StatusOr<Bound> Pointwise(const OperatorDef& op, absl::Span<const Bound> bounds,
                                double result) {
  constexpr double kUlps = 4;
  if (AnyError(op, bounds)) {
    return absl::UnimplementedError(
        absl::StrCat("no rule for ", BuiltinOpName(op.op), " of inputs that may differ already"));
  }
  return Bound{result, 2 * kUlps * kUnit * result};
}

// Sums of squares, roots and quotients of a row: relative errors add up.
Bound Normalized(double terms, double result) {
  return {result, 2 * (Gamma(terms + 2) + 8 * kUnit) * result};
}

// The largest |value| among constants and computed inputs.
double LargestInput(const SubgraphDef& graph, const OperatorDef& op, size_t i,
                    absl::Span<const Bound> bounds) {
  double largest = bounds[op.inputs[i]].magnitude;
  if (graph.tensors[op.inputs[i]].type == DataType::kFloat32) {
    for (double v : ConstantValues(graph, op.inputs[i])) largest = std::max(largest, std::abs(v));
  }
  return largest;
}

double LargestDim(const Shape& shape) {
  const auto dims = shape.dims();
  return dims.empty() ? 1 : *std::max_element(dims.begin(), dims.end());
}

// Elements of several inputs, each as it is.
Bound AnyOf(const SubgraphDef& graph, const OperatorDef& op, absl::Span<const Bound> bounds) {
  Bound widest;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    widest.magnitude = std::max(widest.magnitude, LargestInput(graph, op, i, bounds));
    widest.error = std::max(widest.error, bounds[op.inputs[i]].error);
  }
  return widest;
}

// Places of elements. Only of inputs that carry no error: where they differ, so may the order.
absl::StatusOr<Bound> Places(const OperatorDef& op, absl::Span<const Bound> bounds, double result) {
  OCTET_ASSIGN_OR_RETURN(Bound places, Pointwise(op, bounds, result));
  places.error = 0;
  return places;
}

// A score is multiplied by exp(-iou^2/(2 sigma)) for each box that was selected before it. Sides of
// areas are rounded once, areas are within 3 units, the sum of two less what both have within 13,
// so iou is within 18 and the exponent, at most 1/(2 sigma), within 40; the exponential's own
// accuracy is 4 units, the product's 1. Indices are held to be equal.
absl::StatusOr<Bound> SuppressedScores(const SubgraphDef& graph, const OperatorDef& op,
                                       absl::Span<const Bound> bounds, double result) {
  OCTET_ASSIGN_OR_RETURN(Bound scores, Places(op, bounds, result));
  const std::vector<double> sigma = ConstantValues(graph, op.inputs[5]);
  if (sigma.size() != 1) return absl::UnimplementedError("sigma is no constant");
  const double boxes = graph.tensors[op.inputs[0]].shape.dim(0);
  if (sigma[0] > 0) scores.error = 2 * Gamma(boxes * (5 + 40 / (2 * sigma[0]))) * result;
  return scores;
}

// `result`: the largest |value| that was recorded of the operator's outcome, where it is an output
// of the graph. Of several outputs, the bound holds for those that are float32.
absl::StatusOr<Bound> Step(const SubgraphDef& graph, const OperatorDef& op,
                           absl::Span<const Bound> bounds, double result) {
  const Bound in = bounds[op.inputs[0]];
  const Shape& shape = graph.tensors[op.inputs[0]].shape;
  switch (op.op) {
    case BuiltinOp::kConv2d:
    case BuiltinOp::kFullyConnected:
      return Products(graph, op, in, graph.tensors[op.inputs[1]].shape.dim(0), false);
    case BuiltinOp::kDepthwiseConv2d:
      return Products(graph, op, in, graph.tensors[op.inputs[1]].shape.dim(3), true);
    case BuiltinOp::kConv3d:
      return Products(graph, op, in, graph.tensors[op.inputs[1]].shape.dim(4), true);
    case BuiltinOp::kTransposeConv:
      return Products(graph, op, bounds[op.inputs[2]], graph.tensors[op.inputs[1]].shape.dim(0),
                      false, 3);
    case BuiltinOp::kBatchMatmul: {
      Bound other = bounds[op.inputs[1]];
      for (double w : ConstantValues(graph, op.inputs[1])) {
        other.magnitude = std::max(other.magnitude, std::abs(w));
      }
      // The longer side of either matrix bounds the length of a sum.
      const double k = std::max(shape.dim(shape.rank() - 1), shape.dim(shape.rank() - 2));
      const double magnitude = k * in.magnitude * other.magnitude;
      return Bound{magnitude,
                   k * (in.error * (other.magnitude + other.error) + in.magnitude * other.error) +
                       2 * Gamma(k) * magnitude};
    }
    case BuiltinOp::kAdd:
    case BuiltinOp::kSub: {
      const double magnitude =
          LargestInput(graph, op, 0, bounds) + LargestInput(graph, op, 1, bounds);
      return RoundedOnce(magnitude, in.error + bounds[op.inputs[1]].error);
    }
    case BuiltinOp::kCumsum: {
      const double terms = LargestDim(shape);
      const double magnitude = terms * in.magnitude;
      return Bound{magnitude, terms * in.error + 2 * Gamma(terms) * magnitude};
    }
    case BuiltinOp::kScatterNd: {
      // At the most, all updates meet in one place.
      const double terms =
          std::max(1.0, static_cast<double>(graph.tensors[op.inputs[0]].shape.num_elements()));
      const double magnitude = terms * LargestInput(graph, op, 1, bounds);
      return Bound{magnitude, terms * bounds[op.inputs[1]].error + 2 * Gamma(terms) * magnitude};
    }
    case BuiltinOp::kSum: {
      const auto terms = static_cast<double>(shape.num_elements());
      return Bound{terms * in.magnitude,
                   terms * in.error + 2 * Gamma(terms) * terms * in.magnitude};
    }
    case BuiltinOp::kGreater:
      // Nothing is allowed: a comparison that falls within the error shows as a difference.
      return Bound{1.0, 0};
    case BuiltinOp::kAveragePool2d:
    case BuiltinOp::kMean:
      return Bound{in.magnitude, in.error + 2 * Gamma(shape.num_elements()) * in.magnitude};
    case BuiltinOp::kSoftmax: {
      // Each exponential within 4 units; a change of all inputs by e moves a share p by at most
      // 2 p e; the sum and the division add their own roundings.
      const double depth = shape.dim(shape.rank() - 1);
      return Bound{1.0, 2 * in.error + 2 * Gamma(depth + 8) + 2 * 2 * kUnit * in.magnitude};
    }
    case BuiltinOp::kMul: {
      const double a = LargestInput(graph, op, 0, bounds);
      const double b = LargestInput(graph, op, 1, bounds);
      const double ea = in.error;
      const double eb = bounds[op.inputs[1]].error;
      return RoundedOnce(a * b, a * eb + b * ea + ea * eb);
    }
    case BuiltinOp::kSquare:
      return RoundedOnce(in.magnitude * in.magnitude, (2 * in.magnitude + in.error) * in.error);
    case BuiltinOp::kReduceProd:
      return Bound{result, 2 * Gamma(shape.num_elements()) * result};
    case BuiltinOp::kCos:
    case BuiltinOp::kElu:
    case BuiltinOp::kExp:
    case BuiltinOp::kGelu:
    case BuiltinOp::kHardSwish:
    case BuiltinOp::kLeakyRelu:
    case BuiltinOp::kLog:
    case BuiltinOp::kLogistic:
    case BuiltinOp::kPow:
    case BuiltinOp::kRsqrt:
    case BuiltinOp::kSin:
    case BuiltinOp::kSqrt:  // XNNPACK's is no IEEE root
    case BuiltinOp::kTanh:
      return Pointwise(op, bounds, result);
    case BuiltinOp::kL2Normalization:
      return Normalized(shape.dim(shape.rank() - 1), result);
    case BuiltinOp::kLocalResponseNormalization:
      return Normalized(shape.dim(shape.rank() - 1), result);
    case BuiltinOp::kLogSoftmax: {
      // x - max is exact to a unit of the larger of both; the logarithm of a sum as SOFTMAX.
      const double depth = shape.dim(shape.rank() - 1);
      const double magnitude = 2 * in.magnitude + std::log(depth);
      return Bound{magnitude, 2 * in.error + 2 * Gamma(depth + 8) + 8 * kUnit * magnitude};
    }
    case BuiltinOp::kResizeBilinear:
      // Positions are of either of two formulas, each a few units of at most the size off; then
      // four products.
      return Bound{in.magnitude, in.error + (2 * Gamma(6) + 16 * kUnit * shape.dim(1) +
                                             16 * kUnit * shape.dim(2)) *
                                                in.magnitude};
    // Exact, or rounded once: equal where the inputs are.
    case BuiltinOp::kCeil:
    case BuiltinOp::kDiv:
    case BuiltinOp::kFloor:
    case BuiltinOp::kFloorDiv:
    case BuiltinOp::kFloorMod:
    case BuiltinOp::kRound:
    case BuiltinOp::kSign: {
      OCTET_ASSIGN_OR_RETURN(Bound exact, Pointwise(op, bounds, result));
      exact.error = 0;
      return exact;
    }
    case BuiltinOp::kArgMax:
      return Places(op, bounds, shape.num_elements());
    case BuiltinOp::kNonMaxSuppressionV5:
      return SuppressedScores(graph, op, bounds, result);
    case BuiltinOp::kConcatenation:
    case BuiltinOp::kMaximum:
    case BuiltinOp::kMinimum:
      return AnyOf(graph, op, bounds);
    case BuiltinOp::kGather:
      if (bounds[op.inputs[1]].error != 0) return absl::UnimplementedError("indices may differ");
      return Bound{LargestInput(graph, op, 0, bounds), in.error};
    case BuiltinOp::kOneHot:
      if (in.error != 0) return absl::UnimplementedError("indices may differ");
      return AnyOf(graph, op, bounds);
    case BuiltinOp::kAbs:
    case BuiltinOp::kCast:
    case BuiltinOp::kNeg:
    case BuiltinOp::kRelu:
    case BuiltinOp::kRelu6:
    case BuiltinOp::kReluN1To1:
    case BuiltinOp::kMaxPool2d:
    case BuiltinOp::kPad:
    case BuiltinOp::kBroadcastTo:
    case BuiltinOp::kReshape:
    case BuiltinOp::kStridedSlice:
    case BuiltinOp::kTranspose:
      return in;
    case BuiltinOp::kDequantize:
      return Bound{};  // a constant: see ConstantValues
    default:
      return absl::UnimplementedError(absl::StrCat("no rule for ", BuiltinOpName(op.op)));
  }
}

// Bounds of a subgraph's outputs, from those of its inputs.
absl::StatusOr<std::vector<Bound>> GraphBounds(const Model& model, const SubgraphDef& graph,
                                               absl::Span<const Bound> inputs,
                                               absl::Span<const double> output_magnitude);

std::vector<Bound> At(absl::Span<const Bound> bounds, absl::Span<const int32_t> tensors) {
  std::vector<Bound> picked;
  for (int32_t t : tensors) picked.push_back(bounds[t]);
  return picked;
}

// Both executions take the same branch (see comparisons); it may be either.
absl::StatusOr<std::vector<Bound>> IfBounds(const Model& model, const OperatorDef& op,
                                            absl::Span<const Bound> bounds) {
  const auto& options = std::get<IfOptions>(op.options);
  const auto inputs = At(bounds, absl::MakeConstSpan(op.inputs).subspan(1));
  std::vector<Bound> widest(op.outputs.size());
  for (int32_t branch : {options.then_subgraph, options.else_subgraph}) {
    OCTET_ASSIGN_OR_RETURN(const auto of_branch,
                           GraphBounds(model, model.subgraphs()[branch], inputs, {}));
    for (size_t i = 0; i < widest.size(); ++i) {
      widest[i].magnitude = std::max(widest[i].magnitude, of_branch[i].magnitude);
      widest[i].error = std::max(widest[i].error, of_branch[i].error);
    }
  }
  return widest;
}

absl::StatusOr<std::vector<Bound>> GraphBounds(const Model& model, const SubgraphDef& graph,
                                               absl::Span<const Bound> inputs,
                                               absl::Span<const double> output_magnitude) {
  std::vector<double> recorded(graph.tensors.size(), 0);
  for (size_t i = 0; i < output_magnitude.size(); ++i) {
    recorded[graph.outputs[i]] = output_magnitude[i];
  }
  std::vector<Bound> bounds(graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i) bounds[graph.inputs[i]] = inputs[i];
  for (const OperatorDef& op : graph.operators) {
    if (op.op == BuiltinOp::kIf) {
      OCTET_ASSIGN_OR_RETURN(const auto results, IfBounds(model, op, bounds));
      for (size_t i = 0; i < results.size(); ++i) bounds[op.outputs[i]] = results[i];
      continue;
    }
    for (int32_t output : op.outputs) {
      OCTET_ASSIGN_OR_RETURN(bounds[output], Step(graph, op, bounds, recorded[output]));
    }
  }
  return At(bounds, graph.outputs);
}

}  // namespace

absl::StatusOr<std::vector<double>> FloatDifferenceBound(
    const Model& model, absl::Span<const double> input_magnitude,
    absl::Span<const double> output_magnitude) {
  std::vector<Bound> inputs;
  for (double magnitude : input_magnitude) inputs.push_back({magnitude, 0});
  OCTET_ASSIGN_OR_RETURN(const auto bounds,
                         GraphBounds(model, model.main(), inputs, output_magnitude));
  std::vector<double> errors;
  for (const Bound& bound : bounds) errors.push_back(bound.error);
  return errors;
}

}  // namespace octet::testing
