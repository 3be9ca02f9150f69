// A convolution of stride one as matrix products over padded lines.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_PADDED_PRODUCT_H_
#define OCTET_ENGINE_OPS_PRODUCTS_PADDED_PRODUCT_H_

#include <cstddef>
#include <cstdint>

#include "engine/kernels/packing.h"
#include "engine/ops/core/op.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/spatial/padded_lines.h"

namespace octet::ops {

// How a batch of images of one size is convolved. Successive windows of lines that are padded and
// follow each other are successive rows of a matrix, which a kernel reads where they lie, each code
// for every window that holds it. Windows that reach from one line into the next are multiplied
// with the others; their results are dropped.
//
// A unit is some output rows of an image. Weights too large for the second cache pass by once for a
// group of units, a chunk of columns at a time.
class PaddedProduct {
 public:
  // The packed weights have a segment for each line of the window. Strides are 1, and so is the
  // horizontal dilation.
  static bool Serves(const Window& window) {
    return window.taps() > 1 && window.h.stride == 1 && window.w.stride == 1 &&
           window.w.dilation == 1;
  }
  PaddedProduct(const kernels::PackedGemmS8& packed, const Window& window, int32_t channels,
                int64_t images, int threads);

  // For that many threads or fewer.
  size_t ScratchBytes() const { return parts_ * part_bytes_; }

  // Convolves the context's images; `fill` stands for codes outside of them.
  void Run(const RunContext& context, const kernels::EpilogueArgs& epilogue, int8_t fill) const;

 private:
  struct Unit {
    int64_t image;
    int32_t begin;  // output rows
    int32_t end;
  };

  Unit UnitAt(int64_t i) const;
  void RunPart(const RunContext& context, const kernels::EpilogueArgs& epilogue, int8_t fill,
               int64_t part) const;
  // Columns `columns` of a unit whose lines are padded already.
  void Multiply(const Unit& unit, const int8_t* lines, const Range& columns,
                const kernels::EpilogueArgs& epilogue, int8_t* results, int8_t* out) const;

  const kernels::PackedGemmS8& packed_;
  const Window window_;
  const int32_t channels_;
  const int64_t parts_;
  const int64_t line_pixels_;
  bool by_columns_ = false;  // else the parts share out the units
  int32_t unit_rows_ = 1;
  int64_t units_ = 0;
  int64_t lines_bytes_ = 0;  // of a unit
  int64_t group_ = 1;        // units
  int64_t chunk_ = 0;        // columns
  size_t part_bytes_ = 0;    // of scratch, whatever the number of threads
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_PADDED_PRODUCT_H_
