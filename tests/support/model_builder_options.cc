#include "tests/support/model_builder_options.h"

#include <utility>
#include <variant>

namespace octet::testing {
namespace {

tflite::Padding ToFile(Padding padding) {
  return padding == Padding::kSame ? tflite::Padding::SAME : tflite::Padding::VALID;
}

// Both enumerations have the format's order.
tflite::ActivationFunctionType ToFile(Activation activation) {
  return static_cast<tflite::ActivationFunctionType>(activation);
}

void Fill(const Conv2DOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::Conv2DOptionsT t;
  t.padding = ToFile(from.padding);
  t.stride_h = from.stride_h;
  t.stride_w = from.stride_w;
  t.dilation_h_factor = from.dilation_h;
  t.dilation_w_factor = from.dilation_w;
  t.fused_activation_function = ToFile(from.activation);
  to.builtin_options.Set(std::move(t));
}

void Fill(const DepthwiseConv2DOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::DepthwiseConv2DOptionsT t;
  t.padding = ToFile(from.padding);
  t.stride_h = from.stride_h;
  t.stride_w = from.stride_w;
  t.dilation_h_factor = from.dilation_h;
  t.dilation_w_factor = from.dilation_w;
  t.depth_multiplier = from.depth_multiplier;
  t.fused_activation_function = ToFile(from.activation);
  to.builtin_options.Set(std::move(t));
}

void Fill(const FullyConnectedOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::FullyConnectedOptionsT t;
  t.fused_activation_function = ToFile(from.activation);
  t.weights_format = from.shuffled_weights
                         ? tflite::FullyConnectedOptionsWeightsFormat::SHUFFLED4x16INT8
                         : tflite::FullyConnectedOptionsWeightsFormat::DEFAULT;
  t.keep_num_dims = from.keep_num_dims;
  t.asymmetric_quantize_inputs = from.asymmetric_quantize_inputs;
  if (from.int32_bias) t.quantized_bias_type = tflite::TensorType::INT32;
  to.builtin_options.Set(std::move(t));
}

void Fill(const Pool2DOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::Pool2DOptionsT t;
  t.padding = ToFile(from.padding);
  t.stride_h = from.stride_h;
  t.stride_w = from.stride_w;
  t.filter_height = from.filter_h;
  t.filter_width = from.filter_w;
  t.fused_activation_function = ToFile(from.activation);
  to.builtin_options.Set(std::move(t));
}

template <typename Table>
void FillAdd(const AddOptions& from, tflite::OperatorT& to) {
  Table t;
  t.fused_activation_function = ToFile(from.activation);
  t.pot_scale_int16 = from.pot_scale_int16;
  to.builtin_options.Set(std::move(t));
}

void Fill(const AddOptions& from, BuiltinOp op, tflite::OperatorT& to) {
  if (op == BuiltinOp::kSub) {
    FillAdd<tflite::SubOptionsT>(from, to);
  } else {
    FillAdd<tflite::AddOptionsT>(from, to);
  }
}

void Fill(const ReducerOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::ReducerOptionsT t;
  t.keep_dims = from.keep_dims;
  to.builtin_options.Set(std::move(t));
}

void Fill(const ReshapeOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::ReshapeOptionsT t;
  t.new_shape = from.new_shape;
  to.builtin_options.Set(std::move(t));
}

void Fill(const SoftmaxOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::SoftmaxOptionsT t;
  t.beta = from.beta;
  to.builtin_options.Set(std::move(t));
}

void Fill(const ConcatenationOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::ConcatenationOptionsT t;
  t.axis = from.axis;
  t.fused_activation_function = ToFile(from.activation);
  to.builtin_options.Set(std::move(t));
}

template <typename Table>
void FillActivation(const ActivationOptions& from, tflite::OperatorT& to) {
  Table t;
  t.fused_activation_function = ToFile(from.activation);
  to.builtin_options.Set(std::move(t));
}

void Fill(const ActivationOptions& from, BuiltinOp op, tflite::OperatorT& to) {
  if (op == BuiltinOp::kMul) return FillActivation<tflite::MulOptionsT>(from, to);
  if (op == BuiltinOp::kDiv) return FillActivation<tflite::DivOptionsT>(from, to);
  FillActivation<tflite::L2NormOptionsT>(from, to);
}

void Fill(const LeakyReluOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::LeakyReluOptionsT t;
  t.alpha = from.alpha;
  to.builtin_options.Set(std::move(t));
}

void Fill(const GeluOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::GeluOptionsT t;
  t.approximate = from.approximate;
  to.builtin_options.Set(std::move(t));
}

void Fill(const LocalResponseNormalizationOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::LocalResponseNormalizationOptionsT t;
  t.radius = from.radius;
  t.bias = from.bias;
  t.alpha = from.alpha;
  t.beta = from.beta;
  to.builtin_options.Set(std::move(t));
}

void Fill(const TransposeConvOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::TransposeConvOptionsT t;
  t.padding = ToFile(from.padding);
  t.stride_h = from.stride_h;
  t.stride_w = from.stride_w;
  t.fused_activation_function = ToFile(from.activation);
  to.builtin_options.Set(std::move(t));
}

void Fill(const Conv3DOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::Conv3DOptionsT t;
  t.padding = ToFile(from.padding);
  t.stride_d = from.stride_d;
  t.stride_h = from.stride_h;
  t.stride_w = from.stride_w;
  t.dilation_d_factor = from.dilation_d;
  t.dilation_h_factor = from.dilation_h;
  t.dilation_w_factor = from.dilation_w;
  t.fused_activation_function = ToFile(from.activation);
  to.builtin_options.Set(std::move(t));
}

void Fill(const BatchMatMulOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::BatchMatMulOptionsT t;
  t.adj_x = from.adj_x;
  t.adj_y = from.adj_y;
  t.asymmetric_quantize_inputs = from.asymmetric_quantize_inputs;
  to.builtin_options.Set(std::move(t));
}

void Fill(const MirrorPadOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::MirrorPadOptionsT t;
  t.mode = from.symmetric ? tflite::MirrorPadMode::SYMMETRIC : tflite::MirrorPadMode::REFLECT;
  to.builtin_options.Set(std::move(t));
}

template <typename Table>
void FillAxis(const AxisOptions& from, Table t, tflite::OperatorT& to) {
  t.axis = from.axis;
  to.builtin_options.Set(std::move(t));
}

void Fill(const AxisOptions& from, BuiltinOp op, tflite::OperatorT& to) {
  if (op == BuiltinOp::kPack) {
    tflite::PackOptionsT t;
    t.values_count = static_cast<int32_t>(to.inputs.size());
    return FillAxis(from, t, to);
  }
  if (op == BuiltinOp::kUnpack) {
    tflite::UnpackOptionsT t;
    t.num = static_cast<int32_t>(to.outputs.size());
    return FillAxis(from, t, to);
  }
  FillAxis(from, tflite::OneHotOptionsT(), to);
}

void Fill(const SqueezeOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::SqueezeOptionsT t;
  t.squeeze_dims = from.dims;
  to.builtin_options.Set(std::move(t));
}

void Fill(const StridedSliceOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::StridedSliceOptionsT t;
  t.begin_mask = from.begin_mask;
  t.end_mask = from.end_mask;
  t.ellipsis_mask = from.ellipsis_mask;
  t.new_axis_mask = from.new_axis_mask;
  t.shrink_axis_mask = from.shrink_axis_mask;
  t.offset = from.offset;
  to.builtin_options.Set(std::move(t));
}

void Fill(const GatherOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::GatherOptionsT t;
  t.axis = from.axis;
  t.batch_dims = from.batch_dims;
  to.builtin_options.Set(std::move(t));
}

template <typename Table>
void FillResize(const ResizeOptions& from, tflite::OperatorT& to) {
  Table t;
  t.align_corners = from.align_corners;
  t.half_pixel_centers = from.half_pixel_centers;
  to.builtin_options.Set(std::move(t));
}

void Fill(const ResizeOptions& from, BuiltinOp op, tflite::OperatorT& to) {
  if (op == BuiltinOp::kResizeBilinear) {
    FillResize<tflite::ResizeBilinearOptionsT>(from, to);
  } else {
    FillResize<tflite::ResizeNearestNeighborOptionsT>(from, to);
  }
}

template <typename Table>
void FillBlock(const BlockOptions& from, tflite::OperatorT& to) {
  Table t;
  t.block_size = from.block_size;
  to.builtin_options.Set(std::move(t));
}

void Fill(const BlockOptions& from, BuiltinOp op, tflite::OperatorT& to) {
  if (op == BuiltinOp::kSpaceToDepth) {
    FillBlock<tflite::SpaceToDepthOptionsT>(from, to);
  } else {
    FillBlock<tflite::DepthToSpaceOptionsT>(from, to);
  }
}

void Fill(const CumsumOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::CumsumOptionsT t;
  t.exclusive = from.exclusive;
  t.reverse = from.reverse;
  to.builtin_options.Set(std::move(t));
}

template <typename Table>
void FillLstm(const SequenceLstmOptions& from, Table t, tflite::OperatorT& to) {
  t.fused_activation_function = ToFile(from.activation);
  t.cell_clip = from.cell_clip;
  t.proj_clip = from.proj_clip;
  t.time_major = from.time_major;
  t.asymmetric_quantize_inputs = from.asymmetric_quantize_inputs;
  to.builtin_options.Set(std::move(t));
}

void Fill(const SequenceLstmOptions& from, BuiltinOp op, tflite::OperatorT& to) {
  if (op == BuiltinOp::kBidirectionalSequenceLstm) {
    tflite::BidirectionalSequenceLSTMOptionsT t;
    t.merge_outputs = from.merge_outputs;
    return FillLstm(from, t, to);
  }
  FillLstm(from, tflite::UnidirectionalSequenceLSTMOptionsT(), to);
}

void Fill(const SequenceRnnOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::SequenceRNNOptionsT t;
  t.fused_activation_function = ToFile(from.activation);
  t.time_major = from.time_major;
  t.asymmetric_quantize_inputs = from.asymmetric_quantize_inputs;
  to.builtin_options.Set(std::move(t));
}

void Fill(const SvdfOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::SVDFOptionsT t;
  t.fused_activation_function = ToFile(from.activation);
  t.rank = from.rank;
  t.asymmetric_quantize_inputs = from.asymmetric_quantize_inputs;
  to.builtin_options.Set(std::move(t));
}

void Fill(const VarHandleOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::VarHandleOptionsT t;
  t.container = from.container;
  t.shared_name = from.shared_name;
  to.builtin_options.Set(std::move(t));
}

void Fill(const CallOnceOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::CallOnceOptionsT t;
  t.init_subgraph_index = from.init_subgraph;
  to.builtin_options.Set(std::move(t));
}

void Fill(const IfOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::IfOptionsT t;
  t.then_subgraph_index = from.then_subgraph;
  t.else_subgraph_index = from.else_subgraph;
  to.builtin_options.Set(std::move(t));
}

void Fill(const WhileOptions& from, BuiltinOp, tflite::OperatorT& to) {
  tflite::WhileOptionsT t;
  t.cond_subgraph_index = from.cond_subgraph;
  t.body_subgraph_index = from.body_subgraph;
  to.builtin_options.Set(std::move(t));
}

void Fill(const CustomOptions& from, BuiltinOp, tflite::OperatorT& to) {
  to.custom_options = from.bytes;
}

void Fill(std::monostate, BuiltinOp, tflite::OperatorT&) {}

}  // namespace

void WriteOptions(BuiltinOp op, const OpOptions& options, tflite::OperatorT& to) {
  std::visit([&](const auto& alternative) { Fill(alternative, op, to); }, options);
}

}  // namespace octet::testing
