// SVDF: float32, hybrid and int8 with an int16 state. NUMERICS.md, "SVDF".
//
// Each of `filters` feature vectors gives one number a run, which enters a memory of `length` runs;
// time weights then filter that memory, and `rank` filters add up to one output.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/products/matmul_s8.h"
#include "engine/ops/products/output_stage.h"
#include "engine/ops/recurrent/parameters.h"
#include "engine/ops/recurrent/rows.h"
#include "engine/ops/recurrent/sequence.h"
#include "engine/ops/recurrent/weight_matrix.h"

namespace octet::ops {
namespace {

constexpr int kMemory = 4;

struct SvdfSetup {
  const TensorDef* feature = nullptr;  // [filters, depth]
  const TensorDef* time = nullptr;     // [filters, length]
  const TensorDef* bias = nullptr;     // [units], or absent
  int32_t filters = 0;
  int32_t depth = 0;
  int32_t length = 0;
  int32_t rank = 0;
  int32_t units = 0;
};

absl::StatusOr<SvdfSetup> SetUp(const PrepareContext& context) {
  SvdfSetup setup;
  setup.feature = context.input(1);
  setup.time = context.input(2);
  setup.bias = context.input(3);
  OCTET_RETURN_IF_ERROR(CheckVariable(context, kMemory));
  OCTET_RETURN_IF_ERROR(CheckRank(*setup.feature, 2));
  OCTET_RETURN_IF_ERROR(CheckRank(*setup.time, 2));
  setup.filters = setup.feature->shape.dim(0);
  setup.depth = setup.feature->shape.dim(1);
  setup.length = setup.time->shape.dim(1);
  OCTET_RETURN_IF_ERROR(CheckMatrix(*setup.feature, setup.filters, setup.depth));
  OCTET_RETURN_IF_ERROR(CheckMatrix(*setup.time, setup.filters, setup.length));
  setup.rank = context.options<SvdfOptions>().rank;
  if (setup.rank < 1 || setup.filters % setup.rank != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("rank ", setup.rank, " does not divide ", setup.filters, " filters"));
  }
  setup.units = setup.filters / setup.rank;
  OCTET_RETURN_IF_ERROR(CheckBias(setup.bias, setup.units));
  return setup;
}

class Svdf : public StatefulOp {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& x = inputs[0];
    if (x.rank() != 2 || x.dim(1) != depth_) {
      return absl::InvalidArgumentError(
          absl::StrCat("the input has shape ", x.ToString(), "; rows of ", depth_, " are needed"));
    }
    OCTET_RETURN_IF_ERROR(CheckStateShape(inputs[kMemory], x.dim(0), int64_t{filters_} * length_));
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create({x.dim(0), units_}));
    return Shapes{std::move(output)};
  }

 protected:
  explicit Svdf(const SvdfSetup& setup)
      : filters_(setup.filters),
        depth_(setup.depth),
        length_(setup.length),
        rank_(setup.rank),
        units_(setup.units) {}

  // Each memory [length], oldest first, loses its oldest number and takes in one of `newest`.
  template <typename T>
  void Remember(T* memory, const T* newest, int64_t rows) const {
    for (int64_t i = 0; i < rows * filters_; ++i, memory += length_) {
      std::memmove(memory, memory + 1, (length_ - 1) * sizeof(T));
      memory[length_ - 1] = newest[i];
    }
  }

  const int32_t filters_;
  const int32_t depth_;
  const int32_t length_;
  const int32_t rank_;
  const int32_t units_;
};

// float32 and hybrid; the memory holds float32.
class RealSvdf final : public Svdf {
 public:
  RealSvdf(const SvdfSetup& setup, WeightMatrix feature, RowQuantizer quantizer,
           std::vector<float> time, FloatRange range)
      : Svdf(setup),
        feature_(std::move(feature)),
        quantizer_(quantizer),
        time_(std::move(time)),
        bias_(ValuesOrNone<float>(setup.bias)),
        range_(range) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    ScratchLayout layout(nullptr);
    Lay(inputs[0].dim(0), layout);
    return layout.bytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t rows = context.input_shapes[0].dim(0);
    ScratchLayout layout(context.scratch);
    Buffers buffers = Lay(rows, layout);
    buffers.x.values = context.in<float>(0);
    buffers.x.Quantize(quantizer_);
    std::fill_n(buffers.newest, rows * filters_, 0.0f);
    feature_.Accumulate(buffers.x, buffers.product, buffers.acc, buffers.newest, context.pool);
    auto* memory = StateOf<float>(context, kMemory);
    Remember(memory, buffers.newest, rows);
    for (int64_t r = 0; r < rows; ++r) {
      ApplyTime(memory + r * time_.size(), context.out<float>(0) + r * units_);
    }
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override {
    return feature_.ConstantBytes() + time_.size() * sizeof(float);
  }

 private:
  struct Buffers {
    FactorRows x;
    float* newest = nullptr;
    float* product = nullptr;
    int32_t* acc = nullptr;
  };

  Buffers Lay(int64_t rows, ScratchLayout& layout) const {
    Buffers buffers;
    buffers.x = FactorRows::Lay(rows, depth_, layout);
    buffers.newest = layout.Take<float>(rows * filters_);
    buffers.product = layout.Take<float>(rows * filters_);
    buffers.acc = layout.Take<int32_t>(rows * filters_);
    return buffers;
  }

  void ApplyTime(const float* memory, float* out) const {
    const float* time = time_.data();
    for (int32_t u = 0; u < units_; ++u) {
      float total = 0;
      for (int32_t f = 0; f < rank_; ++f, memory += length_, time += length_) {
        float sum = 0;
        for (int32_t i = 0; i < length_; ++i) sum += memory[i] * time[i];
        total += sum;
      }
      if (!bias_.empty()) total += bias_[u];
      out[u] = std::min(std::max(total, range_.lo), range_.hi);
    }
  }

  const WeightMatrix feature_;
  const RowQuantizer quantizer_;
  const std::vector<float> time_;
  const absl::Span<const float> bias_;  // the model's own memory
  const FloatRange range_;
};

// int8; the memory holds int16.
class SvdfS8 final : public Svdf {
 public:
  struct Arithmetic {
    kernels::FixedPointMultiplier to_memory;
    kernels::FixedPointMultiplier to_output;
    int32_t output_zero_point = 0;
  };

  SvdfS8(const SvdfSetup& setup, kernels::PackedGemmS8 feature, const Arithmetic& arithmetic)
      : Svdf(setup),
        feature_(std::move(feature)),
        time_(setup.time->values<int16_t>()),
        bias_(ValuesOrNone<int32_t>(setup.bias)),
        arithmetic_(arithmetic) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    ScratchLayout layout(nullptr);
    layout.Take<int32_t>(inputs[0].dim(0) * int64_t{filters_});
    layout.Take<int16_t>(inputs[0].dim(0) * int64_t{filters_});
    return layout.bytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t rows = context.input_shapes[0].dim(0);
    ScratchLayout layout(context.scratch);
    auto* sums = layout.Take<int32_t>(rows * filters_);
    auto* newest = layout.Take<int16_t>(rows * filters_);
    RunMatmulS8(feature_, Int32Epilogue(), context.in<int8_t>(0), depth_, rows, sums, filters_,
                context.pool);
    for (int64_t i = 0; i < rows * filters_; ++i) {
      newest[i] = CutTo<int16_t>(kernels::MultiplyByFixedPoint(sums[i], arithmetic_.to_memory));
    }
    auto* memory = StateOf<int16_t>(context, kMemory);
    Remember(memory, newest, rows);
    for (int64_t r = 0; r < rows; ++r) {
      ApplyTime(memory + r * time_.size(), context.out<int8_t>(0) + r * units_);
    }
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return feature_.panels.size(); }

 private:
  void ApplyTime(const int16_t* memory, int8_t* out) const {
    const int64_t terms = int64_t{rank_} * length_;
    for (int32_t u = 0; u < units_; ++u) {
      uint32_t sum = bias_.empty() ? 0 : bias_[u];  // wraps
      for (int64_t i = u * terms; i < (u + 1) * terms; ++i) sum += memory[i] * time_[i];
      out[u] = CutTo<int8_t>(
          int64_t{kernels::MultiplyByFixedPoint(static_cast<int32_t>(sum), arithmetic_.to_output)} +
          arithmetic_.output_zero_point);
    }
  }

  const kernels::PackedGemmS8 feature_;
  const absl::Span<const int16_t> time_;  // the model's own memory
  const absl::Span<const int32_t> bias_;
  const Arithmetic arithmetic_;
};

// Real numbers of time weights.
absl::StatusOr<std::vector<float>> TimeWeights(const TensorDef& time) {
  if (time.type == DataType::kFloat32) {
    const auto values = time.values<float>();
    return std::vector<float>(values.begin(), values.end());
  }
  OCTET_RETURN_IF_ERROR(CheckSymmetric(time));
  std::vector<float> values;
  for (int8_t code : time.values<int8_t>()) {
    values.push_back(static_cast<float>(code) * time.quantization.scale[0]);
  }
  return values;
}

PreparedOp PrepareReal(const PrepareContext& context) {
  const auto options = context.options<SvdfOptions>();
  OCTET_ASSIGN_OR_RETURN(const SvdfSetup setup, SetUp(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(options.activation));
  OCTET_ASSIGN_OR_RETURN(WeightMatrix feature, WeightMatrix::Make(*setup.feature, setup.filters,
                                                                  setup.depth, context.isas));
  OCTET_ASSIGN_OR_RETURN(std::vector<float> time, TimeWeights(*setup.time));
  return std::make_unique<RealSvdf>(
      setup, std::move(feature),
      RowQuantizer::For(setup.feature->type, options.asymmetric_quantize_inputs, context.isas),
      std::move(time), range);
}

// The fused activation is not applied: LiteRT's kernel, whose answers these are, clamps to the
// type.
PreparedOp PrepareS8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const SvdfSetup setup, SetUp(context));
  const TensorDef& input = *context.input(0);
  const TensorDef& memory = *context.input(kMemory);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  for (const TensorDef* tensor : {setup.feature, setup.time, &memory}) {
    OCTET_RETURN_IF_ERROR(CheckSymmetric(*tensor));
  }
  OCTET_ASSIGN_OR_RETURN(auto feature,
                         PackMatrix(setup.feature->values<int8_t>(), setup.filters, setup.depth, {},
                                    input.quantization.zero_point[0], context.isas));
  SvdfS8::Arithmetic arithmetic;
  const float memory_scale = memory.quantization.scale[0];
  const float entering = input.quantization.scale[0] * setup.feature->quantization.scale[0];
  const float leaving = memory_scale * setup.time->quantization.scale[0];
  OCTET_ASSIGN_OR_RETURN(arithmetic.to_memory, RatioMultiplier(entering / memory_scale, memory));
  OCTET_ASSIGN_OR_RETURN(arithmetic.to_output,
                         RatioMultiplier(leaving / output.quantization.scale[0], output));
  arithmetic.output_zero_point = output.quantization.zero_point[0];
  return std::make_unique<SvdfS8>(setup, std::move(feature), arithmetic);
}

}  // namespace

OpRowList SvdfRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  constexpr TypeSlot kBiasF32{DataType::kFloat32, /*optional=*/true};
  constexpr TypeSlot kBiasS32{DataType::kInt32, /*optional=*/true};
  constexpr auto kOp = BuiltinOp::kSvdf;
  return {
      {kOp, 1, 4, {kF32, kF32, kF32, kBiasF32, kF32}, {kF32}, &PrepareReal},
      {kOp, 1, 4, {kF32, kS8, kS8, kBiasF32, kF32}, {kF32}, &PrepareReal},
      {kOp, 1, 4, {kF32, kU8, kU8, kBiasF32, kF32}, {kF32}, &PrepareReal},
      {kOp, 1, 4, {kS8, kS8, kS16, kBiasS32, kS16}, {kS8}, &PrepareS8},
  };
}

}  // namespace octet::ops
