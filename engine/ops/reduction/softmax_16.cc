#include "engine/ops/reduction/softmax_16.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/reduction/row_op.h"

namespace octet::ops {
namespace {

// 513 samples of a function over all int16 codes, in double, and linear interpolation between them.
class Samples {
 public:
  // Codes stand for [begin, end]; an output code is a real number times `steps`.
  template <typename Function>
  Samples(double begin, double end, double steps, Function f) {
    const double step = (end - begin) / 512;
    for (int i = 0; i < 512; ++i) {
      const double at = begin + i * step;
      const double here = std::round(f(at) * steps);
      const double middle = std::round((f(at + step) * steps + here) / 2);
      // A chord lies on one side of a curve: half of what it is off in the middle.
      const double bias = std::round((middle - std::round(f(at + step / 2) * steps)) / 2);
      table_[i] = Code(here - bias);
    }
    table_[512] = Code(std::round(f(end) * steps));
  }

  int32_t operator()(int32_t code) const {
    const int32_t i = 256 + (code >> 7);
    return table_[i] + (((table_[i + 1] - table_[i]) * (code & 127) + 64) >> 7);
  }

 private:
  static int32_t Code(double v) { return static_cast<int32_t>(std::clamp(v, -32768.0, 32767.0)); }

  std::array<int32_t, 513> table_;
};

// Shares of rows up to this length add up inside int32.
constexpr int64_t kMaxDepth = 65536;

class Softmax16 final : public RowOp {
 public:
  explicit Softmax16(kernels::FixedPointMultiplier scale)
      : scale_(scale),
        exp_(-10, 0, 32768, [](double v) { return std::exp(v); }),
        reciprocal_(0, 1, 32768, [](double v) { return 1 / (1 + v); }) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(Shapes shapes, RowOp::InferShapes(inputs));
    if (shapes[0].dim(shapes[0].rank() - 1) > kMaxDepth) {
      return absl::InvalidArgumentError(
          absl::StrCat("rows of ", shapes[0].ToString(), " are longer than ", kMaxDepth));
    }
    return shapes;
  }

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<int16_t, int16_t>(context, [this](const int16_t* in, int16_t* out, int64_t depth) {
      const int32_t max = *std::max_element(in, in + depth);
      int32_t sum = 0;
      for (int64_t i = 0; i < depth; ++i) sum += Exp(in[i] - max);
      const int headroom = std::countl_zero(static_cast<uint32_t>(sum));
      const auto normalized =
          static_cast<int32_t>(((static_cast<uint32_t>(sum) << (headroom - 1)) + (1u << 13)) >> 14);
      const int32_t share = reciprocal_(std::clamp(normalized - 98304, -32768, 32767));
      const int shift = 31 - headroom;
      for (int64_t i = 0; i < depth; ++i) {
        const int32_t code = (Exp(in[i] - max) * share + (1 << (shift - 1))) >> shift;
        out[i] = static_cast<int16_t>(std::clamp(code, 0, 32767));
      }
    });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return sizeof(exp_) + sizeof(reciprocal_); }

 private:
  // exp of a difference of codes, at most 32767.
  int32_t Exp(int32_t difference) const {
    const int64_t code = int64_t{kernels::MultiplyByFixedPoint(difference, scale_)} + 32767;
    return exp_(static_cast<int32_t>(std::clamp<int64_t>(code, -32768, 32767)));
  }

  const kernels::FixedPointMultiplier scale_;
  const Samples exp_;
  const Samples reciprocal_;
};

}  // namespace

PreparedOp PrepareSoftmax16(const PrepareContext& context) {
  const float beta = context.options<SoftmaxOptions>().beta;
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  if (std::abs(output.quantization.scale[0] - 1.0f / 32768) > 0.001f / 32768 ||
      output.quantization.zero_point[0] != 0 || input.quantization.zero_point[0] != 0) {
    return absl::InvalidArgumentError(absl::StrCat("'", input.name, "' must have zero point 0, '",
                                                   output.name, "' scale 1/32768 and 0"));
  }
  const double scale = static_cast<double>(input.quantization.scale[0] * beta) / (10.0 / 65535.0);
  // Differences of codes have 16 bits: beyond this they would leave int32.
  if (!(scale > 0) || !(scale < 32768.0)) {
    return absl::InvalidArgumentError(absl::StrCat("input scale ", input.quantization.scale[0],
                                                   " times beta ", beta, " is out of range"));
  }
  return std::make_unique<Softmax16>(kernels::MakeFixedPointMultiplier(scale));
}

}  // namespace octet::ops
