#include "tests/unit/engine/ops/op_models.h"

#include <random>
#include <variant>

namespace octet::testing {
namespace {

BuiltinOp ConvKind(const OpOptions& options) {
  return std::holds_alternative<DepthwiseConv2DOptions>(options) ? BuiltinOp::kDepthwiseConv2d
                                                                 : BuiltinOp::kConv2d;
}

int FloatWeights(ModelBuilder& b, const Dims& shape, const std::vector<float>& values,
                 const std::vector<int8_t>& codes, const Quant& quant) {
  return codes.empty() ? b.Constant<float>("weights", shape, values)
                       : b.Constant<int8_t>("weights", shape, codes, quant);
}

template <typename T>
int Bias(ModelBuilder& b, const std::vector<T>& bias) {
  if (bias.empty()) return kAbsentTensor;
  return b.Constant<T>("bias", {static_cast<int32_t>(bias.size())}, bias);
}

}  // namespace

std::string ConvModel::Build() const {
  ModelBuilder b;
  const int x = b.Input("input", DataType::kInt8, input, input_quant);
  const int w = b.Constant<int8_t>("weights", weights, weight_codes, weight_quant);
  const int bias_tensor = Bias(b, bias);
  const int y = b.Tensor("output", DataType::kInt8, output, output_quant);
  b.Op(ConvKind(options), 3, {x, w, bias_tensor}, {y}, options);
  b.Output(y);
  return b.Build();
}

std::string FloatConvModel::Build() const {
  ModelBuilder b;
  const int x = b.Input("input", DataType::kFloat32, input);
  const int w = FloatWeights(b, weights, weight_values, weight_codes, weight_quant);
  const int bias_tensor = Bias(b, bias);
  const int y = b.Tensor("output", DataType::kFloat32, output);
  b.Op(ConvKind(options), 3, {x, w, bias_tensor}, {y}, options);
  b.Output(y);
  return b.Build();
}

std::string FullyConnectedModel::Build() const {
  ModelBuilder b;
  const int x = b.Input("input", DataType::kInt8, input, input_quant);
  const int w = b.Constant<int8_t>("weights", weights, weight_codes, weight_quant);
  const int bias_tensor = Bias(b, bias);
  const int y = b.Tensor("output", DataType::kInt8, output, output_quant);
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, bias_tensor}, {y}, options);
  b.Output(y);
  return b.Build();
}

std::string FloatFullyConnectedModel::Build() const {
  ModelBuilder b;
  const int x = b.Input("input", DataType::kFloat32, input);
  const int w = FloatWeights(b, weights, weight_values, weight_codes, weight_quant);
  const int bias_tensor = Bias(b, bias);
  const int y = b.Tensor("output", DataType::kFloat32, output);
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, bias_tensor}, {y}, options);
  b.Output(y);
  return b.Build();
}

std::string UnaryModel::Build() const {
  ModelBuilder b;
  std::vector<int32_t> inputs = {b.Input("input", type, input, input_quant)};
  if (has_parameter || !parameter.empty()) {
    const Dims shape =
        parameter_shape.empty() ? Dims{static_cast<int32_t>(parameter.size())} : parameter_shape;
    inputs.push_back(b.Constant<int32_t>("parameter", shape, parameter));
  }
  const int y = b.Tensor("output", out_type, output, output_quant);
  b.Op(op, version, inputs, {y}, options);
  b.Output(y);
  return b.Build();
}

std::string BinaryModel::Build() const {
  ModelBuilder builder;
  const int x = builder.Input("left", type, a, quant_a);
  const int z = builder.Input("right", type, b, quant_b);
  const int y = builder.Tensor("output", type, output, output_quant);
  builder.Op(op, 1, {x, z}, {y}, options);
  builder.Output(y);
  return builder.Build();
}

std::vector<int8_t> MixedCodes(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int8_t> codes(count);
  for (int8_t& code : codes) code = static_cast<int8_t>(static_cast<int32_t>(random() >> 24) - 128);
  return codes;
}

std::vector<float> MixedValues(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(static_cast<int32_t>(random() >> 8) - (1 << 23)) / (1 << 23);
  }
  return values;
}

int64_t Count(const Dims& dims) {
  int64_t count = 1;
  for (int32_t d : dims) count *= d;
  return count;
}

}  // namespace octet::testing
