// DEQUANTIZE: codes, or half-precision numbers, to float32.
#include <Eigen/Core>

#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/elementwise/elementwise.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

// Scale and zero point by channel along one dimension.
template <typename In>
class DequantizePerAxis final : public Op {
 public:
  explicit DequantizePerAxis(const Quantization& quantization) : quantization_(quantization) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (quantization_.quantized_dimension != 0) return absl::OkStatus();
    return absl::FailedPreconditionError("its scales run along dimension 0");
  }
  absl::Status Run(const RunContext& context) const override {
    const Shape& shape = context.input_shapes[0];
    const int axis = quantization_.quantized_dimension;
    const int64_t inner = shape.InnerElements(axis + 1);
    const int64_t channels = shape.dim(axis);
    const auto* in = context.in<In>(0);
    auto* out = context.out<float>(0);
    for (int64_t i = 0; i < shape.num_elements(); ++i) {
      const int64_t c = i / inner % channels;
      out[i] = quantization_.scale[c] *
               static_cast<float>(static_cast<int32_t>(in[i]) - quantization_.zero_point[c]);
    }
    return absl::OkStatus();
  }

 private:
  const Quantization quantization_;
};

template <typename In>
PreparedOp PrepareCodes(const PrepareContext& context) {
  const TensorDef& input = *context.input(0);
  if (input.quantization.is_per_axis()) {
    return std::make_unique<DequantizePerAxis<In>>(input.quantization);
  }
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  const float scale = input.quantization.scale[0];
  const int32_t zero_point = input.quantization.zero_point[0];
  return MakeElementwise<In, float>([scale, zero_point](In code) {
    return scale * static_cast<float>(static_cast<int32_t>(code) - zero_point);
  });
}

// LiteRT has no scales by channel here.
PreparedOp PrepareS16(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensor(*context.input(0)));
  return PrepareCodes<int16_t>(context);
}

PreparedOp PrepareHalf(const PrepareContext&) {
  return MakeElementwise<uint16_t, float>([](uint16_t bits) {
    return Eigen::half_impl::half_to_float(Eigen::half_impl::raw_uint16_to_half(bits));
  });
}

}  // namespace

OpRowList DequantizeRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr auto kOp = BuiltinOp::kDequantize;
  return {
      {kOp, 1, 9, {{DataType::kInt8}}, {kF32}, &PrepareCodes<int8_t>},
      {kOp, 1, 9, {{DataType::kUint8}}, {kF32}, &PrepareCodes<uint8_t>},
      {kOp, 1, 9, {{DataType::kInt16}}, {kF32}, &PrepareS16},
      {kOp, 1, 9, {{DataType::kFloat16}}, {kF32}, &PrepareHalf},
  };
}

}  // namespace octet::ops
