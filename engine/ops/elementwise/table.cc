#include "engine/ops/elementwise/table.h"

#include <algorithm>
#include <cmath>

namespace octet::ops {
namespace {

// A cast of a number that may be infinite or no number: such a table entry is the nearest end.
int64_t ToInteger(float value) {
  constexpr float kLimit = 0x1p40f;
  if (std::isnan(value)) return 0;
  return static_cast<int64_t>(std::clamp(value, -kLimit, kLimit));
}

int16_t Sample(float value) { return CutTo<int16_t>(ToInteger(value)); }

}  // namespace

absl::Status TableOp::Run(const RunContext& context) const {
  constexpr int64_t kMinCodesPerThread = 32 * 1024;
  const int64_t count = context.input_shapes[0].num_elements();
  const int64_t parts = std::clamp<int64_t>(count / kMinCodesPerThread, 1, context.threads());
  ForEachPart(context.pool, parts, [&](int64_t part) {
    const Range range = Share(count, 64, part, parts);
    const kernels::TableRun8 run = {context.in<uint8_t>(0) + range.begin,
                                    context.out<uint8_t>(0) + range.begin, range.end - range.begin,
                                    table_.data()};
    look_up_(&run);
  });
  return absl::OkStatus();
}

int64_t CodeOfFunction(const Quantization& in, const Quantization& out, const RealFunction& f,
                       Rounding rule, int32_t code) {
  const float x = in.scale[0] * static_cast<float>(code - in.zero_point[0]);
  const float scaled = f(x) * (1.0f / out.scale[0]);
  const auto zero_point = static_cast<float>(out.zero_point[0]);
  return ToInteger(rule == Rounding::kFloat32 ? std::rint(scaled + zero_point)
                                              : std::round(scaled) + zero_point);
}

Table16::Table16(const Quantization& in, const Quantization& out, const RealFunction& f) {
  const auto real = [](const Quantization& q, int32_t code) {
    return q.scale[0] * static_cast<float>(code - q.zero_point[0]);
  };
  const float first = real(in, -32768);
  const float last = real(in, 32767);
  const float step = (last - first) / 512.0f;
  const float half_step = step / 2.0f;
  const float codes = 65536.0f / (real(out, 32767) - real(out, -32768));
  for (int i = 0; i < 512; ++i) {
    const float at = first + static_cast<float>(i) * step;
    const float next = f(first + static_cast<float>(i + 1) * step);
    const float sample = std::round(f(at) * codes);
    const float interpolated = std::round((next * codes + sample) / 2.0f);
    const float error = interpolated - std::round(f(at + half_step) * codes);
    samples_[i] = Sample(sample - std::round(error / 2.0f));
  }
  samples_[512] = Sample(std::round(f(last) * codes));
}

}  // namespace octet::ops
