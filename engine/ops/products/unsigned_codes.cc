#include "engine/ops/products/unsigned_codes.h"

#include <algorithm>
#include <limits>

namespace octet::ops {
namespace {

constexpr int32_t kLowest = std::numeric_limits<int8_t>::min();
constexpr int32_t kHighest = std::numeric_limits<int8_t>::max();

// Int8 summands that it takes to reach every centred weight.
int32_t Passes(absl::Span<const uint8_t> codes, int32_t zero_point) {
  int32_t passes = 1;
  for (uint8_t code : codes) {
    const int32_t weight = code - zero_point;
    while (weight > passes * kHighest || weight < passes * kLowest) ++passes;
  }
  return passes;
}

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
  centred.passes = Passes(codes, zero_point);
  centred.codes.resize(codes.size() * centred.passes);
  const int64_t length = static_cast<int64_t>(codes.size()) / rows;
  for (int64_t r = 0; r < rows; ++r) {
    int8_t* parts = centred.codes.data() + r * length * centred.passes;
    for (int64_t i = 0; i < length; ++i) {
      int32_t rest = codes[r * length + i] - zero_point;
      for (int32_t pass = 0; pass < centred.passes; ++pass) {
        const int32_t part = std::clamp(rest, kLowest, kHighest);
        parts[pass * length + i] = static_cast<int8_t>(part);
        rest -= part;
      }
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
