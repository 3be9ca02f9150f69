// Operator options as plain structs, so that no operator needs to know FlatBuffers.
#ifndef OCTET_ENGINE_MODEL_OP_OPTIONS_H_
#define OCTET_ENGINE_MODEL_OP_OPTIONS_H_

#include <cstdint>
#include <string>
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
  bool int32_bias = false;  // sums of int16 activations have 32 bits, even without a bias
};

struct Pool2DOptions {
  Padding padding = Padding::kSame;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t filter_h = 1;
  int32_t filter_w = 1;
  Activation activation = Activation::kNone;
};

// ADD and SUB.
struct AddOptions {
  Activation activation = Activation::kNone;
  bool pot_scale_int16 = true;
};

// MUL, DIV and L2_NORMALIZATION.
struct ActivationOptions {
  Activation activation = Activation::kNone;
};

// MEAN, SUM and the other reductions.
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

struct LeakyReluOptions {
  float alpha = 0;
};

struct GeluOptions {
  bool approximate = false;
};

struct LocalResponseNormalizationOptions {
  int32_t radius = 0;
  float bias = 0;
  float alpha = 0;
  float beta = 0;
};

struct TransposeConvOptions {
  Padding padding = Padding::kSame;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  Activation activation = Activation::kNone;
  bool int32_bias = false;  // sums of int16 activations have 32 bits, even without a bias
};

struct Conv3DOptions {
  Padding padding = Padding::kSame;
  int32_t stride_d = 1;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t dilation_d = 1;
  int32_t dilation_h = 1;
  int32_t dilation_w = 1;
  Activation activation = Activation::kNone;
};

struct BatchMatMulOptions {
  bool adj_x = false;
  bool adj_y = false;
  bool asymmetric_quantize_inputs = false;
};

struct MirrorPadOptions {
  bool symmetric = false;  // else REFLECT: the edge is not repeated
};

// PACK, UNPACK and ONE_HOT.
struct AxisOptions {
  int32_t axis = 0;
};

struct SqueezeOptions {
  std::vector<int32_t> dims;  // empty: all dimensions of size 1
};

struct StridedSliceOptions {
  int32_t begin_mask = 0;
  int32_t end_mask = 0;
  int32_t ellipsis_mask = 0;
  int32_t new_axis_mask = 0;
  int32_t shrink_axis_mask = 0;
  bool offset = false;  // `end` counts from `begin`
};

struct GatherOptions {
  int32_t axis = 0;
  int32_t batch_dims = 0;
};

// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
struct ResizeOptions {
  bool align_corners = false;
  bool half_pixel_centers = false;
};

// SPACE_TO_DEPTH and DEPTH_TO_SPACE.
struct BlockOptions {
  int32_t block_size = 0;
};

struct CumsumOptions {
  bool exclusive = false;
  bool reverse = false;
};

// UNIDIRECTIONAL_SEQUENCE_LSTM and BIDIRECTIONAL_SEQUENCE_LSTM.
struct SequenceLstmOptions {
  Activation activation = Activation::kNone;
  float cell_clip = 0;  // 0: none
  float proj_clip = 0;
  bool time_major = false;
  bool merge_outputs = false;  // bidirectional alone
  bool asymmetric_quantize_inputs = false;
};

struct SequenceRnnOptions {
  Activation activation = Activation::kNone;
  bool time_major = false;
  bool asymmetric_quantize_inputs = false;
};

struct SvdfOptions {
  int32_t rank = 0;
  Activation activation = Activation::kNone;
  bool asymmetric_quantize_inputs = false;
};

struct VarHandleOptions {
  std::string container;
  std::string shared_name;
};

struct CallOnceOptions {
  int32_t init_subgraph = 0;
};

struct IfOptions {
  int32_t then_subgraph = 0;
  int32_t else_subgraph = 0;
};

struct WhileOptions {
  int32_t cond_subgraph = 0;
  int32_t body_subgraph = 0;
};

// The bytes that a custom operator keeps for itself.
struct CustomOptions {
  std::vector<uint8_t> bytes;
};

// monostate: the operator has no options, or none that Octet reads.
using OpOptions =
    std::variant<std::monostate, Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions,
                 Pool2DOptions, AddOptions, ActivationOptions, ReducerOptions, ReshapeOptions,
                 SoftmaxOptions, ConcatenationOptions, LeakyReluOptions, GeluOptions,
                 LocalResponseNormalizationOptions, TransposeConvOptions, Conv3DOptions,
                 BatchMatMulOptions, MirrorPadOptions, AxisOptions, SqueezeOptions,
                 StridedSliceOptions, GatherOptions, ResizeOptions, BlockOptions, CumsumOptions,
                 SequenceLstmOptions, SequenceRnnOptions, SvdfOptions, VarHandleOptions,
                 CallOnceOptions, IfOptions, WhileOptions, CustomOptions>;

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_OP_OPTIONS_H_
