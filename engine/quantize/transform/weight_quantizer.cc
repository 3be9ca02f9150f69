#include "engine/quantize/transform/weight_quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

namespace octet {
namespace {

constexpr float kSmallestMaximum = 5e-7f;
constexpr int64_t kPieceElements = 1 << 16;

struct Extremes {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();
  bool finite = true;

  float magnitude() const { return std::max(std::max(high, -low), 0.0f); }
  void Join(const Extremes& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    finite = finite && other.finite;
  }
};

constexpr int kScanLanes = 16;

// Independent lanes, which vector instructions take together. NaN compares as neither smaller nor
// larger; times 0 it stays NaN, as infinity becomes.
Extremes ScanRun(const float* weights, int64_t count) {
  float low[kScanLanes];
  float high[kScanLanes];
  float finite[kScanLanes] = {};
  std::fill(std::begin(low), std::end(low), std::numeric_limits<float>::infinity());
  std::fill(std::begin(high), std::end(high), -std::numeric_limits<float>::infinity());
  const auto look = [&](float w, int lane) {
    low[lane] = w < low[lane] ? w : low[lane];
    high[lane] = w > high[lane] ? w : high[lane];
    finite[lane] += w * 0.0f;
  };
  int64_t i = 0;
  for (; i + kScanLanes <= count; i += kScanLanes) {
    for (int lane = 0; lane < kScanLanes; ++lane) look(weights[i + lane], lane);
  }
  for (int lane = 0; i < count; ++i, ++lane) look(weights[i], lane);
  Extremes found;
  for (int lane = 0; lane < kScanLanes; ++lane) {
    found.Join({low[lane], high[lane], finite[lane] == 0});
  }
  return found;
}

void ForEach(ThreadPool* pool, int64_t count, absl::FunctionRef<void(int64_t)> body) {
  if (pool != nullptr && count > 1) return pool->ParallelFor(count, body);
  for (int64_t i = 0; i < count; ++i) body(i);
}

int64_t PieceCount(int64_t elements) { return (elements + kPieceElements - 1) / kPieceElements; }

// Channels one after the other: each piece scans some runs, or a part of one.
std::vector<Extremes> ScanChannels(const float* weights, const ChannelLayout& layout,
                                   ThreadPool* pool) {
  std::vector<Extremes> channels(layout.channels);
  if (layout.inner >= kPieceElements) {
    const int64_t pieces = PieceCount(layout.inner);
    std::vector<Extremes> found(layout.outer * layout.channels * pieces);
    ForEach(pool, static_cast<int64_t>(found.size()), [&](int64_t i) {
      const int64_t begin = i % pieces * kPieceElements;
      found[i] = ScanRun(weights + i / pieces * layout.inner + begin,
                         std::min(kPieceElements, layout.inner - begin));
    });
    for (size_t i = 0; i < found.size(); ++i) {
      channels[i / pieces % layout.channels].Join(found[i]);
    }
    return channels;
  }
  const int64_t together =
      std::max<int64_t>(kPieceElements / std::max<int64_t>(layout.inner, 1), 1);
  ForEach(pool, (layout.channels + together - 1) / together, [&](int64_t i) {
    const int64_t end = std::min((i + 1) * together, layout.channels);
    for (int64_t o = 0; o < layout.outer; ++o) {
      for (int64_t c = i * together; c < end; ++c) {
        const float* run = weights + (o * layout.channels + c) * layout.inner;
        channels[c].Join(ScanRun(run, layout.inner));
      }
    }
  });
  return channels;
}

// Two numbers that vector instructions take together.
using TwoDoubles = double __attribute__((vector_size(16)));
using TwoFloats = float __attribute__((vector_size(8)));
using TwoInts = int32_t __attribute__((vector_size(8)));

template <typename Vector, typename T>
Vector Load(const T* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof(vector));
  return vector;
}

// Clamped, then rounded half away from zero: by adding the largest number below a half and cutting
// off what is behind the point.
template <typename Vector>
TwoInts RoundToCodes(Vector x, decltype(x[0] + x[0]) almost_half) {
  x = x < -127 ? Vector{-127, -127} : x;
  x = x > 127 ? Vector{127, 127} : x;
  x += x < 0 ? -Vector{almost_half, almost_half} : Vector{almost_half, almost_half};
  return __builtin_convertvector(x, TwoInts);
}

TwoInts Codes(TwoFloats weights, TwoDoubles divisors) {
  return RoundToCodes(__builtin_convertvector(weights, TwoDoubles) / divisors,
                      0x1.fffffffffffffp-2);
}
TwoInts Codes(TwoFloats weights, TwoFloats multipliers) {
  return RoundToCodes(weights * multipliers, 0x1.fffffep-2f);
}

template <typename Factor>
struct VectorOf;
template <>
struct VectorOf<double> {
  using Type = TwoDoubles;
};
template <>
struct VectorOf<float> {
  using Type = TwoFloats;
};

// Codes of `count` weights; `Step` is 0 where all have one channel, 1 where each has its own.
template <int Step, typename Factor>
void EncodeRun(const float* weights, int64_t count, const Factor* factors, const float* scales,
               int8_t* codes, EncodingNoise& noise) {
  using Factors = typename VectorOf<Factor>::Type;
  constexpr int kPairs = 4;
  TwoDoubles signal[kPairs] = {};
  TwoDoubles error[kPairs] = {};
  const auto pair = [&](TwoFloats w, Factors factor, TwoFloats scale, int lane, int8_t* to) {
    const TwoInts code = Codes(w, factor);
    to[0] = static_cast<int8_t>(code[0]);
    to[1] = static_cast<int8_t>(code[1]);
    const TwoDoubles weight = __builtin_convertvector(w, TwoDoubles);
    const TwoDoubles difference = weight - __builtin_convertvector(code, TwoDoubles) *
                                               __builtin_convertvector(scale, TwoDoubles);
    signal[lane] += weight * weight;
    error[lane] += difference * difference;
  };
  const auto factors_at = [factors](int64_t i) {
    return Step == 0 ? Factors{factors[0], factors[0]} : Load<Factors>(factors + i);
  };
  const auto scales_at = [scales](int64_t i) {
    return Step == 0 ? TwoFloats{scales[0], scales[0]} : Load<TwoFloats>(scales + i);
  };
  int64_t i = 0;
  for (; i + 2 * kPairs <= count; i += 2 * kPairs) {
    for (int lane = 0; lane < kPairs; ++lane) {
      const int64_t at = i + 2 * lane;
      pair(Load<TwoFloats>(weights + at), factors_at(at), scales_at(at), lane, codes + at);
    }
  }
  for (; i < count; ++i) {
    int8_t both[2];
    const auto [factor, scale] = std::pair(factors[i * Step], scales[i * Step]);
    pair(TwoFloats{weights[i], 0}, Factors{factor, 1}, TwoFloats{scale, 0}, 0, both);
    codes[i] = both[0];
  }
  for (int lane = 0; lane < kPairs; ++lane) {
    noise.signal += signal[lane][0] + signal[lane][1];
    noise.noise += error[lane][0] + error[lane][1];
  }
}

}  // namespace

ChannelLayout LayoutOf(const Shape& shape, int axis) {
  if (axis == kPerTensor) return {.inner = shape.num_elements()};
  return {.outer = shape.OuterElements(axis),
          .channels = shape.dim(axis),
          .inner = shape.InnerElements(axis + 1)};
}

WeightRange ScanWeights(absl::Span<const float> weights, const ChannelLayout& layout,
                        ThreadPool* pool) {
  WeightRange range;
  Extremes all;
  for (const Extremes& channel : ScanChannels(weights.data(), layout, pool)) {
    range.max_abs.push_back(channel.magnitude());
    all.Join(channel);
  }
  if (!all.finite) {
    const auto bad =
        std::find_if(weights.begin(), weights.end(), [](float w) { return !std::isfinite(w); });
    range.first_non_finite = bad - weights.begin();
  }
  if (!weights.empty()) {
    range.min = all.low;
    range.max = all.high;
  }
  return range;
}

WeightScales ComputeScales(absl::Span<const float> max_abs, WeightArithmetic arithmetic) {
  WeightScales result;
  for (const float largest : max_abs) {
    if (arithmetic == WeightArithmetic::kDouble) {
      // The limit itself is a double here.
      const double scale = 2 * std::max(static_cast<double>(largest), 5e-7) / 254;
      result.divisors.push_back(scale);
      result.scales.push_back(static_cast<float>(scale));
      continue;
    }
    const float maximum = std::max(largest, kSmallestMaximum);
    if (arithmetic == WeightArithmetic::kFloat) {
      result.scales.push_back(maximum / 127.0f);  // 2m/254, which could overflow on the way
      result.multipliers.push_back(1 / result.scales.back());
    } else {
      result.scales.push_back(maximum / 127.0f);
      result.multipliers.push_back(127.0f / maximum);
    }
  }
  return result;
}

WeightEncoder::WeightEncoder(absl::Span<const float> weights, const ChannelLayout& layout,
                             WeightScales scales)
    : weights_(weights),
      layout_(layout),
      scales_(std::move(scales)),
      noise_(PieceCount(static_cast<int64_t>(weights.size()))) {}

void WeightEncoder::EncodeSome(int64_t begin, int64_t count, int64_t channel, bool one_channel,
                               int8_t* codes, EncodingNoise& noise) const {
  const float* weights = weights_.data() + begin;
  const float* scales = scales_.scales.data() + channel;
  const auto run = [&](const auto* factors) {
    if (one_channel) {
      EncodeRun<0>(weights, count, factors + channel, scales, codes + begin, noise);
    } else {
      EncodeRun<1>(weights, count, factors + channel, scales, codes + begin, noise);
    }
  };
  scales_.divisors.empty() ? run(scales_.multipliers.data()) : run(scales_.divisors.data());
}

void WeightEncoder::Encode(int64_t piece, absl::Span<std::byte> buffer) {
  auto* codes = reinterpret_cast<int8_t*>(buffer.data());
  const int64_t end = std::min((piece + 1) * kPieceElements, static_cast<int64_t>(weights_.size()));
  const bool interleaved = layout_.inner == 1;
  const int64_t run = interleaved ? layout_.channels : layout_.inner;
  for (int64_t at = piece * kPieceElements; at < end;) {
    const int64_t count = std::min(run - at % run, end - at);
    const int64_t channel = at / layout_.inner % layout_.channels;
    EncodeSome(at, count, channel, !interleaved, codes, noise_[piece]);
    at += count;
  }
}

EncodingNoise WeightEncoder::noise() const {
  EncodingNoise sum;
  for (const EncodingNoise& piece : noise_) {
    sum.Add(piece);
  }
  return sum;
}

QuantizedWeights QuantizeWeights(absl::Span<const float> weights, const ChannelLayout& layout,
                                 WeightArithmetic arithmetic) {
  WeightEncoder encoder(weights, layout,
                        ComputeScales(ScanWeights(weights, layout).max_abs, arithmetic));
  QuantizedWeights result{.codes = std::vector<int8_t>(weights.size()), .scales = encoder.scales()};
  for (int64_t i = 0; i < encoder.pieces(); ++i) {
    encoder.Encode(
        i, absl::MakeSpan(reinterpret_cast<std::byte*>(result.codes.data()), result.codes.size()));
  }
  result.noise = encoder.noise();
  return result;
}

}  // namespace octet
