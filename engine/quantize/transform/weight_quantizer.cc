#include "engine/quantize/transform/weight_quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace octet {
namespace {

constexpr float kSmallestMaximum = 5e-7f;
constexpr int32_t kInfinityBits = 0x7f800000;
constexpr int32_t kMagnitudeBits = 0x7fffffff;
constexpr int64_t kPieceElements = 1 << 16;
constexpr int kLanes = 8;

// Floats ordered as integers, so that a loop over them vectorizes and NaN has a place: above all.
int32_t BitsOf(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
float FloatOf(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}
int32_t Ordered(int32_t bits) { return bits ^ ((bits >> 31) & kMagnitudeBits); }

struct Extremes {
  int32_t magnitude = 0;                              // bits of the largest |w|
  int32_t low = std::numeric_limits<int32_t>::max();  // Ordered
  int32_t high = std::numeric_limits<int32_t>::min();

  void Join(const Extremes& other) {
    magnitude = std::max(magnitude, other.magnitude);
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

Extremes ScanRun(const float* weights, int64_t count) {
  Extremes found;
  for (int64_t i = 0; i < count; ++i) {
    const int32_t bits = BitsOf(weights[i]);
    found.magnitude = std::max(found.magnitude, bits & kMagnitudeBits);
    found.low = std::min(found.low, Ordered(bits));
    found.high = std::max(found.high, Ordered(bits));
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

// Half away from zero: adding the largest number below a half and cutting off. `x` is small.
int32_t RoundAway(double x) {
  return static_cast<int32_t>(x + std::copysign(0x1.fffffffffffffp-2, x));
}
int32_t RoundAway(float x) { return static_cast<int32_t>(x + std::copysign(0x1.fffffep-2f, x)); }

int32_t Code(float weight, double divisor) {
  const double x = static_cast<double>(weight) / divisor;
  return RoundAway(x < -127.0 ? -127.0 : (x > 127.0 ? 127.0 : x));
}
int32_t Code(float weight, float multiplier) {
  const float x = weight * multiplier;
  return RoundAway(x < -127.0f ? -127.0f : (x > 127.0f ? 127.0f : x));
}

// Codes of `count` weights; `Step` is 0 where all have one channel, 1 where each has its own.
template <int Step, typename Factor>
void EncodeRun(const float* weights, int64_t count, const Factor* factors, const float* scales,
               int8_t* codes, EncodingNoise& noise) {
  double signal[kLanes] = {};
  double error[kLanes] = {};
  const auto one = [&](int64_t i, int lane) {
    const int32_t code = Code(weights[i], factors[i * Step]);
    codes[i] = static_cast<int8_t>(code);
    const double weight = weights[i];
    const double difference = weight - code * static_cast<double>(scales[i * Step]);
    signal[lane] += weight * weight;
    error[lane] += difference * difference;
  };
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) one(i + lane, lane);
  }
  for (int lane = 0; i < count; ++i, ++lane) one(i, lane);
  for (int lane = 0; lane < kLanes; ++lane) {
    noise.signal += signal[lane];
    noise.noise += error[lane];
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
    range.max_abs.push_back(FloatOf(channel.magnitude));
    all.Join(channel);
  }
  if (all.magnitude >= kInfinityBits) {
    const auto bad =
        std::find_if(weights.begin(), weights.end(), [](float w) { return !std::isfinite(w); });
    range.first_non_finite = bad - weights.begin();
  }
  if (!weights.empty()) {
    range.min = FloatOf(Ordered(all.low));
    range.max = FloatOf(Ordered(all.high));
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
      result.scales.push_back(2 * maximum / 254.0f);
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
