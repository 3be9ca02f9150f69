#include "engine/quantize/transform/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet {
namespace {

constexpr int64_t kPieceElements = 1 << 16;
constexpr float kLargestHalf = 65504;
constexpr uint32_t kSignBit = 0x80000000;
constexpr uint32_t kSmallestNormalHalf = 113u << 23;  // 2^-14 in float32
constexpr uint32_t kHalfBits = 126u << 23;            // 0.5 in float32: its ulp is 2^-24
constexpr uint32_t kExponentShift = 112u << 23;       // between the two biases

uint32_t BitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
float FloatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

int64_t PieceCount(size_t elements) {
  return (static_cast<int64_t>(elements) + kPieceElements - 1) / kPieceElements;
}

}  // namespace

uint16_t HalfFromFloat(float value) {
  const uint32_t sign = BitsOf(value) & kSignBit;
  const float size = std::abs(value);
  const float cut = size > kLargestHalf ? kLargestHalf : size;
  const uint32_t bits = BitsOf(cut);
  // A normal half drops 13 bits; a subnormal one counts steps of 2^-24, which is what an addition
  // to 0.5 rounds to.
  const uint32_t normal = (bits - kExponentShift + 0xfff + ((bits >> 13) & 1)) >> 13;
  const uint32_t subnormal = BitsOf(cut + 0.5f) - kHalfBits;
  return static_cast<uint16_t>((bits >= kSmallestNormalHalf ? normal : subnormal) | (sign >> 16));
}

float FloatFromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t rest = half & 0x7fff;
  constexpr uint32_t kFirstNormal = 1 << 10;
  constexpr uint32_t kFirstInfinite = 31 << 10;
  float size = 0;
  if (rest < kFirstNormal) {
    size = static_cast<float>(rest) * 0x1p-24f;
  } else if (rest < kFirstInfinite) {
    size = FloatOf((rest << 13) + kExponentShift);
  } else {
    size = FloatOf((rest << 13) + 2 * kExponentShift);
  }
  return FloatOf(BitsOf(size) | sign);
}

HalfEncoder::HalfEncoder(absl::Span<const float> values)
    : values_(values), counts_(PieceCount(values.size())) {}

void HalfEncoder::Encode(int64_t piece, absl::Span<std::byte> buffer) {
  Counts counts;
  const int64_t end = std::min((piece + 1) * kPieceElements, static_cast<int64_t>(values_.size()));
  for (int64_t i = piece * kPieceElements; i < end; ++i) {
    const float value = values_[i];
    const uint16_t half = HalfFromFloat(value);
    std::memcpy(buffer.data() + 2 * i, &half, sizeof(half));
    const double error = static_cast<double>(value) - FloatFromHalf(half);
    counts.noise.signal += static_cast<double>(value) * value;
    counts.noise.noise += error * error;
    if (std::abs(value) > kLargestHalf) ++counts.clamped;
    if (value != 0 && (half & 0x7fff) == 0) ++counts.vanished;
  }
  counts_[piece] = counts;
}

EncodingNoise HalfEncoder::noise() const {
  EncodingNoise sum;
  for (const Counts& piece : counts_) {
    sum.Add(piece.noise);
  }
  return sum;
}

int64_t HalfEncoder::clamped() const {
  int64_t sum = 0;
  for (const Counts& piece : counts_) sum += piece.clamped;
  return sum;
}

int64_t HalfEncoder::vanished() const {
  int64_t sum = 0;
  for (const Counts& piece : counts_) sum += piece.vanished;
  return sum;
}

int64_t HalfDecoder::pieces() const { return PieceCount(halves_.size() / 2); }

void HalfDecoder::Encode(int64_t piece, absl::Span<std::byte> buffer) {
  const int64_t end =
      std::min((piece + 1) * kPieceElements, static_cast<int64_t>(halves_.size() / 2));
  for (int64_t i = piece * kPieceElements; i < end; ++i) {
    uint16_t half = 0;
    std::memcpy(&half, halves_.data() + 2 * i, sizeof(half));
    const float value = FloatFromHalf(half);
    std::memcpy(buffer.data() + 4 * i, &value, sizeof(value));
  }
}

}  // namespace octet
