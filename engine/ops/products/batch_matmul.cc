// BATCH_MATMUL: float32, int8, int16, and float activations with constant int8 weights.
#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/hybrid.h"
#include "engine/ops/products/integer_product.h"
#include "engine/ops/products/matmul_f32.h"
#include "engine/ops/products/output_stage.h"
#include "engine/ops/products/rows.h"

namespace octet::ops {
namespace {

// Copies a matrix to [rows][columns], transposing one that is stored as [columns][rows].
template <typename In, typename Out>
void Arrange(const In* in, int64_t rows, int64_t columns, bool stored_turned, int32_t zero_point,
             Out* out) {
  const int64_t row_stride = stored_turned ? 1 : columns;
  const int64_t column_stride = stored_turned ? rows : 1;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      out[r * columns + c] = static_cast<Out>(in[r * row_stride + c * column_stride] - zero_point);
    }
  }
}

// The longest sums of 255 * 255 in int32, and of 2^30 within 2^47, where MB64 ends.
constexpr int32_t kMaxDepth8 = 33025;
constexpr int32_t kMaxDepth16 = 1 << 17;

// Sizes of one product [m][k] x [k][n], and of the batch.
struct Sizes {
  int64_t m = 0;
  int64_t k = 0;
  int64_t n = 0;
  int64_t batches = 0;
};

class BatchMatmul : public Op {
 public:
  // No product may sum more than `max_depth` terms.
  BatchMatmul(const BatchMatMulOptions& options, int32_t max_depth)
      : adj_x_(options.adj_x), adj_y_(options.adj_y), max_depth_(max_depth) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& x = inputs[0];
    const Shape& y = inputs[1];
    const auto mismatch = [&] {
      return absl::InvalidArgumentError(
          absl::StrCat("shapes ", x.ToString(), " and ", y.ToString(), " cannot be multiplied"));
    };
    if (x.rank() < 2 || y.rank() < 2) return mismatch();
    const int32_t k = x.dim(x.rank() - (adj_x_ ? 2 : 1));
    if (k != y.dim(y.rank() - (adj_y_ ? 1 : 2)) || k == 0) return mismatch();
    if (k > max_depth_) {
      return absl::InvalidArgumentError(
          absl::StrCat("sums of ", k, " products are too long; ", max_depth_, " are safe"));
    }
    const int rank = std::max(x.rank(), y.rank());
    std::vector<int32_t> dims(rank);
    for (int axis = 0; axis < rank - 2; ++axis) {
      const int32_t a = BatchDim(x, axis, rank);
      const int32_t b = BatchDim(y, axis, rank);
      if (a != b && a != 1 && b != 1) return mismatch();
      dims[axis] = a == 1 ? b : a;
    }
    dims[rank - 2] = x.dim(x.rank() - (adj_x_ ? 1 : 2));
    dims[rank - 1] = y.dim(y.rank() - (adj_y_ ? 2 : 1));
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    const int rank = std::max(inputs[0].rank(), inputs[1].rank());
    if (rank == 2) {
      if (has_rows[0] && !has_rows[1] && !adj_x_) return absl::OkStatus();
      return absl::FailedPreconditionError("it multiplies whole matrices that hold the batch");
    }
    for (int i = 0; i < 2; ++i) {
      const int32_t other = BatchDim(inputs[1 - i], 0, rank);
      const bool fits = has_rows[1 - i] ? other == BatchDim(inputs[i], 0, rank) : other == 1;
      if (has_rows[i] && (inputs[i].rank() != rank || !fits)) {
        return absl::FailedPreconditionError("its operands take dimension 0 in different ways");
      }
    }
    return absl::OkStatus();
  }

 protected:
  Sizes SizesOf(const Shape& x, const Shape& out) const {
    const int rank = out.rank();
    return {out.dim(rank - 2), x.dim(x.rank() - (adj_x_ ? 2 : 1)), out.dim(rank - 1),
            out.OuterElements(rank - 2)};
  }

  // The operand's matrix that output batch `batch` takes, in whole matrices.
  static int64_t MatrixOf(const Shape& operand, const Shape& out, int64_t batch) {
    int64_t at = 0;
    int64_t stride = 1;
    for (int axis = out.rank() - 3; axis >= 0; --axis) {
      const int32_t dim = BatchDim(operand, axis, out.rank());
      if (dim != 1) at += batch % out.dim(axis) * stride;
      batch /= out.dim(axis);
      stride *= dim;
    }
    return at;
  }

  // Calls body(part, x matrix, y matrix, output matrix), offsets in elements, for each batch.
  template <typename Body>
  void ForEachMatrix(const RunContext& context, Body body) const {
    const Shape& out = context.output_shapes[0];
    const Sizes sizes = SizesOf(context.input_shapes[0], out);
    const int64_t parts = std::clamp<int64_t>(sizes.batches, 1, context.threads());
    ForEachPart(context.pool, parts, [&](int64_t part) {
      const Range range = Share(sizes.batches, 1, part, parts);
      for (int64_t b = range.begin; b < range.end; ++b) {
        body(part, MatrixOf(context.input_shapes[0], out, b) * sizes.m * sizes.k,
             MatrixOf(context.input_shapes[1], out, b) * sizes.k * sizes.n, b * sizes.m * sizes.n);
      }
    });
  }

  Sizes InferredSizes(absl::Span<const Shape> inputs) const {
    return SizesOf(inputs[0], (*InferShapes(inputs))[0]);
  }

  const bool adj_x_;
  const bool adj_y_;

 private:
  const int32_t max_depth_;

  // Dimension `axis` of the output's batch as the operand has it.
  static int32_t BatchDim(const Shape& operand, int axis, int rank) {
    const int own = axis - (rank - operand.rank());
    return own < 0 ? 1 : operand.dim(own);
  }
};

// Scratch of each part: [x as rows][y's columns as rows].
class BatchMatmulF32 final : public BatchMatmul {
 public:
  explicit BatchMatmulF32(const BatchMatMulOptions& options)
      : BatchMatmul(options, std::numeric_limits<int32_t>::max()) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return threads * PartBytes(InferredSizes(inputs));
  }

  absl::Status Run(const RunContext& context) const override {
    const Sizes s = SizesOf(context.input_shapes[0], context.output_shapes[0]);
    const FloatRange range = *ActivationValues(Activation::kNone);
    ForEachMatrix(context, [&](int64_t part, int64_t x_at, int64_t y_at, int64_t out_at) {
      auto* x = reinterpret_cast<float*>(context.scratch + part * PartBytes(s));
      float* y = x + s.m * s.k;
      Arrange(context.in<float>(0) + x_at, s.m, s.k, adj_x_, 0, x);
      Arrange(context.in<float>(1) + y_at, s.n, s.k, !adj_y_, 0, y);
      // Row by row: the rows of one matrix may be the batch.
      for (int64_t r = 0; r < s.m; ++r) {
        MatmulF32(x + r * s.k, 1, s.k, y, s.n, nullptr, range,
                  context.out<float>(0) + out_at + r * s.n, s.n);
      }
    });
    return absl::OkStatus();
  }

 private:
  static size_t PartBytes(const Sizes& s) { return RoundUp((s.m + s.n) * s.k * sizeof(float), 64); }
};

// Scratch of each part: [x as rows][y's columns as rows].
template <typename Code>
class BatchMatmulInteger final : public BatchMatmul {
 public:
  BatchMatmulInteger(const BatchMatMulOptions& options, OutputStage stage, int32_t x_zero_point,
                     int32_t y_zero_point)
      : BatchMatmul(options, kMaxDepth),
        stage_(std::move(stage)),
        x_zero_point_(x_zero_point),
        y_zero_point_(y_zero_point) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return threads * PartBytes(InferredSizes(inputs));
  }

  absl::Status Run(const RunContext& context) const override {
    const Sizes s = SizesOf(context.input_shapes[0], context.output_shapes[0]);
    ForEachMatrix(context, [&](int64_t part, int64_t x_at, int64_t y_at, int64_t out_at) {
      std::byte* scratch = context.scratch + part * PartBytes(s);
      auto* x = reinterpret_cast<int16_t*>(scratch);
      int16_t* y = x + s.m * s.k;
      Arrange(context.in<Code>(0) + x_at, s.m, s.k, adj_x_, x_zero_point_, x);
      Arrange(context.in<Code>(1) + y_at, s.n, s.k, !adj_y_, y_zero_point_, y);
      Code* out = context.out<Code>(0) + out_at;
      for (int64_t i = 0; i < s.m * s.n; ++i) {
        const int64_t sum = DotS16(x + i / s.n * s.k, y + i % s.n * s.k, s.k, kChunk);
        stage_.FinishSums(&sum, 1, 1, out + i);
      }
    });
    return absl::OkStatus();
  }

 private:
  static constexpr int32_t kMaxDepth = sizeof(Code) == 2 ? kMaxDepth16 : kMaxDepth8;
  // Products of two int16 numbers fill int32: one at a time.
  static constexpr int64_t kChunk = sizeof(Code) == 2 ? 1 : 33024;

  static size_t PartBytes(const Sizes& s) {
    return RoundUp((s.m + s.n) * s.k * sizeof(int16_t), 64);
  }

  const OutputStage stage_;
  const int32_t x_zero_point_;
  const int32_t y_zero_point_;
};

// Scratch of each part: [x as rows][codes of a row][the same less their zero point][y's columns].
class BatchMatmulHybrid final : public BatchMatmul {
 public:
  BatchMatmulHybrid(const BatchMatMulOptions& options, HybridStage stage, RowRule rule)
      : BatchMatmul(options, kMaxDepth8), stage_(std::move(stage)), rule_(rule) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return threads * PartBytes(InferredSizes(inputs));
  }

  absl::Status Run(const RunContext& context) const override {
    const Sizes s = SizesOf(context.input_shapes[0], context.output_shapes[0]);
    ForEachMatrix(context, [&](int64_t part, int64_t x_at, int64_t y_at, int64_t out_at) {
      std::byte* scratch = context.scratch + part * PartBytes(s);
      auto* x = reinterpret_cast<float*>(scratch);
      auto* y = reinterpret_cast<int16_t*>(scratch + XBytes(s));
      int16_t* centred = y + s.n * s.k;
      auto* codes = reinterpret_cast<int8_t*>(centred + s.k);
      Arrange(context.in<float>(0) + x_at, s.m, s.k, adj_x_, 0, x);
      Arrange(context.in<int8_t>(1) + y_at, s.n, s.k, !adj_y_, 0, y);
      for (int64_t r = 0; r < s.m; ++r) {
        RowQuantization row =
            QuantizeRow(*stage_.kernels, rule_, {x + r * s.k, static_cast<size_t>(s.k)}, codes);
        Arrange(codes, 1, s.k, false, row.zero_point, centred);
        row.zero_point = 0;
        float* out = context.out<float>(0) + out_at + r * s.n;
        for (int64_t c = 0; c < s.n; ++c) {
          const auto acc =
              static_cast<int32_t>(DotS16(centred, y + c * s.k, s.k, SafeChunk(DataType::kInt8)));
          stage_.Finish(&acc, row, static_cast<int32_t>(c), 1, out + c);
        }
      }
    });
    return absl::OkStatus();
  }

 private:
  static size_t XBytes(const Sizes& s) { return RoundUp(s.m * s.k * sizeof(float), 64); }
  static size_t PartBytes(const Sizes& s) {
    return XBytes(s) + RoundUp((s.n + 1) * s.k * sizeof(int16_t) + s.k, 64);
  }

  const HybridStage stage_;
  const RowRule rule_;
};

PreparedOp PrepareF32(const PrepareContext& context) {
  return std::make_unique<BatchMatmulF32>(context.options<BatchMatMulOptions>());
}

template <typename Code>
PreparedOp PrepareInteger(const PrepareContext& context) {
  const auto options = context.options<BatchMatMulOptions>();
  const TensorDef& x = *context.input(0);
  const TensorDef& y = *context.input(1);
  const TensorDef& output = context.output(0);
  for (const TensorDef* tensor : {&x, &y, &output}) {
    OCTET_RETURN_IF_ERROR(CheckPerTensor(*tensor));
    const int64_t zero_point = tensor->quantization.zero_point[0];
    if (sizeof(Code) == 2 ? zero_point != 0 : zero_point < -128 || zero_point > 127) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor '", tensor->name, "' has zero point ", zero_point));
    }
  }
  OutputStageParams stage;
  stage.rule = sizeof(Code) == 2 ? RequantRule::kWideSum : RequantRule::kFixedPoint;
  stage.float32_product = true;
  // XNNPACK takes symmetric right sides alone.
  if (sizeof(Code) == 1 && context.rounding == Rounding::kFloat32 &&
      y.quantization.zero_point[0] == 0) {
    stage.rule = RequantRule::kFloat32;
  }
  stage.input_scale = x.quantization.scale[0];
  stage.weight_scales = y.quantization.scale;
  stage.output_scale = output.quantization.scale[0];
  stage.output_zero_point = output.quantization.zero_point[0];
  stage.range = TypeRange(output.type);
  OCTET_ASSIGN_OR_RETURN(OutputStage output_stage, OutputStage::Make(stage, 0));
  return std::make_unique<BatchMatmulInteger<Code>>(
      options, std::move(output_stage), x.quantization.zero_point[0], y.quantization.zero_point[0]);
}

PreparedOp PrepareHybrid(const PrepareContext& context) {
  const auto options = context.options<BatchMatMulOptions>();
  const TensorDef& y = *context.input(1);
  OCTET_RETURN_IF_ERROR(CheckConstant(y));
  if (y.shape.rank() < 2) return absl::InvalidArgumentError("operands need two dimensions");
  const int channel_dim = y.shape.rank() - (options.adj_y ? 2 : 1);
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(y, channel_dim));
  HybridStage stage(context.isas);
  const int32_t n = y.shape.dim(channel_dim);
  stage.weight_scales = ChannelScales(y.quantization, n);
  stage.weight_sums.assign(n, 0);  // codes come without zero point
  OCTET_ASSIGN_OR_RETURN(stage.range, ActivationValues(Activation::kNone));
  RowRule rule = RowRule::kAsymmetricXnn;
  if (context.rounding == Rounding::kFixedPoint) {
    rule = options.asymmetric_quantize_inputs ? RowRule::kAsymmetric : RowRule::kSymmetric;
    stage.order = kernels::kCombined;
  }
  return std::make_unique<BatchMatmulHybrid>(options, std::move(stage), rule);
}

}  // namespace

OpRowList BatchMatmulRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kS16{DataType::kInt16};
  constexpr auto kOp = BuiltinOp::kBatchMatmul;
  return {
      {kOp, 1, 4, {kS8, kS8}, {kS8}, &PrepareInteger<int8_t>},
      {kOp, 1, 4, {kS16, kS16}, {kS16}, &PrepareInteger<int16_t>},
      {kOp, 1, 4, {kF32, kF32}, {kF32}, &PrepareF32},
      {kOp, 1, 4, {kF32, kS8}, {kF32}, &PrepareHybrid},
  };
}

}  // namespace octet::ops
