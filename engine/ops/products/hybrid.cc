#include "engine/ops/products/hybrid.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"

namespace octet::ops {
namespace {

// `value` cut to [lo, hi]. In this order of arguments a NaN becomes `lo`, which has a code.
float Cut(float value, float lo, float hi) { return std::min(hi, std::max(lo, value)); }

kernels::FloatCodesRun RunOf(absl::Span<const float> values, int8_t* codes, float inverse,
                             float zero_point) {
  return {values.data(),
          codes,
          static_cast<int64_t>(values.size()),
          inverse,
          zero_point,
          -128.0f - zero_point,
          127.0f - zero_point};
}

RowQuantization QuantizeAsymmetric(const kernels::FloatRows& kernels,
                                   absl::Span<const float> values, float lo, float hi,
                                   int8_t* codes) {
  if (lo == hi) {
    std::fill_n(codes, values.size(), int8_t{0});
    return {};
  }
  // The zero point comes from a scale in double, the codes from that scale in single precision.
  const double exact_scale = static_cast<double>(hi - lo) / 255.0;
  const double from_lo = lo / exact_scale;
  const double from_hi = hi / exact_scale;
  const double zero =
      128.0 + std::abs(from_lo) < 127.0 + std::abs(from_hi) ? -128.0 - from_lo : 127.0 - from_hi;
  const float zero_point = Cut(static_cast<float>(std::round(zero)), -128.0f, 127.0f);
  const auto scale = static_cast<float>(exact_scale);
  const kernels::FloatCodesRun run = RunOf(values, codes, 1.0f / scale, zero_point);
  kernels.codes_half_away(&run);
  return {scale, static_cast<int32_t>(zero_point)};
}

RowQuantization QuantizeSymmetric(const kernels::FloatRows& kernels, absl::Span<const float> values,
                                  float lo, float hi, int8_t* codes) {
  const float magnitude = std::max(std::abs(lo), std::abs(hi));
  if (magnitude == 0) {
    std::fill_n(codes, values.size(), int8_t{0});
    return {};
  }
  kernels::FloatCodesRun run = RunOf(values, codes, 127.0f / magnitude, 0.0f);
  run.lo = -127.0f;
  kernels.codes_half_away(&run);
  return {magnitude / 127.0f, 0};
}

RowQuantization QuantizeAsymmetricXnn(const kernels::FloatRows& kernels,
                                      absl::Span<const float> values, float lo, float hi,
                                      int8_t* codes) {
  const float inverse = lo == hi ? 1.0f : 255.0f / (hi - lo);
  const float scaled_lo = lo * inverse;
  const float scaled_hi = hi * inverse;
  const float zero =
      (-128.0f + scaled_lo) + (127.0f + scaled_hi) > 0 ? -128.0f - scaled_lo : 127.0f - scaled_hi;
  const float zero_point = std::rint(Cut(zero, -128.0f, 127.0f));
  const kernels::FloatCodesRun run = RunOf(values, codes, inverse, zero_point);
  kernels.codes_half_even(&run);
  return {1.0f / inverse, static_cast<int32_t>(zero_point)};
}

}  // namespace

RowQuantization QuantizeRow(const kernels::FloatRows& kernels, RowRule rule,
                            absl::Span<const float> values, int8_t* codes) {
  const auto [lo, hi] = kernels.range(values.data(), static_cast<int64_t>(values.size()));
  switch (rule) {
    case RowRule::kAsymmetric:
      return QuantizeAsymmetric(kernels, values, lo, hi, codes);
    case RowRule::kSymmetric:
      return QuantizeSymmetric(kernels, values, lo, hi, codes);
    case RowRule::kAsymmetricXnn:
      return QuantizeAsymmetricXnn(kernels, values, lo, hi, codes);
  }
  return {};
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

void HybridStage::Finish(const int32_t* acc, RowQuantization row, int32_t begin, int32_t n,
                         float* out) const {
  const auto finish = [&](int32_t from, int32_t to, HybridOrder with) {
    if (from >= to) return;
    const kernels::HybridRow run = {with,
                                    acc + (from - begin),
                                    out + (from - begin),
                                    to - from,
                                    row.zero_point,
                                    row.scale,
                                    weight_scales.data() + from,
                                    weight_sums.data() + from,
                                    bias.empty() ? nullptr : bias.data() + from,
                                    range.lo,
                                    range.hi};
    kernels->finish(&run);
  };
  const int32_t end = begin + n;
  finish(begin, std::min(end, tail_begin), order);
  finish(std::max(begin, tail_begin), end, kernels::kRowThenWeight);
}

}  // namespace octet::ops
