// Convolutions of 8-bit codes that can compute a few rows of an image at a time.
#ifndef OCTET_ENGINE_OPS_SPATIAL_BANDED_OP_H_
#define OCTET_ENGINE_OPS_SPATIAL_BANDED_OP_H_

#include <cstddef>
#include <cstdint>

#include "engine/ops/spatial/conv_common.h"

namespace octet::ops {

// Rows of an image, one after the other; somebody else's memory.
struct ImageRows {
  // Implicit: a whole image is its rows from the first on.
  ImageRows(const int8_t* rows, int32_t first_row = 0) : data(rows), first(first_row) {}

  const int8_t* row(int32_t y, int64_t row_bytes) const { return data + (y - first) * row_bytes; }

  const int8_t* data;
  int32_t first;  // number of the row at `data`
};

class BandedOp : public ConvOp {
 public:
  using ConvOp::ConvOp;

  // Whether RunBand serves; else Run alone does.
  virtual bool RunsBands() const = 0;

  const ConvParams& params() const { return params_; }
  // Of an input shape that InferShapes accepted.
  using ConvOp::WindowFor;

  // Bytes of scratch for RunBand.
  virtual size_t BandScratchBytes(const Window& window) const = 0;

  // Computes output rows [begin, end) of one image on the calling thread, dense, from `out` on.
  // `rows` has at least those rows that the windows touch inside of the image, and kInputOverRead-
  // Bytes that can be read behind them. Where the window is pointwise, rows of neighbouring images
  // may pass for those of one. The bytes are those of Run.
  virtual void RunBand(const Window& window, const ImageRows& rows, int32_t begin, int32_t end,
                       std::byte* scratch, int8_t* out) const = 0;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SPATIAL_BANDED_OP_H_
