// Operator options as plain structs, so that no operator needs to know FlatBuffers.
#ifndef OCTET_ENGINE_MODEL_OP_OPTIONS_H_
#define OCTET_ENGINE_MODEL_OP_OPTIONS_H_

#include <cstdint>
#include <variant>
#include <vector>

namespace octet {

enum class Padding : uint8_t { kSame, kValid };
enum class Activation : uint8_t { kNone, kRelu, kReluN1To1, kRelu6, kTanh, kSignBit };

// Strides and dilations are as the file has them; Prepare of the operator checks them.
struct Conv2DOptions {
  Padding padding = Padding::kSame;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t dilation_h = 1;
  int32_t dilation_w = 1;
  Activation activation = Activation::kNone;
};

struct DepthwiseConv2DOptions {
  Padding padding = Padding::kSame;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t dilation_h = 1;
  int32_t dilation_w = 1;
  int32_t depth_multiplier = 1;
  Activation activation = Activation::kNone;
};

struct FullyConnectedOptions {
  Activation activation = Activation::kNone;
  bool shuffled_weights = false;  // an obsolete layout; refused
  bool keep_num_dims = false;
  bool asymmetric_quantize_inputs = false;
};

struct Pool2DOptions {
  Padding padding = Padding::kSame;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t filter_h = 1;
  int32_t filter_w = 1;
  Activation activation = Activation::kNone;
};

struct AddOptions {
  Activation activation = Activation::kNone;
  bool pot_scale_int16 = true;
};

struct ReducerOptions {
  bool keep_dims = false;
};

struct ReshapeOptions {
  std::vector<int32_t> new_shape;
};

struct SoftmaxOptions {
  float beta = 1.0f;
};

struct ConcatenationOptions {
  int32_t axis = 0;
  Activation activation = Activation::kNone;
};

// monostate: the operator has no options, or none that Octet reads.
using OpOptions = std::variant<std::monostate, Conv2DOptions, DepthwiseConv2DOptions,
                               FullyConnectedOptions, Pool2DOptions, AddOptions, ReducerOptions,
                               ReshapeOptions, SoftmaxOptions, ConcatenationOptions>;

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_OP_OPTIONS_H_
