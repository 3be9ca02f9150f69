#include "engine/ops/products/padded_product.h"

#include <algorithm>
#include <cstring>

#include "engine/base/checked_math.h"
#include "engine/ops/products/matmul_s8.h"

namespace octet::ops {
namespace {

constexpr int64_t kUnitBytes = 256 << 10;  // of lines and results, which stay in the second cache
constexpr int64_t kFarWeights = 3 << 19;
constexpr int64_t kGroupBytes = 512 << 10;  // of lines that stay there beside a chunk of weights
constexpr int64_t kChunkColumns = 64;

}  // namespace

PaddedProduct::PaddedProduct(const kernels::PackedGemmS8& packed, const Window& window,
                             int32_t channels, int64_t images, int threads)
    : packed_(packed),
      window_(window),
      channels_(channels),
      parts_(PartsOfMatmulS8(packed, images * window.out_pixels(), threads)),
      line_pixels_(Taps(window.w, window.w.out)) {
  const int64_t line = PaddedLine(window, channels);
  const auto lines_bytes = [&](int64_t rows) {
    return RoundUp(Taps(window.h, rows) * line + kernels::kGemmOverReadBytes, 64);
  };
  const int64_t fitting = kUnitBytes / (line + line_pixels_ * packed.n);
  const int64_t most = std::clamp<int64_t>(fitting, 1, window.h.out);
  const bool by_image = images % parts_ == 0;
  // Who shares out the longer side reads less in all.
  by_columns_ = !by_image && window.out_pixels() < packed.n;
  const int64_t bands = CeilDiv(window.h.out, most);
  const int64_t even_bands = by_image || by_columns_ ? bands : RoundUp(bands, parts_);
  unit_rows_ = static_cast<int32_t>(CeilDiv(window.h.out, even_bands));
  units_ = images * CeilDiv(window.h.out, unit_rows_);
  lines_bytes_ = lines_bytes(unit_rows_);
  const int64_t weights = int64_t{packed.segments} * packed.segment_length * packed.n;
  const bool far = weights > kFarWeights && images * bands > 1;
  group_ = far ? std::clamp<int64_t>(kGroupBytes / lines_bytes_, 1, units_) : 1;
  chunk_ = far ? RoundUp(kChunkColumns, packed.variant->layout.n_tile) : packed.n;
  const int64_t columns = std::min<int64_t>(chunk_, packed.n);
  const int64_t all_lines = std::max(lines_bytes(most), far ? kGroupBytes : 0);
  part_bytes_ = RoundUp(all_lines + most * line_pixels_ * columns, 64);
}

PaddedProduct::Unit PaddedProduct::UnitAt(int64_t i) const {
  const int64_t bands = CeilDiv(window_.h.out, unit_rows_);
  const auto begin = static_cast<int32_t>(i % bands * unit_rows_);
  return {i / bands, begin, std::min(begin + unit_rows_, window_.h.out)};
}

void PaddedProduct::Run(const RunContext& context, const kernels::EpilogueArgs& epilogue,
                        int8_t fill) const {
  ForEachPart(context.pool, parts_, [&](int64_t part) { RunPart(context, epilogue, fill, part); });
}

void PaddedProduct::RunPart(const RunContext& context, const kernels::EpilogueArgs& epilogue,
                            int8_t fill, int64_t part) const {
  const Range units = by_columns_ ? Range{0, units_} : Share(units_, 1, part, parts_);
  const Range columns = by_columns_ ? Share(packed_.n, packed_.variant->layout.n_tile, part, parts_)
                                    : Range{0, packed_.n};
  auto* lines = reinterpret_cast<int8_t*>(context.scratch + part * part_bytes_);
  int8_t* results = lines + group_ * lines_bytes_;
  const int64_t in_size = context.input_shapes[0].InnerElements(1);
  const int64_t out_size = window_.out_pixels() * packed_.n;
  for (int64_t first = units.begin; first < units.end; first += group_) {
    const int64_t last = std::min(units.end, first + group_);
    for (int64_t u = first; u < last; ++u) {
      const Unit unit = UnitAt(u);
      PadLines(window_, context.in<int8_t>(0) + unit.image * in_size, channels_, fill, unit.begin,
               unit.end, lines + (u - first) * lines_bytes_);
    }
    for (int64_t c = columns.begin; c < columns.end; c += chunk_) {
      for (int64_t u = first; u < last; ++u) {
        const Unit unit = UnitAt(u);
        Multiply(unit, lines + (u - first) * lines_bytes_, {c, std::min(columns.end, c + chunk_)},
                 epilogue, results, context.out<int8_t>(0) + unit.image * out_size);
      }
    }
  }
}

void PaddedProduct::Multiply(const Unit& unit, const int8_t* lines, const Range& columns,
                             const kernels::EpilogueArgs& epilogue, int8_t* results,
                             int8_t* out) const {
  const int64_t n = columns.end - columns.begin;
  kernels::GemmS8Args args = kernels::MakeGemmS8Args(
      packed_, epilogue, static_cast<int32_t>(columns.begin), static_cast<int32_t>(columns.end));
  args.a = lines;
  args.a_row_stride = channels_;
  args.a_segment_stride = window_.h.dilation * line_pixels_ * channels_;
  args.m = static_cast<int32_t>((unit.end - unit.begin - 1) * line_pixels_ + window_.w.out);
  args.out = results;
  args.out_row_stride = n;
  packed_.variant->run(&args);
  for (int32_t y = unit.begin; y < unit.end; ++y) {
    const int8_t* from = results + (y - unit.begin) * line_pixels_ * n;
    int8_t* to = out + int64_t{y} * window_.w.out * packed_.n + columns.begin;
    if (n == packed_.n) {
      std::memcpy(to, from, window_.w.out * n);
      continue;
    }
    for (int32_t x = 0; x < window_.w.out; ++x) {
      std::memcpy(to + int64_t{x} * packed_.n, from + x * n, n);
    }
  }
}

}  // namespace octet::ops
