#include "engine/model/options_reader.h"

#include <variant>

#include "engine/base/status_macros.h"
#include "engine/model/options_table.h"

namespace octet {

absl::StatusOr<Padding> ReadPadding(tflite::Padding padding, const std::string& label) {
  switch (padding) {
    case tflite::Padding::SAME:
      return Padding::kSame;
    case tflite::Padding::VALID:
      return Padding::kValid;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(label, ": padding ", static_cast<int>(padding), " is not in the format"));
}

absl::StatusOr<Activation> ReadActivation(tflite::ActivationFunctionType activation,
                                          const std::string& label) {
  switch (activation) {
    case tflite::ActivationFunctionType::NONE:
      return Activation::kNone;
    case tflite::ActivationFunctionType::RELU:
      return Activation::kRelu;
    case tflite::ActivationFunctionType::RELU_N1_TO_1:
      return Activation::kReluN1To1;
    case tflite::ActivationFunctionType::RELU6:
      return Activation::kRelu6;
    case tflite::ActivationFunctionType::TANH:
      return Activation::kTanh;
    case tflite::ActivationFunctionType::SIGN_BIT:
      return Activation::kSignBit;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      label, ": fused activation ", static_cast<int>(activation), " is not in the format"));
}

namespace {

absl::StatusOr<OpOptions> ReadConv2D(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::Conv2DOptions>(source, Presence::kRequired, label));
  Conv2DOptions options;
  OCTET_ASSIGN_OR_RETURN(options.padding, ReadPadding(t->padding(), label));
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.stride_h = t->stride_h();
  options.stride_w = t->stride_w();
  options.dilation_h = t->dilation_h_factor();
  options.dilation_w = t->dilation_w_factor();
  return options;
}

absl::StatusOr<OpOptions> ReadDepthwiseConv2D(const tflite::Operator& source,
                                              const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::DepthwiseConv2DOptions>(source, Presence::kRequired, label));
  DepthwiseConv2DOptions options;
  OCTET_ASSIGN_OR_RETURN(options.padding, ReadPadding(t->padding(), label));
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.stride_h = t->stride_h();
  options.stride_w = t->stride_w();
  options.dilation_h = t->dilation_h_factor();
  options.dilation_w = t->dilation_w_factor();
  options.depth_multiplier = t->depth_multiplier();
  return options;
}

absl::StatusOr<OpOptions> ReadFullyConnected(const tflite::Operator& source,
                                             const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::FullyConnectedOptions>(source, Presence::kOptional, label));
  FullyConnectedOptions options;
  if (t == nullptr) return options;
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.shuffled_weights =
      t->weights_format() != tflite::FullyConnectedOptionsWeightsFormat::DEFAULT;
  options.keep_num_dims = t->keep_num_dims();
  options.asymmetric_quantize_inputs = t->asymmetric_quantize_inputs();
  options.int32_bias = t->quantized_bias_type() == tflite::TensorType::INT32;
  return options;
}

absl::StatusOr<OpOptions> ReadPool2D(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::Pool2DOptions>(source, Presence::kRequired, label));
  Pool2DOptions options;
  OCTET_ASSIGN_OR_RETURN(options.padding, ReadPadding(t->padding(), label));
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.stride_h = t->stride_h();
  options.stride_w = t->stride_w();
  options.filter_h = t->filter_height();
  options.filter_w = t->filter_width();
  return options;
}

absl::StatusOr<OpOptions> ReadAdd(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::AddOptions>(source, Presence::kOptional, label));
  AddOptions options;
  if (t == nullptr) return options;
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.pot_scale_int16 = t->pot_scale_int16();
  return options;
}

absl::StatusOr<OpOptions> ReadReducer(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::ReducerOptions>(source, Presence::kOptional, label));
  return ReducerOptions{.keep_dims = t != nullptr && t->keep_dims()};
}

absl::StatusOr<OpOptions> ReadReshape(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::ReshapeOptions>(source, Presence::kOptional, label));
  ReshapeOptions options;
  if (t != nullptr && t->new_shape() != nullptr) {
    options.new_shape.assign(t->new_shape()->begin(), t->new_shape()->end());
  }
  return options;
}

absl::StatusOr<OpOptions> ReadSoftmax(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::SoftmaxOptions>(source, Presence::kRequired, label));
  return SoftmaxOptions{.beta = t->beta()};
}

absl::StatusOr<OpOptions> ReadConcatenation(const tflite::Operator& source,
                                            const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::ConcatenationOptions>(source, Presence::kOptional, label));
  ConcatenationOptions options;
  if (t == nullptr) return options;
  options.axis = t->axis();
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  return options;
}

absl::StatusOr<OpOptions> ReadSub(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::SubOptions>(source, Presence::kOptional, label));
  AddOptions options;
  if (t == nullptr) return options;
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.pot_scale_int16 = t->pot_scale_int16();
  return options;
}

// Tables whose one field is a fused activation.
template <typename T>
absl::StatusOr<OpOptions> ReadFused(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t, Table<T>(source, Presence::kOptional, label));
  ActivationOptions options;
  if (t == nullptr) return options;
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  return options;
}

absl::StatusOr<OpOptions> ReadLeakyRelu(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::LeakyReluOptions>(source, Presence::kOptional, label));
  return LeakyReluOptions{.alpha = t == nullptr ? 0.0f : t->alpha()};
}

absl::StatusOr<OpOptions> ReadGelu(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::GeluOptions>(source, Presence::kOptional, label));
  return GeluOptions{.approximate = t != nullptr && t->approximate()};
}

absl::StatusOr<OpOptions> ReadLocalResponseNormalization(const tflite::Operator& source,
                                                         const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t, Table<tflite::LocalResponseNormalizationOptions>(
                                            source, Presence::kRequired, label));
  return LocalResponseNormalizationOptions{
      .radius = t->radius(), .bias = t->bias(), .alpha = t->alpha(), .beta = t->beta()};
}

absl::StatusOr<OpOptions> ReadTransposeConv(const tflite::Operator& source,
                                            const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::TransposeConvOptions>(source, Presence::kRequired, label));
  TransposeConvOptions options;
  OCTET_ASSIGN_OR_RETURN(options.padding, ReadPadding(t->padding(), label));
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.stride_h = t->stride_h();
  options.stride_w = t->stride_w();
  options.int32_bias = t->quantized_bias_type() == tflite::TensorType::INT32;
  return options;
}

absl::StatusOr<OpOptions> ReadConv3D(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::Conv3DOptions>(source, Presence::kRequired, label));
  Conv3DOptions options;
  OCTET_ASSIGN_OR_RETURN(options.padding, ReadPadding(t->padding(), label));
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.stride_d = t->stride_d();
  options.stride_h = t->stride_h();
  options.stride_w = t->stride_w();
  options.dilation_d = t->dilation_d_factor();
  options.dilation_h = t->dilation_h_factor();
  options.dilation_w = t->dilation_w_factor();
  return options;
}

absl::StatusOr<OpOptions> ReadBatchMatMul(const tflite::Operator& source,
                                          const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::BatchMatMulOptions>(source, Presence::kOptional, label));
  if (t == nullptr) return BatchMatMulOptions();
  return BatchMatMulOptions{.adj_x = t->adj_x(),
                            .adj_y = t->adj_y(),
                            .asymmetric_quantize_inputs = t->asymmetric_quantize_inputs()};
}

template <typename T>
absl::StatusOr<OpOptions> ReadResize(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t, Table<T>(source, Presence::kOptional, label));
  if (t == nullptr) return ResizeOptions();
  return ResizeOptions{.align_corners = t->align_corners(),
                       .half_pixel_centers = t->half_pixel_centers()};
}

}  // namespace

absl::StatusOr<OpOptions> ReadOptions(BuiltinOp op, const tflite::Operator& source,
                                      const std::string& label) {
  switch (op) {
    case BuiltinOp::kConv2d:
      return ReadConv2D(source, label);
    case BuiltinOp::kDepthwiseConv2d:
      return ReadDepthwiseConv2D(source, label);
    case BuiltinOp::kFullyConnected:
      return ReadFullyConnected(source, label);
    case BuiltinOp::kAveragePool2d:
    case BuiltinOp::kMaxPool2d:
    case BuiltinOp::kL2Pool2d:
      return ReadPool2D(source, label);
    case BuiltinOp::kAdd:
      return ReadAdd(source, label);
    case BuiltinOp::kSub:
      return ReadSub(source, label);
    case BuiltinOp::kMul:
      return ReadFused<tflite::MulOptions>(source, label);
    case BuiltinOp::kDiv:
      return ReadFused<tflite::DivOptions>(source, label);
    case BuiltinOp::kL2Normalization:
      return ReadFused<tflite::L2NormOptions>(source, label);
    case BuiltinOp::kLeakyRelu:
      return ReadLeakyRelu(source, label);
    case BuiltinOp::kGelu:
      return ReadGelu(source, label);
    case BuiltinOp::kLocalResponseNormalization:
      return ReadLocalResponseNormalization(source, label);
    case BuiltinOp::kTransposeConv:
      return ReadTransposeConv(source, label);
    case BuiltinOp::kConv3d:
      return ReadConv3D(source, label);
    case BuiltinOp::kBatchMatmul:
      return ReadBatchMatMul(source, label);
    case BuiltinOp::kResizeBilinear:
      return ReadResize<tflite::ResizeBilinearOptions>(source, label);
    case BuiltinOp::kResizeNearestNeighbor:
      return ReadResize<tflite::ResizeNearestNeighborOptions>(source, label);
    case BuiltinOp::kMean:
    case BuiltinOp::kSum:
    case BuiltinOp::kReduceMax:
    case BuiltinOp::kReduceMin:
    case BuiltinOp::kReduceProd:
    case BuiltinOp::kReduceAny:
    case BuiltinOp::kReduceAll:
      return ReadReducer(source, label);
    case BuiltinOp::kReshape:
      return ReadReshape(source, label);
    case BuiltinOp::kSoftmax:
      return ReadSoftmax(source, label);
    case BuiltinOp::kConcatenation:
      return ReadConcatenation(source, label);
    default:
      break;
  }
  OCTET_ASSIGN_OR_RETURN(OpOptions movement, ReadMovementOptions(op, source, label));
  if (!std::holds_alternative<std::monostate>(movement)) return movement;
  return ReadStateOptions(op, source, label);
}

}  // namespace octet
