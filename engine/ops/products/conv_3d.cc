// CONV_3D in float32.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/rows.h"
#include "engine/ops/spatial/window.h"

namespace octet::ops {
namespace {

struct Volume {
  WindowAxis d;
  WindowAxis h;
  WindowAxis w;
};

// Volumes are [n][depth][height][width][channels], weights [depth][height][width][in][out].
class Conv3D final : public Op {
 public:
  Conv3D(const Conv3DOptions& options, const TensorDef& weights, const TensorDef* bias,
         FloatRange range)
      : options_(options),
        kernel_(weights.shape),
        weights_(weights.values<float>()),
        bias_(bias == nullptr ? absl::Span<const float>() : bias->values<float>()),
        range_(range) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(const Volume volume, VolumeOf(inputs[0]));
    OCTET_ASSIGN_OR_RETURN(
        Shape output, Shape::Create({inputs[0].dim(0), volume.d.out, volume.h.out, volume.w.out,
                                     kernel_.dim(4)}));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Shape& output = context.output_shapes[0];
    OCTET_ASSIGN_OR_RETURN(const Volume volume, VolumeOf(input));
    const int64_t lines = output.OuterElements(3);
    const int64_t parts = std::clamp<int64_t>(lines, 1, context.threads());
    ForEachPart(context.pool, parts, [&](int64_t part) {
      const Range range = Share(lines, 1, part, parts);
      for (int64_t line = range.begin; line < range.end; ++line) {
        const int64_t slice = line / volume.h.out;
        const float* in = context.in<float>(0) + slice / volume.d.out * input.InnerElements(1);
        float* out = context.out<float>(0) + line * output.InnerElements(3);
        for (int32_t x = 0; x < volume.w.out; ++x, out += kernel_.dim(4)) {
          RunPoint(volume, in, static_cast<int32_t>(slice % volume.d.out),
                   static_cast<int32_t>(line % volume.h.out), x, out);
        }
      }
    });
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Volume> VolumeOf(const Shape& input) const {
    OCTET_RETURN_IF_ERROR(CheckShapeRank(input, 5, "the input"));
    if (input.dim(4) != kernel_.dim(3)) {
      return absl::InvalidArgumentError(absl::StrCat("the input has shape ", input.ToString(), "; ",
                                                     kernel_.dim(3), " channels are needed"));
    }
    Volume volume;
    OCTET_ASSIGN_OR_RETURN(volume.d, ComputeWindow(options_.padding, input.dim(1), kernel_.dim(0),
                                                   options_.stride_d, options_.dilation_d));
    OCTET_ASSIGN_OR_RETURN(volume.h, ComputeWindow(options_.padding, input.dim(2), kernel_.dim(1),
                                                   options_.stride_h, options_.dilation_h));
    OCTET_ASSIGN_OR_RETURN(volume.w, ComputeWindow(options_.padding, input.dim(3), kernel_.dim(2),
                                                   options_.stride_w, options_.dilation_w));
    return volume;
  }

  void RunPoint(const Volume& volume, const float* in, int32_t oz, int32_t oy, int32_t ox,
                float* out) const {
    const int32_t n = kernel_.dim(4);
    if (bias_.empty()) {
      std::fill_n(out, n, 0.0f);
    } else {
      std::copy_n(bias_.data(), n, out);
    }
    const int64_t taps = int64_t{volume.d.kernel} * volume.h.kernel * volume.w.kernel;
    for (int64_t tap = 0; tap < taps; ++tap) {
      const auto kx = static_cast<int32_t>(tap % volume.w.kernel);
      const auto ky = static_cast<int32_t>(tap / volume.w.kernel % volume.h.kernel);
      const auto kz = static_cast<int32_t>(tap / volume.w.kernel / volume.h.kernel);
      const int32_t z = volume.d.Begin(oz) + kz * volume.d.dilation;
      const int32_t y = volume.h.Begin(oy) + ky * volume.h.dilation;
      const int32_t x = volume.w.Begin(ox) + kx * volume.w.dilation;
      if (z < 0 || z >= volume.d.in || y < 0 || y >= volume.h.in || x < 0 || x >= volume.w.in) {
        continue;
      }
      const int64_t at = (int64_t{z} * volume.h.in + y) * volume.w.in + x;
      AddTap(in + at * kernel_.dim(3), weights_.data() + tap * kernel_.dim(3) * n, out);
    }
    for (int32_t c = 0; c < n; ++c) out[c] = std::min(std::max(out[c], range_.lo), range_.hi);
  }

  void AddTap(const float* in, const float* weights, float* out) const {
    const int64_t n = kernel_.dim(4);
    for (int64_t i = 0; i < kernel_.dim(3); ++i) {
      for (int64_t c = 0; c < n; ++c) out[c] += in[i] * weights[i * n + c];
    }
  }

  const Conv3DOptions options_;
  const Shape kernel_;
  const absl::Span<const float> weights_;  // the model's own memory
  const absl::Span<const float> bias_;
  const FloatRange range_;
};

PreparedOp Prepare(const PrepareContext& context) {
  const auto options = context.options<Conv3DOptions>();
  const TensorDef& weights = *context.input(1);
  const TensorDef* bias = context.input(2);
  OCTET_RETURN_IF_ERROR(CheckConstant(weights));
  OCTET_RETURN_IF_ERROR(CheckRank(weights, 5));
  if (weights.shape.num_elements() == 0) {
    return absl::InvalidArgumentError(absl::StrCat("weights '", weights.name, "' are empty"));
  }
  OCTET_RETURN_IF_ERROR(CheckBias(bias, weights.shape.dim(4)));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(options.activation));
  return std::make_unique<Conv3D>(options, weights, bias, range);
}

}  // namespace

OpRowList Conv3DRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kBias{DataType::kFloat32, /*optional=*/true};
  return {{BuiltinOp::kConv3d, 1, 1, {kF32, kF32, kBias}, {kF32}, &Prepare}};
}

}  // namespace octet::ops
