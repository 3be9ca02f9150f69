// TRANSPOSE_CONV, shared by its type combinations.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_TRANSPOSE_CONV_H_
#define OCTET_ENGINE_OPS_PRODUCTS_TRANSPOSE_CONV_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// Checked parameters and constants. Inputs are the output's shape, weights [out_channels][kernel_h]
// [kernel_w][in_channels], the image, and a bias.
struct TransposeConvSetup {
  Padding padding = Padding::kSame;
  int32_t kernel_h = 1;
  int32_t kernel_w = 1;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t in_channels = 0;
  int32_t out_channels = 0;
  // Height and width of the output, where the file fixes them.
  bool constant_shape = false;
  int32_t out_h = 0;
  int32_t out_w = 0;
  Activation activation = Activation::kNone;
  const TensorDef* weights = nullptr;
  const TensorDef* bias = nullptr;  // null: none

  int32_t taps() const { return kernel_h * kernel_w; }
};

absl::StatusOr<TransposeConvSetup> SetUpTransposeConv(const PrepareContext& context);

// One tap that reaches an output pixel.
struct TransposeTap {
  int64_t pixel = 0;  // of the input image, row-major
  int32_t tap = 0;    // of the kernel, row-major
};

// Shapes and the pairs of input pixel and tap that meet in an output pixel, alike for all types.
class TransposeConv : public Op {
 public:
  explicit TransposeConv(const TransposeConvSetup& setup) : setup_(setup) {}

  ShapeSource shape_source() const override {
    return setup_.constant_shape ? ShapeSource::kShapes : ShapeSource::kValues;
  }
  uint32_t ValueInputs() const override { return 1; }
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override;
  absl::StatusOr<Shapes> InferShapesFromValues(absl::Span<const Shape> inputs,
                                               absl::Span<const void* const> values) const override;
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override;

 protected:
  // Calls body(part, image, output pixel, taps) for every output pixel; the taps of one pixel come
  // in the order of their input pixels. `taps` of a part stand in its TapBytes() of `scratch`.
  void ForEachPixel(const RunContext& context, std::byte* scratch,
                    absl::FunctionRef<void(int64_t part, int64_t image, int64_t pixel,
                                           absl::Span<const TransposeTap> taps)>
                        body) const;
  size_t TapBytes() const;

  const TransposeConvSetup setup_;

 private:
  absl::StatusOr<Shapes> OutputShape(const Shape& image, int32_t height, int32_t width) const;
};

PreparedOp PrepareTransposeConvF32(const PrepareContext& context);
PreparedOp PrepareTransposeConvHybrid(const PrepareContext& context);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_TRANSPOSE_CONV_H_
