// A depthwise convolution and the pointwise ones around it as one operator.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_SEPARABLE_CONV_H_
#define OCTET_ENGINE_OPS_PRODUCTS_SEPARABLE_CONV_H_

#include <cstddef>
#include <memory>

#include "engine/ops/core/op.h"
#include "engine/ops/spatial/banded_op.h"
#include "engine/ops/spatial/bands.h"

namespace octet::ops {

// `op` as a convolution that runs by bands; null where it is none. The pointer lives as `op` does.
const BandedOp* AsBandedOp(const Op& op);

// Computes what its operators compute one after the other, and the same bytes, a band of rows at a
// time, so that what is between them stays in a processor's second-level cache and takes little
// memory. Reads the first one's input, writes the last one's output.
class SeparableConv final : public Op {
 public:
  // `expand` may be null; it and `project` are pointwise. All are AsBandedOp. `cache_bytes`: of a
  // processor's second-level cache.
  SeparableConv(std::unique_ptr<const Op> expand, std::unique_ptr<const Op> depthwise,
                std::unique_ptr<const Op> project, size_t cache_bytes);

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override;
  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override;
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override;
  absl::Status Run(const RunContext& context) const override;
  size_t ConstantBytes() const override;

 private:
  // An operator with its input's shape and window.
  struct Stage {
    const BandedOp* op = nullptr;
    Shape input;
    Window window;
    int64_t in_row_bytes = 0;
    int64_t out_row_bytes = 0;
  };
  // Scratch of a part, or of all threads together: [expanded][depthwise's output][their scratch].
  struct Layout {
    Stage expand;  // without op where there is none
    Stage depthwise;
    Stage project;
    Shape output;
    int64_t images = 0;
    Bands bands;
    size_t expanded_bytes = 0;
    size_t filtered_bytes = 0;
    size_t scratch_bytes = 0;
    size_t part_bytes() const { return expanded_bytes + filtered_bytes + scratch_bytes; }
  };
  class Part;

  Layout LayOut(const Shape& input, int threads) const;
  absl::Status RunTogether(const RunContext& context, const Layout& layout) const;

  const std::unique_ptr<const Op> expand_;
  const std::unique_ptr<const Op> depthwise_;
  const std::unique_ptr<const Op> project_;
  const size_t cache_bytes_;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_SEPARABLE_CONV_H_
