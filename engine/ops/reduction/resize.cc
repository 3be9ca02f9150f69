// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR. NUMERICS.md, "RESIZE".
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

// One axis of an image: `in` pixels become `out`.
struct Axis {
  int32_t in = 1;
  int32_t out = 1;
  ResizeOptions options;

  bool aligned() const { return options.align_corners && out > 1; }
  // Input pixels for one output pixel.
  float Step() const {
    const int32_t less = aligned() ? 1 : 0;
    return static_cast<float>(in - less) / static_cast<float>(out - less);
  }
  int32_t Cut(float position) const {
    return static_cast<int32_t>(std::clamp(position, 0.0f, static_cast<float>(in - 1)));
  }
};

// Two neighbours of an output pixel and how far from the first it lies, in `Fraction` units.
template <typename Fraction>
struct Pair {
  int32_t first;
  int32_t second;
  Fraction part;
};

// The four neighbours of an output pixel in one channel: top left, top right, bottom left, ...
template <typename T>
struct Corners {
  T tl, tr, bl, br;
};

// The specification's positions: float32.
struct FloatRule {
  using Fraction = float;
  static Pair<float> Locate(const Axis& axis, int32_t i) {
    const float step = axis.Step();
    const float position = axis.options.half_pixel_centers
                               ? (static_cast<float>(i) + 0.5f) * step - 0.5f
                               : static_cast<float>(i) * step;
    const int32_t first = axis.Cut(std::floor(position));
    const int32_t second = axis.Cut(std::ceil(position));
    return {first, second, position - static_cast<float>(first)};
  }
  template <typename T>
  static T Mix(const Corners<T>& c, float fy, float fx) {
    const float value =
        static_cast<float>(c.tl) * (1 - fy) * (1 - fx) + static_cast<float>(c.bl) * fy * (1 - fx) +
        static_cast<float>(c.tr) * (1 - fy) * fx + static_cast<float>(c.br) * fy * fx;
    if constexpr (std::is_integral_v<T>) {
      constexpr auto kHighest = static_cast<float>(std::numeric_limits<T>::max());
      return static_cast<T>(std::clamp(value + 0.5f, 0.0f, kHighest));
    } else {
      return value;
    }
  }
};

// The specification's integer positions, with 10 fraction bits.
struct IntegerRule {
  using Fraction = int64_t;
  static Pair<int64_t> Locate(const Axis& axis, int32_t i) {
    constexpr int64_t kOne = 1 << 10;
    const int64_t less = axis.aligned() ? 1 : 0;
    const int64_t spans = axis.out - less;
    const int64_t step = (kOne * (axis.in - less) + spans / 2) / spans;
    int64_t position = i * step;
    if (axis.options.half_pixel_centers) position += step / 2 - kOne / 2;
    const int64_t first = std::clamp<int64_t>(position / kOne, 0, axis.in - 1);
    const int64_t second = std::clamp<int64_t>((position + kOne - 1) / kOne, 0, axis.in - 1);
    return {static_cast<int32_t>(first), static_cast<int32_t>(second), position - kOne * first};
  }
  template <typename T>
  static T Mix(const Corners<T>& c, int64_t fy, int64_t fx) {
    const int64_t gy = 1024 - fy;
    const int64_t gx = 1024 - fx;
    const int64_t sum = c.tl * gy * gx + c.tr * gy * fx + c.bl * fy * gx + c.br * fy * fx;
    const int64_t half = sum > 0 ? 1 << 19 : -(1 << 19);
    return static_cast<T>(std::clamp<int64_t>(
        (sum + half) / (1 << 20), std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
};

// XNNPACK's, with 11 fraction bits.
struct XnnpackRule {
  using Fraction = int32_t;
  static Pair<int32_t> Locate(const Axis& axis, int32_t i) {
    const float step = axis.Step();
    float position = static_cast<float>(i) * step;
    if (axis.options.half_pixel_centers) position += 0.5f * step - 0.5f;
    position = std::clamp(position, 0.0f, static_cast<float>(axis.in - 1));
    const auto first = static_cast<int32_t>(position);
    const float part = (position - static_cast<float>(first)) * 2048.0f;
    return {first, std::min(first + 1, axis.in - 1), static_cast<int32_t>(std::rint(part))};
  }
  template <typename T>
  static T Mix(const Corners<T>& c, int32_t fy, int32_t fx) {
    const int32_t top = c.tl * 2048 + (c.tr - c.tl) * fx;
    const int32_t bottom = c.bl * 2048 + (c.br - c.bl) * fx;
    return static_cast<T>((top * 2048 + (bottom - top) * fy + (1 << 21)) >> 22);
  }
};

class Resize : public Op {
 public:
  explicit Resize(const ResizeOptions& options) : options_(options) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 1u << 1; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    OCTET_RETURN_IF_ERROR(CheckShapeRank(inputs[0], 4, "the input"));
    if (inputs[1].num_elements() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("the size has shape ", inputs[1].ToString(), "; two numbers are needed"));
    }
    const auto* size = static_cast<const int32_t*>(values[1]);
    if (size[0] < 1 || size[1] < 1 || inputs[0].dim(1) < 1 || inputs[0].dim(2) < 1) {
      return absl::InvalidArgumentError(absl::StrCat("an image of shape ", inputs[0].ToString(),
                                                     " can't become ", size[0], "x", size[1]));
    }
    const int32_t dims[] = {inputs[0].dim(0), size[0], size[1], inputs[0].dim(3)};
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (has_rows[1]) return absl::FailedPreconditionError("rows say what size it makes");
    return absl::OkStatus();
  }

 protected:
  // Calls pixel(image, y, x, out) for each output pixel.
  template <typename T, typename Pixel>
  void ForEachPixel(const RunContext& context, Pixel pixel) const {
    const Shape& input = context.input_shapes[0];
    const Shape& output = context.output_shapes[0];
    const auto* image = context.in<T>(0);
    auto* out = context.out<T>(0);
    for (int32_t n = 0; n < output.dim(0); ++n, image += input.InnerElements(1)) {
      for (int32_t y = 0; y < output.dim(1); ++y) {
        for (int32_t x = 0; x < output.dim(2); ++x, out += output.dim(3)) pixel(image, y, x, out);
      }
    }
  }
  Axis AxisOf(const RunContext& context, int i) const {
    return {context.input_shapes[0].dim(i), context.output_shapes[0].dim(i), options_};
  }

 private:
  const ResizeOptions options_;
};

template <typename T, typename Rule>
class ResizeBilinear final : public Resize {
 public:
  using Resize::Resize;

  absl::Status Run(const RunContext& context) const override {
    const Axis h = AxisOf(context, 1);
    const Axis w = AxisOf(context, 2);
    const int64_t depth = context.input_shapes[0].dim(3);
    ForEachPixel<T>(context, [&](const T* image, int32_t y, int32_t x, T* out) {
      const auto row = Rule::Locate(h, y);
      const auto column = Rule::Locate(w, x);
      const auto at = [&](int32_t i, int32_t j) { return image + (int64_t{i} * w.in + j) * depth; };
      const T* tl = at(row.first, column.first);
      const T* tr = at(row.first, column.second);
      const T* bl = at(row.second, column.first);
      const T* br = at(row.second, column.second);
      for (int64_t c = 0; c < depth; ++c) {
        out[c] = Rule::template Mix<T>({tl[c], tr[c], bl[c], br[c]}, row.part, column.part);
      }
    });
    return absl::OkStatus();
  }
};

template <typename T>
class ResizeNearest final : public Resize {
 public:
  using Resize::Resize;

  absl::Status Run(const RunContext& context) const override {
    const Axis h = AxisOf(context, 1);
    const Axis w = AxisOf(context, 2);
    const int64_t depth = context.input_shapes[0].dim(3);
    ForEachPixel<T>(context, [&](const T* image, int32_t y, int32_t x, T* out) {
      const T* from = image + (int64_t{Nearest(h, y)} * w.in + Nearest(w, x)) * depth;
      std::copy_n(from, depth, out);
    });
    return absl::OkStatus();
  }

 private:
  static int32_t Nearest(const Axis& axis, int32_t i) {
    const float offset = axis.options.half_pixel_centers ? 0.5f : 0.0f;
    const float position = (static_cast<float>(i) + offset) * axis.Step();
    return axis.Cut(axis.options.align_corners ? std::round(position) : std::floor(position));
  }
};

absl::StatusOr<ResizeOptions> ReadOptions(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckRank(*context.input(0), 4));
  const auto options = context.options<ResizeOptions>();
  if (options.align_corners && options.half_pixel_centers) {
    return absl::InvalidArgumentError("align_corners and half_pixel_centers exclude each other");
  }
  const TensorDef& input = *context.input(0);
  if (input.type != DataType::kFloat32) {
    OCTET_RETURN_IF_ERROR(CheckSameQuantization(input, context.output(0), 1e-6f));
  }
  return options;
}

// XNNPACK takes 8-bit codes whose new size is constant.
template <typename T, typename Specified>
PreparedOp PrepareBilinear(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const ResizeOptions options, ReadOptions(context));
  if constexpr (sizeof(T) == 1) {
    if (context.rounding == Rounding::kFloat32 && context.input(1)->is_constant) {
      return std::make_unique<ResizeBilinear<T, XnnpackRule>>(options);
    }
  }
  return std::make_unique<ResizeBilinear<T, Specified>>(options);
}

template <typename T>
PreparedOp PrepareNearest(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const ResizeOptions options, ReadOptions(context));
  return std::make_unique<ResizeNearest<T>>(options);
}

OpRow Row(BuiltinOp op, DataType type, PrepareFunction prepare) {
  return {op, 1, 4, {{type}, {DataType::kInt32}}, {{type}}, prepare};
}

}  // namespace

OpRowList ResizeRows() {
  constexpr BuiltinOp kBilinear = BuiltinOp::kResizeBilinear;
  constexpr BuiltinOp kNearest = BuiltinOp::kResizeNearestNeighbor;
  return {
      Row(kBilinear, DataType::kInt8, &PrepareBilinear<int8_t, IntegerRule>),
      Row(kBilinear, DataType::kUint8, &PrepareBilinear<uint8_t, FloatRule>),
      Row(kBilinear, DataType::kInt16, &PrepareBilinear<int16_t, IntegerRule>),
      Row(kBilinear, DataType::kFloat32, &PrepareBilinear<float, FloatRule>),
      Row(kNearest, DataType::kInt8, &PrepareNearest<int8_t>),
      Row(kNearest, DataType::kUint8, &PrepareNearest<uint8_t>),
      Row(kNearest, DataType::kInt16, &PrepareNearest<int16_t>),
      Row(kNearest, DataType::kFloat32, &PrepareNearest<float>),
  };
}

}  // namespace octet::ops
