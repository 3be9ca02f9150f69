// SPACE_TO_DEPTH and DEPTH_TO_SPACE: square blocks of pixels as channels of one, and back.
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

// What both share. `block`: pixels along one side.
class DepthBlocks : public Op {
 public:
  DepthBlocks(int32_t block, size_t element) : block_(block), element_(element) {}

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }

 protected:
  absl::Status Mismatch(const Shape& input) const {
    return absl::InvalidArgumentError(
        absl::StrCat("blocks of ", block_, " do not fit shape ", input.ToString()));
  }

  const int64_t block_;
  const size_t element_;
};

class SpaceToDepth final : public DepthBlocks {
 public:
  using DepthBlocks::DepthBlocks;

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& in = inputs[0];
    OCTET_RETURN_IF_ERROR(CheckShapeRank(in, 4, "the input"));
    if (in.dim(1) % block_ != 0 || in.dim(2) % block_ != 0) return Mismatch(in);
    const int64_t sizes[] = {in.dim(0), in.dim(1) / block_, in.dim(2) / block_,
                             in.dim(3) * block_ * block_};
    return OneShape(sizes);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& in = context.input_shapes[0];
    const Shape& out = context.output_shapes[0];
    const int64_t pixel = in.dim(3);
    const int64_t line = in.dim(2) * pixel;
    StridedView view;
    view.Add(out.dim(0), in.InnerElements(1));
    view.Add(out.dim(1), block_ * line);
    view.Add(out.dim(2), block_ * pixel);
    view.Add(block_, line);
    view.Add(block_, pixel);
    view.Add(pixel, 1);
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }
};

class DepthToSpace final : public DepthBlocks {
 public:
  using DepthBlocks::DepthBlocks;

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& in = inputs[0];
    OCTET_RETURN_IF_ERROR(CheckShapeRank(in, 4, "the input"));
    if (in.dim(3) % (block_ * block_) != 0) return Mismatch(in);
    const int64_t sizes[] = {in.dim(0), in.dim(1) * block_, in.dim(2) * block_,
                             in.dim(3) / (block_ * block_)};
    return OneShape(sizes);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& in = context.input_shapes[0];
    const int64_t depth = context.output_shapes[0].dim(3);
    StridedView view;
    view.Add(in.dim(0), in.InnerElements(1));
    view.Add(in.dim(1), in.InnerElements(2));
    view.Add(block_, block_ * depth);
    view.Add(in.dim(2), in.dim(3));
    view.Add(block_, depth);
    view.Add(depth, 1);
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }
};

template <typename Blocks, typename Options>
PreparedOp Prepare(const PrepareContext& context) {
  const int32_t block = context.options<Options>().block_size;
  // Larger ones have no image to fit, and their square must not pass 63 bits.
  if (block < 1 || block > (1 << 20)) {
    return absl::InvalidArgumentError(absl::StrCat("blocks of ", block, " are not possible"));
  }
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  return std::make_unique<Blocks>(block, DataTypeSize(context.output(0).type));
}

}  // namespace

OpRowList DepthBlocksRows() {
  OpRowList rows;
  for (DataType type : {DataType::kFloat32, DataType::kInt8, DataType::kUint8, DataType::kInt32,
                        DataType::kInt64}) {
    rows.push_back(
        {BuiltinOp::kSpaceToDepth, 1, 2, {{type}}, {{type}}, &Prepare<SpaceToDepth, BlockOptions>});
    rows.push_back(
        {BuiltinOp::kDepthToSpace, 1, 2, {{type}}, {{type}}, &Prepare<DepthToSpace, BlockOptions>});
  }
  return rows;
}

}  // namespace octet::ops
