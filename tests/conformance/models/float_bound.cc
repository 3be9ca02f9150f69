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

absl::StatusOr<Bound> Step(const SubgraphDef& graph, const OperatorDef& op,
                           absl::Span<const Bound> bounds) {
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
    case BuiltinOp::kAdd: {
      const Bound other = bounds[op.inputs[1]];
      const double magnitude = in.magnitude + other.magnitude;
      return Bound{magnitude, in.error + other.error + 2 * kUnit * magnitude};
    }
    case BuiltinOp::kAveragePool2d:
    case BuiltinOp::kMean:
      return Bound{in.magnitude, in.error + 2 * Gamma(shape.num_elements()) * in.magnitude};
    case BuiltinOp::kSoftmax: {
      // Each exponential within 4 units; a change of all inputs by e moves a share p by at most
      // 2 p e; the sum and the division add their own roundings.
      const double depth = shape.dim(shape.rank() - 1);
      return Bound{1.0, 2 * in.error + 2 * Gamma(depth + 8) + 2 * 2 * kUnit * in.magnitude};
    }
    case BuiltinOp::kMaxPool2d:
    case BuiltinOp::kPad:
    case BuiltinOp::kReshape:
    case BuiltinOp::kTranspose:
      return in;
    case BuiltinOp::kDequantize:
      return Bound{};  // a constant: see ConstantValues
    default:
      return absl::UnimplementedError(absl::StrCat("no rule for ", BuiltinOpName(op.op)));
  }
}

}  // namespace

absl::StatusOr<std::vector<double>> FloatDifferenceBound(const Model& model,
                                                         absl::Span<const double> input_magnitude) {
  const SubgraphDef& graph = model.main();
  std::vector<Bound> bounds(graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    bounds[graph.inputs[i]].magnitude = input_magnitude[i];
  }
  for (const OperatorDef& op : graph.operators) {
    OCTET_ASSIGN_OR_RETURN(bounds[op.outputs[0]], Step(graph, op, bounds));
  }
  std::vector<double> errors;
  for (int32_t t : graph.outputs) errors.push_back(bounds[t].error);
  return errors;
}

}  // namespace octet::testing
