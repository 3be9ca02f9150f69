// How a chain of convolutions is cut so that what lies between them stays in a second-level cache.
#ifndef OCTET_ENGINE_OPS_SPATIAL_BANDS_H_
#define OCTET_ENGINE_OPS_SPATIAL_BANDS_H_

#include <cstddef>
#include <cstdint>

#include "engine/ops/spatial/window.h"

namespace octet::ops {

// A convolution with windows, between pointwise ones.
struct BandProblem {
  int64_t images = 1;
  WindowAxis rows;  // of the windows
  int64_t before_row_bytes =
      0;  // of a row that the windows read; 0 where the chain does not make it
  int64_t after_row_bytes = 0;  // of a row that they write
  int threads = 1;
  size_t cache_bytes = 0;  // second-level cache of a processor
};

struct Bands {
  // The operators run one after the other over everything, each on all threads: the rows cannot be
  // shared out evenly.
  bool together = false;
  int64_t parts = 1;   // equal runs of output rows of all images, one a thread
  int64_t images = 0;  // most whole images in a band
  int32_t rows = 1;    // most output rows in a band inside of an image
};

// A thread's share is one band where half of the cache holds what is between, as weights are read
// again for each band, and where the chain does not make the rows that the windows read: then bands
// save neither time nor memory (tests/bench/RESULTS.md). Else bands are as large as a quarter of
// the cache allows; the rest is for weights, and for what comes in and goes out.
Bands ComputeBands(const BandProblem& problem);

// Input rows inside of the image that the windows of output rows [begin, end) touch, not empty.
struct RowRange {
  int32_t begin = 0;
  int32_t end = 0;
  int32_t size() const { return end - begin; }
};
RowRange RowsTouched(const WindowAxis& rows, int32_t begin, int32_t end);

// At most so many are touched by `outputs` neighbouring windows.
int32_t MostRowsTouched(const WindowAxis& rows, int32_t outputs);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SPATIAL_BANDS_H_
