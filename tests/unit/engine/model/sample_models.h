// Small valid models that the tests of the reader start from.
#ifndef OCTET_TESTS_UNIT_ENGINE_MODEL_SAMPLE_MODELS_H_
#define OCTET_TESTS_UNIT_ENGINE_MODEL_SAMPLE_MODELS_H_

#include <cstdint>
#include <vector>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"

namespace octet::testing {

// x [1,4] INT8 -> FULLY_CONNECTED (2 units, per-axis weights, bias) -> SOFTMAX -> y. Tensors: x 0,
// w 1, b 2, logits 3, y 4. Buffers: w 1, b 2.
inline ModelBuilder SmallClassifier() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 4}, Quant(0.1f, 3));
  const int w = b.Constant<int8_t>("w", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}, Quant({0.1f, 0.2f}, 0));
  const int bias = b.Constant<int32_t>("b", {2}, {100, -100}, Quant({0.01f, 0.02f}, 0));
  const int logits = b.Tensor("logits", DataType::kInt8, {1, 2}, Quant(0.5f, -1));
  const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(1.0f / 256, -128));
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, bias}, {logits},
       FullyConnectedOptions{.activation = Activation::kRelu, .keep_num_dims = true});
  b.Op(BuiltinOp::kSoftmax, 2, {logits}, {y}, SoftmaxOptions{.beta = 2.0f});
  b.Output(y);
  b.Signature("serving_default", {{"image", x}}, {{"classes", y}});
  return b;
}

}  // namespace octet::testing

#endif  // OCTET_TESTS_UNIT_ENGINE_MODEL_SAMPLE_MODELS_H_
