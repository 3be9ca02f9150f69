#include "server/services/edge_quantization.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "octet/engine.h"

namespace octet::server {
namespace {

constexpr size_t kRealBytes = sizeof(float);

float RealAt(const void* values, int64_t index) {
  float value;  // a string that holds a tensor promises no alignment
  std::memcpy(&value, static_cast<const char*>(values) + index * kRealBytes, kRealBytes);
  return value;
}

}  // namespace

bool IsEdgeQuantizable(DataType type, const Quantization& quantization) {
  const bool codes =
      type == DataType::kInt8 || type == DataType::kUint8 || type == DataType::kInt16;
  return codes && quantization.scale.size() == 1 && quantization.zero_point.size() == 1 &&
         std::isfinite(quantization.scale[0]) && quantization.scale[0] > 0 &&
         std::abs(quantization.zero_point[0]) <= std::numeric_limits<uint16_t>::max();
}

int64_t FindNan(const void* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(RealAt(values, i))) return i;
  }
  return -1;
}

bool AllFinite(const void* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(RealAt(values, i))) return false;
  }
  return true;
}

// Neither can fail: this file's header demands what the engine would complain of.
void QuantizeReals(const void* reals, int64_t count, DataType type,
                   const Quantization& quantization, std::byte* codes) {
  QuantizeValues({static_cast<const std::byte*>(reals), count * kRealBytes}, type, quantization,
                 {codes, count * DataTypeSize(type)})
      .IgnoreError();
}

void DequantizeReals(const std::byte* codes, int64_t count, DataType type,
                     const Quantization& quantization, void* reals) {
  DequantizeCodes({codes, count * DataTypeSize(type)}, type, quantization,
                  {static_cast<std::byte*>(reals), count * kRealBytes})
      .IgnoreError();
}

}  // namespace octet::server
