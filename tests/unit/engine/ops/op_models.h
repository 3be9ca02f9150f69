// Files of one operator, for tests of operators.
#ifndef OCTET_TESTS_UNIT_ENGINE_OPS_OP_MODELS_H_
#define OCTET_TESTS_UNIT_ENGINE_OPS_OP_MODELS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet::testing {

using Dims = std::vector<int32_t>;

// int8 CONV_2D or DEPTHWISE_CONV_2D (by the options' type), int32 bias.
struct ConvModel {
  Dims input;
  Quant input_quant{1.0f, 0};
  Dims weights;
  std::vector<int8_t> weight_codes;
  Quant weight_quant{1.0f, 0};
  std::vector<int32_t> bias;  // empty: none
  Dims output;
  Quant output_quant{1.0f, 0};
  OpOptions options = Conv2DOptions{};
  std::string Build() const;
};

// The same with float input and output: float weights, or int8 ones (hybrid).
struct FloatConvModel {
  Dims input;
  Dims weights;
  std::vector<float> weight_values;  // float weights, or
  std::vector<int8_t> weight_codes;  // codes
  Quant weight_quant;
  std::vector<float> bias;
  Dims output;
  OpOptions options = Conv2DOptions{};
  std::string Build() const;
};

// int8 FULLY_CONNECTED.
struct FullyConnectedModel {
  Dims input;
  Quant input_quant{1.0f, 0};
  Dims weights;
  std::vector<int8_t> weight_codes;
  Quant weight_quant{1.0f, 0};
  std::vector<int32_t> bias;
  Dims output;
  Quant output_quant{1.0f, 0};
  FullyConnectedOptions options;
  std::string Build() const;
};

// FULLY_CONNECTED with float input: float weights or int8 ones (hybrid).
struct FloatFullyConnectedModel {
  Dims input;
  Dims weights;
  std::vector<float> weight_values;
  std::vector<int8_t> weight_codes;
  Quant weight_quant;
  std::vector<float> bias;
  Dims output;
  FullyConnectedOptions options;
  std::string Build() const;
};

// One operator from one input of `type` to one output of `out_type`.
struct UnaryModel {
  BuiltinOp op;
  int version = 1;
  Dims input;
  Quant input_quant;
  Dims output;
  Quant output_quant;
  OpOptions options;
  DataType type = DataType::kInt8;
  DataType out_type = DataType::kInt8;
  std::vector<int32_t> parameter;  // a constant INT32 second input, where not empty or where wanted
  Dims parameter_shape;            // by default a vector
  bool has_parameter = false;
  std::string Build() const;
};

// ADD or CONCATENATION of two inputs.
struct BinaryModel {
  BuiltinOp op;
  Dims a;
  Quant quant_a;
  Dims b;
  Quant quant_b;
  Dims output;
  Quant output_quant;
  OpOptions options;
  DataType type = DataType::kInt8;
  std::string Build() const;
};

// Codes that look random and use the whole range, the same ones each time.
std::vector<int8_t> MixedCodes(int64_t count, uint32_t seed);
// Real numbers in [-1, 1).
std::vector<float> MixedValues(int64_t count, uint32_t seed);

int64_t Count(const Dims& dims);

}  // namespace octet::testing

#endif  // OCTET_TESTS_UNIT_ENGINE_OPS_OP_MODELS_H_
