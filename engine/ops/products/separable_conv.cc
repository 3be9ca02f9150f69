#include "engine/ops/products/separable_conv.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/parallel.h"

namespace octet::ops {
namespace {

size_t Padded(int64_t bytes) { return RoundUp(bytes + kInputOverReadBytes, 64); }

}  // namespace

const BandedOp* AsBandedOp(const Op& op) {
  const auto* banded = dynamic_cast<const BandedOp*>(&op);
  return banded != nullptr && banded->RunsBands() ? banded : nullptr;
}

SeparableConv::SeparableConv(std::unique_ptr<const Op> expand, std::unique_ptr<const Op> depthwise,
                             std::unique_ptr<const Op> project, size_t cache_bytes)
    : expand_(std::move(expand)),
      depthwise_(std::move(depthwise)),
      project_(std::move(project)),
      cache_bytes_(cache_bytes) {}

absl::StatusOr<Shapes> SeparableConv::InferShapes(absl::Span<const Shape> inputs) const {
  Shapes shapes = {inputs[0]};
  for (const auto* op : {&expand_, &depthwise_, &project_}) {
    if (*op == nullptr) continue;
    OCTET_ASSIGN_OR_RETURN(shapes, (*op)->InferShapes(shapes));
  }
  return shapes;
}

absl::Status SeparableConv::CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const {
  return absl::OkStatus();  // as for every convolution
}

size_t SeparableConv::ConstantBytes() const {
  return (expand_ == nullptr ? 0 : expand_->ConstantBytes()) + depthwise_->ConstantBytes() +
         project_->ConstantBytes();
}

SeparableConv::Layout SeparableConv::LayOut(const Shape& input, int threads) const {
  Layout layout;
  Shape shape = input;
  const auto add = [&shape](const Op& op, Stage& stage) {
    stage.op = AsBandedOp(op);
    stage.input = shape;
    stage.window = stage.op->WindowFor(shape);
    shape = (*op.InferShapes({&stage.input, 1}))[0];
    stage.in_row_bytes = stage.input.InnerElements(2);
    stage.out_row_bytes = shape.InnerElements(2);
  };
  if (expand_ != nullptr) add(*expand_, layout.expand);
  add(*depthwise_, layout.depthwise);
  add(*project_, layout.project);
  layout.output = shape;
  layout.images = input.dim(0);

  const WindowAxis& rows = layout.depthwise.window.h;
  BandProblem problem;
  problem.images = layout.images;
  problem.rows = rows;
  problem.before_row_bytes = layout.expand.out_row_bytes;
  problem.after_row_bytes = layout.depthwise.out_row_bytes;
  problem.threads = threads;
  problem.cache_bytes = cache_bytes_;
  layout.bands = ComputeBands(problem);
  const int64_t filtered = std::max<int64_t>(layout.bands.images * rows.out, layout.bands.rows);
  const int64_t expanded =
      std::max<int64_t>(layout.bands.images * rows.in, MostRowsTouched(rows, layout.bands.rows));
  layout.filtered_bytes = Padded(filtered * layout.depthwise.out_row_bytes);
  if (expand_ != nullptr) layout.expanded_bytes = Padded(expanded * layout.expand.out_row_bytes);
  for (const Stage* stage : {&layout.expand, &layout.depthwise, &layout.project}) {
    if (stage->op == nullptr) continue;
    const size_t bytes = layout.bands.together
                             ? stage->op->ScratchBytes({&stage->input, 1}, threads)
                             : stage->op->BandScratchBytes(stage->window);
    layout.scratch_bytes = std::max<size_t>(layout.scratch_bytes, RoundUp(bytes, 64));
  }
  return layout;
}

size_t SeparableConv::ScratchBytes(absl::Span<const Shape> inputs, int threads) const {
  size_t bytes = 0;
  for (int t = 1; t <= threads; ++t) {
    const Layout layout = LayOut(inputs[0], t);
    bytes = std::max(bytes, layout.bands.parts * layout.part_bytes());
  }
  return bytes;
}

// One thread's share of the rows.
class SeparableConv::Part {
 public:
  Part(const Layout& layout, const RunContext& context, int64_t part)
      : layout_(layout),
        in_(context.in<int8_t>(0)),
        out_(context.out<int8_t>(0)),
        expanded_(reinterpret_cast<int8_t*>(context.scratch + part * layout.part_bytes())),
        filtered_(expanded_ + layout.expanded_bytes),
        scratch_(reinterpret_cast<std::byte*>(filtered_ + layout.filtered_bytes)) {}

  void Run(const Range& rows) {
    const int64_t height = layout_.project.window.h.out;
    for (int64_t row = rows.begin; row < rows.end;) {
      const int64_t image = row / height;
      const auto y = static_cast<int32_t>(row % height);
      const int64_t rest = rows.end - row;
      int8_t* out = out_ + row * layout_.project.out_row_bytes;
      if (y == 0) kept_begin_ = kept_end_ = 0;
      const int64_t images = y == 0 ? std::min(rest / height, layout_.bands.images) : 0;
      if (images > 0) {
        RunImages(image, images, out);
        row += images * height;
      } else {
        const auto end = static_cast<int32_t>(
            std::min<int64_t>(height, y + std::min<int64_t>(layout_.bands.rows, rest)));
        RunRows(image, y, end, out);
        row += end - y;
      }
    }
  }

 private:
  const Stage& first() const {
    return layout_.expand.op == nullptr ? layout_.depthwise : layout_.expand;
  }
  const int8_t* Image(int64_t image) const {
    return in_ + image * first().window.h.in * first().in_row_bytes;
  }

  void RunStage(const Stage& stage, const ImageRows& rows, int32_t begin, int32_t end,
                int8_t* out) {
    stage.op->RunBand(stage.window, rows, begin, end, scratch_, out);
  }

  void RunImages(int64_t image, int64_t count, int8_t* out) {
    const Window& window = layout_.depthwise.window;
    const int8_t* in = Image(image);
    if (layout_.expand.op != nullptr) {
      RunStage(layout_.expand, in, 0, static_cast<int32_t>(count * window.h.in), expanded_);
      in = expanded_;
    }
    for (int64_t i = 0; i < count; ++i) {
      RunStage(layout_.depthwise, in + i * window.h.in * layout_.depthwise.in_row_bytes, 0,
               window.h.out, filtered_ + i * window.h.out * layout_.depthwise.out_row_bytes);
    }
    RunStage(layout_.project, filtered_, 0, static_cast<int32_t>(count * window.h.out), out);
  }

  void RunRows(int64_t image, int32_t begin, int32_t end, int8_t* out) {
    const ImageRows rows =
        layout_.expand.op == nullptr ? Image(image) : Expand(Image(image), begin, end);
    RunStage(layout_.depthwise, rows, begin, end, filtered_);
    RunStage(layout_.project, ImageRows(filtered_, begin), begin, end, out);
  }

  // Expanded rows that output rows [begin, end) read; those of the band before are still there.
  ImageRows Expand(const int8_t* image, int32_t begin, int32_t end) {
    const int64_t row_bytes = layout_.expand.out_row_bytes;
    const RowRange touched = RowsTouched(layout_.depthwise.window.h, begin, end);
    const int32_t again = std::max(kept_end_ - touched.begin, 0);
    if (again > 0) {
      std::memmove(expanded_, expanded_ + (touched.begin - kept_begin_) * row_bytes,
                   again * row_bytes);
    }
    RunStage(layout_.expand, image, touched.begin + again, touched.end,
             expanded_ + again * row_bytes);
    kept_begin_ = touched.begin;
    kept_end_ = touched.end;
    return {expanded_, touched.begin};
  }

  const Layout& layout_;
  const int8_t* const in_;
  int8_t* const out_;
  int8_t* const expanded_;
  int8_t* const filtered_;
  std::byte* const scratch_;
  // Rows of the image that stand in expanded_.
  int32_t kept_begin_ = 0;
  int32_t kept_end_ = 0;
};

absl::Status SeparableConv::RunTogether(const RunContext& context, const Layout& layout) const {
  std::byte* expanded = context.scratch;
  std::byte* filtered = expanded + layout.expanded_bytes;
  const auto run = [&](const Stage& stage, const Shape& output, const void* in, void* out) {
    RunContext inner = context;
    inner.inputs = {&in, 1};
    inner.outputs = {&out, 1};
    inner.input_shapes = {&stage.input, 1};
    inner.output_shapes = {&output, 1};
    inner.scratch = filtered + layout.filtered_bytes;
    return stage.op->Run(inner);
  };
  const void* in = context.inputs[0];
  if (layout.expand.op != nullptr) {
    OCTET_RETURN_IF_ERROR(run(layout.expand, layout.depthwise.input, in, expanded));
    in = expanded;
  }
  OCTET_RETURN_IF_ERROR(run(layout.depthwise, layout.project.input, in, filtered));
  return run(layout.project, layout.output, filtered, context.outputs[0]);
}

absl::Status SeparableConv::Run(const RunContext& context) const {
  const Layout layout = LayOut(context.input_shapes[0], context.threads());
  if (layout.bands.together) return RunTogether(context, layout);
  const int64_t rows = layout.images * layout.project.window.h.out;
  ForEachPart(context.pool, layout.bands.parts, [&](int64_t part) {
    Part(layout, context, part).Run(Share(rows, 1, part, layout.bands.parts));
  });
  return absl::OkStatus();
}

}  // namespace octet::ops
