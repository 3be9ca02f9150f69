// SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: pixels at equal places of blocks as images of their own,
// and back.
#include <array>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

// Blocks, and what is padded around an image or cut off it, for lines (rank 3) and images (rank 4).
// A line is an image of width 1.
struct Blocks {
  int64_t h = 1;
  int64_t w = 1;
  int64_t top = 0;
  int64_t bottom = 0;
  int64_t left = 0;
  int64_t right = 0;
};

// Sizes of an operand: images x height x width x bytes of a pixel.
struct Images {
  Images(const Shape& shape, size_t element)
      : count(shape.dim(0)),
        h(shape.dim(1)),
        w(shape.rank() == 4 ? shape.dim(2) : 1),
        pixel(shape.dim(shape.rank() - 1) * static_cast<int64_t>(element)) {}
  int64_t count;
  int64_t h;
  int64_t w;
  int64_t pixel;
};

// Inputs 1 and 2 are the block's sides and two numbers for each side.
class BatchBlocks : public Op {
 public:
  // `zero`: the byte that stands for real zero, repeated in every byte of an element.
  BatchBlocks(size_t element, std::array<std::byte, 8> zero) : element_(element), zero_(zero) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b110; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& input = inputs[0];
    const int spatial = input.rank() - 2;
    if (spatial < 1 || spatial > 2 || inputs[1] != Shape{spatial} ||
        inputs[2] != Shape{spatial, 2}) {
      return absl::InvalidArgumentError(absl::StrCat("blocks of shape ", inputs[1].ToString(),
                                                     " and sides of shape ", inputs[2].ToString(),
                                                     " for shape ", input.ToString()));
    }
    const Blocks blocks = BlocksOf(spatial, values);
    // Bounds that keep every product below within 63 bits.
    constexpr int64_t kLimit = 1 << 20;
    for (int64_t side : {blocks.h, blocks.w}) {
      if (side < 1 || side > kLimit) {
        return absl::InvalidArgumentError(absl::StrCat("blocks of ", side, " are not possible"));
      }
    }
    for (int64_t edge : {blocks.top, blocks.bottom, blocks.left, blocks.right}) {
      if (edge < 0) return absl::InvalidArgumentError(absl::StrCat("a side of ", edge));
    }
    OCTET_ASSIGN_OR_RETURN(const auto sizes, OutputSizes(Images(input, 1), blocks));
    absl::InlinedVector<int64_t, 4> dims = {sizes[0], sizes[1]};
    if (spatial == 2) dims.push_back(sizes[2]);
    dims.push_back(input.dim(input.rank() - 1));
    return OneShape(dims);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("it moves pixels along dimension 0");
  }

 protected:
  using Sizes = std::array<int64_t, 3>;
  virtual absl::StatusOr<Sizes> OutputSizes(const Images& in, const Blocks& blocks) const = 0;

  static absl::Status Mismatch() {
    return absl::InvalidArgumentError("the image and its sides are no whole number of blocks");
  }

  static Blocks BlocksOf(int spatial, absl::Span<const void* const> values) {
    const auto* sides = static_cast<const int32_t*>(values[1]);
    const auto* edges = static_cast<const int32_t*>(values[2]);
    Blocks blocks{sides[0], 1, edges[0], edges[1], 0, 0};
    if (spatial == 2) {
      blocks.w = sides[1];
      blocks.left = edges[2];
      blocks.right = edges[3];
    }
    return blocks;
  }

  const size_t element_;
  const std::array<std::byte, 8> zero_;
};

class SpaceToBatch final : public BatchBlocks {
 public:
  using BatchBlocks::BatchBlocks;

  absl::Status Run(const RunContext& context) const override {
    const Images in(context.input_shapes[0], element_);
    const Images out(context.output_shapes[0], element_);
    const Blocks b = BlocksOf(context.input_shapes[0].rank() - 2, context.inputs);
    auto* to = context.out<std::byte>(0);
    for (int64_t i = 0; i < out.count; ++i) {
      const int64_t place = i / in.count;
      const auto* image = context.in<std::byte>(0) + i % in.count * in.h * in.w * in.pixel;
      for (int64_t oy = 0; oy < out.h; ++oy) {
        const int64_t y = oy * b.h + place / b.w - b.top;
        for (int64_t ox = 0; ox < out.w; ++ox, to += in.pixel) {
          const int64_t x = ox * b.w + place % b.w - b.left;
          if (y >= 0 && y < in.h && x >= 0 && x < in.w) {
            std::memcpy(to, image + (y * in.w + x) * in.pixel, in.pixel);
          } else {
            Pad(to, in.pixel);
          }
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Sizes> OutputSizes(const Images& in, const Blocks& b) const override {
    const int64_t h = b.top + in.h + b.bottom;
    const int64_t w = b.left + in.w + b.right;
    if (h % b.h != 0 || w % b.w != 0) return Mismatch();
    if (in.count > std::numeric_limits<int32_t>::max() / (b.h * b.w)) return Mismatch();
    return Sizes{in.count * b.h * b.w, h / b.h, w / b.w};
  }

  void Pad(std::byte* to, int64_t bytes) const {
    for (int64_t i = 0; i < bytes; i += static_cast<int64_t>(element_)) {
      std::memcpy(to + i, zero_.data(), element_);
    }
  }
};

class BatchToSpace final : public BatchBlocks {
 public:
  using BatchBlocks::BatchBlocks;

  absl::Status Run(const RunContext& context) const override {
    const Images in(context.input_shapes[0], element_);
    const Images out(context.output_shapes[0], element_);
    const Blocks b = BlocksOf(context.input_shapes[0].rank() - 2, context.inputs);
    const auto* from = context.in<std::byte>(0);
    for (int64_t i = 0; i < in.count; ++i) {
      const int64_t place = i / out.count;
      auto* image = context.out<std::byte>(0) + i % out.count * out.h * out.w * out.pixel;
      for (int64_t iy = 0; iy < in.h; ++iy) {
        const int64_t y = iy * b.h + place / b.w - b.top;
        for (int64_t ix = 0; ix < in.w; ++ix, from += in.pixel) {
          const int64_t x = ix * b.w + place % b.w - b.left;
          if (y >= 0 && y < out.h && x >= 0 && x < out.w) {
            std::memcpy(image + (y * out.w + x) * out.pixel, from, in.pixel);
          }
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Sizes> OutputSizes(const Images& in, const Blocks& b) const override {
    const int64_t h = in.h * b.h - b.top - b.bottom;
    const int64_t w = in.w * b.w - b.left - b.right;
    if (in.count % (b.h * b.w) != 0 || h < 0 || w < 0) return Mismatch();
    return Sizes{in.count / (b.h * b.w), h, w};
  }
};

template <typename Op>
PreparedOp Prepare(const PrepareContext& context) {
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), output));
  std::array<std::byte, 8> zero{};
  if (output.quantization.is_quantized()) {
    // Little-endian: an 8-bit code is its first byte.
    const auto code = static_cast<int16_t>(output.quantization.zero_point[0]);
    std::memcpy(zero.data(), &code, sizeof(code));
  }
  return std::make_unique<Op>(DataTypeSize(output.type), zero);
}

}  // namespace

OpRowList BatchBlocksRows() {
  constexpr TypeSlot kIndex{DataType::kInt32};
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    rows.push_back({BuiltinOp::kSpaceToBatchNd,
                    1,
                    4,
                    {{type}, kIndex, kIndex},
                    {{type}},
                    &Prepare<SpaceToBatch>});
    rows.push_back({BuiltinOp::kBatchToSpaceNd,
                    1,
                    4,
                    {{type}, kIndex, kIndex},
                    {{type}},
                    &Prepare<BatchToSpace>});
  }
  return rows;
}

}  // namespace octet::ops
