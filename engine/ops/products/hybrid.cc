#include "engine/ops/products/hybrid.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/ops/core/parallel.h"

namespace octet::ops {
namespace {

// `value` cut to [lo, hi]. In this order of arguments a NaN becomes `lo`, which has a code.
float Cut(float value, float lo, float hi) { return std::min(hi, std::max(lo, value)); }

// How the values of one row become codes.
struct RowCoder {
  RowQuantization quantization;
  bool ties_to_even = false;
  float inverse = 0;
  float zero_point = 0;
  float lo = 0;
  float hi = 0;

  void Encode(const kernels::FloatRows& kernels, const float* values, int64_t count,
              int8_t* codes) const {
    const kernels::FloatCodesRun run = {values, codes, count, inverse, zero_point, lo, hi};
    (ties_to_even ? kernels.codes_half_even : kernels.codes_half_away)(&run);
  }
};

RowCoder Asymmetric(kernels::FloatRange range) {
  if (range.lo == range.hi) return {};
  // The zero point comes from a scale in double, the codes from that scale in single precision.
  const double exact_scale = static_cast<double>(range.hi - range.lo) / 255.0;
  const double from_lo = range.lo / exact_scale;
  const double from_hi = range.hi / exact_scale;
  const double zero =
      128.0 + std::abs(from_lo) < 127.0 + std::abs(from_hi) ? -128.0 - from_lo : 127.0 - from_hi;
  const float zero_point = Cut(static_cast<float>(std::round(zero)), -128.0f, 127.0f);
  const auto scale = static_cast<float>(exact_scale);
  return {{scale, static_cast<int32_t>(zero_point)},
          false,
          1.0f / scale,
          zero_point,
          -128.0f - zero_point,
          127.0f - zero_point};
}

RowCoder Symmetric(kernels::FloatRange range) {
  const float magnitude = std::max(std::abs(range.lo), std::abs(range.hi));
  if (magnitude == 0) return {};
  return {{magnitude / 127.0f, 0}, false, 127.0f / magnitude, 0.0f, -127.0f, 127.0f};
}

RowCoder AsymmetricXnn(kernels::FloatRange range) {
  const float inverse = range.lo == range.hi ? 1.0f : 255.0f / (range.hi - range.lo);
  const float lo = range.lo * inverse;
  const float hi = range.hi * inverse;
  const float zero = (-128.0f + lo) + (127.0f + hi) > 0 ? -128.0f - lo : 127.0f - hi;
  const float zero_point = std::rint(Cut(zero, -128.0f, 127.0f));
  return {{1.0f / inverse, static_cast<int32_t>(zero_point)},
          true,
          inverse,
          zero_point,
          -128.0f - zero_point,
          127.0f - zero_point};
}

RowCoder CoderOf(RowRule rule, kernels::FloatRange range) {
  switch (rule) {
    case RowRule::kAsymmetric:
      return Asymmetric(range);
    case RowRule::kSymmetric:
      return Symmetric(range);
    case RowRule::kAsymmetricXnn:
      return AsymmetricXnn(range);
  }
  return {};
}

constexpr int64_t kMaxRowParts = 16;

// One row on `parts` threads: first its range, then its codes.
RowQuantization QuantizeInParts(const kernels::FloatRows& kernels, RowRule rule,
                                absl::Span<const float> values, int8_t* codes, ThreadPool* pool,
                                int64_t parts) {
  const auto count = static_cast<int64_t>(values.size());
  kernels::FloatRange ranges[kMaxRowParts];
  ForEachPart(pool, parts, [&](int64_t part) {
    const Range share = Share(count, 1, part, parts);
    ranges[part] = kernels.range(values.data() + share.begin, share.end - share.begin);
  });
  kernels::FloatRange range = ranges[0];
  for (int64_t part = 1; part < parts; ++part) {
    range.lo = std::min(range.lo, ranges[part].lo);
    range.hi = std::max(range.hi, ranges[part].hi);
  }
  const RowCoder coder = CoderOf(rule, range);
  ForEachPart(pool, parts, [&](int64_t part) {
    const Range share = Share(count, 1, part, parts);
    coder.Encode(kernels, values.data() + share.begin, share.end - share.begin,
                 codes + share.begin);
  });
  return coder.quantization;
}

}  // namespace

RowQuantization QuantizeRow(const kernels::FloatRows& kernels, RowRule rule,
                            absl::Span<const float> values, int8_t* codes) {
  return QuantizeInParts(kernels, rule, values, codes, nullptr, 1);
}

void QuantizeRows(const kernels::FloatRows& kernels, RowRule rule, const float* values,
                  int64_t rows, int64_t length, RowQuantization* quantization, int8_t* codes) {
  if (rule == RowRule::kAsymmetricXnn) {
    const kernels::QuantizeRowsRun run = {values, codes, rows, length, quantization};
    kernels.quantize_rows(&run);
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    quantization[r] = QuantizeRow(kernels, rule, {values + r * length, static_cast<size_t>(length)},
                                  codes + r * length);
  }
}

void QuantizeRowsTogether(const kernels::FloatRows& kernels, RowRule rule, const float* values,
                          int64_t rows, int64_t length, RowQuantization* quantization,
                          int8_t* codes, ThreadPool* pool) {
  constexpr int64_t kMinPart = 1 << 14;  // values that pay for a second thread
  const int64_t threads = pool == nullptr ? 1 : pool->threads();
  const int64_t parts =
      std::clamp<int64_t>(rows * length / kMinPart, 1, std::min(threads, kMaxRowParts));
  if (rows >= parts) {
    ForEachPart(pool, parts, [&](int64_t part) {
      const Range share = Share(rows, 1, part, parts);
      QuantizeRows(kernels, rule, values + share.begin * length, share.end - share.begin, length,
                   quantization + share.begin, codes + share.begin * length);
    });
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    quantization[r] =
        QuantizeInParts(kernels, rule, {values + r * length, static_cast<size_t>(length)},
                        codes + r * length, pool, parts);
  }
}

absl::Status HybridStage::SetWeights(absl::Span<const int8_t> weights, int32_t n, int64_t n_stride,
                                     int64_t k_stride) {
  const auto k = static_cast<int64_t>(weights.size()) / n;
  weight_sums.assign(n, 0);
  for (int32_t c = 0; c < n; ++c) {
    int64_t sum = 0;
    int64_t magnitude = 0;
    for (int64_t i = 0; i < k; ++i) {
      const int32_t w = weights[c * n_stride + i * k_stride];
      sum += w;
      magnitude += std::abs(w);
    }
    if (magnitude * 255 > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the products of output channel ", c, " can exceed 32 bits"));
    }
    weight_sums[c] = static_cast<int32_t>(sum);
  }
  return absl::OkStatus();
}

void HybridStage::Finish(const HybridSums& sums) const {
  const auto finish = [&](int32_t from, int32_t to, HybridOrder with) {
    if (from >= to) return;
    const kernels::HybridRows run = {with,
                                     sums.acc + (from - sums.begin),
                                     sums.acc_row_stride,
                                     sums.out + (from - sums.begin),
                                     sums.out_row_stride,
                                     sums.rows,
                                     to - from,
                                     sums.quantization,
                                     sums.quantization_step,
                                     weight_scales.data() + from,
                                     weight_sums.data() + from,
                                     bias.empty() ? nullptr : bias.data() + from,
                                     range.lo,
                                     range.hi};
    kernels->finish(&run);
  };
  const int32_t end = sums.begin + sums.n;
  finish(sums.begin, std::min(end, tail_begin), order);
  finish(std::max(sums.begin, tail_begin), end, kernels::kRowThenWeight);
}

}  // namespace octet::ops
