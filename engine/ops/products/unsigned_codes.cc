#include "engine/ops/products/unsigned_codes.h"

#include <algorithm>
#include <limits>

namespace octet::ops {
namespace {

constexpr int32_t kLowest = std::numeric_limits<int8_t>::min();
constexpr int32_t kHighest = std::numeric_limits<int8_t>::max();

bool FitsInt8(int32_t value) { return value >= kLowest && value <= kHighest; }

}  // namespace

void FlipSigns(const void* in, int64_t count, void* out) {
  const auto* source = static_cast<const uint8_t*>(in);
  auto* target = static_cast<uint8_t*>(out);
  for (int64_t i = 0; i < count; ++i) target[i] = source[i] ^ 0x80;
}

CentredWeights CentreWeights(const TensorDef& weights, int64_t rows) {
  const auto codes = weights.values<uint8_t>();
  const int32_t zero_point = weights.quantization.zero_point[0];
  CentredWeights centred;
  const bool fits = std::all_of(codes.begin(), codes.end(),
                                [=](uint8_t code) { return FitsInt8(code - zero_point); });
  centred.passes = fits ? 1 : 2;
  centred.codes.resize(codes.size() * centred.passes);
  const int64_t length = static_cast<int64_t>(codes.size()) / rows;
  for (int64_t r = 0; r < rows; ++r) {
    int8_t* parts = centred.codes.data() + r * length * centred.passes;
    for (int64_t i = 0; i < length; ++i) {
      const int32_t weight = codes[r * length + i] - zero_point;
      const int32_t first = std::clamp(weight, kLowest, kHighest);
      parts[i] = static_cast<int8_t>(first);
      if (!fits) parts[length + i] = static_cast<int8_t>(weight - first);
    }
  }
  return centred;
}

OutputStageParams OnSignedCodes(OutputStageParams params) {
  params.output_zero_point -= kUnsignedOffset;
  params.range.lo -= kUnsignedOffset;
  params.range.hi -= kUnsignedOffset;
  return params;
}

}  // namespace octet::ops
