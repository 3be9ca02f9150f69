#include "server/services/edge_quantization.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace octet::server {
namespace {

// Strings that hold tensors promise no alignment.
template <typename T>
T LoadAt(const void* base, int64_t i) {
  T value;
  std::memcpy(&value, static_cast<const char*>(base) + i * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void StoreAt(void* base, int64_t i, T value) {
  std::memcpy(static_cast<char*>(base) + i * sizeof(T), &value, sizeof(T));
}

template <typename T>
void Quantize(const void* reals, int64_t count, float scale, int32_t zero_point, void* codes) {
  const float low = static_cast<float>(std::numeric_limits<T>::min() - zero_point);
  const float high = static_cast<float>(std::numeric_limits<T>::max() - zero_point);
  for (int64_t i = 0; i < count; ++i) {
    // The default rounding mode rounds ties to even.
    const float code = std::nearbyint(LoadAt<float>(reals, i) / scale);
    StoreAt(codes, i,
            static_cast<T>(static_cast<int32_t>(std::clamp(code, low, high)) + zero_point));
  }
}

template <typename T>
void Dequantize(const void* codes, int64_t count, float scale, int32_t zero_point, void* reals) {
  for (int64_t i = 0; i < count; ++i) {
    StoreAt(reals, i, scale * static_cast<float>(LoadAt<T>(codes, i) - zero_point));
  }
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
    if (std::isnan(LoadAt<float>(values, i))) return i;
  }
  return -1;
}

void QuantizeReals(const void* reals, int64_t count, DataType type,
                   const Quantization& quantization, std::byte* codes) {
  const float scale = quantization.scale[0];
  const int32_t zero_point = quantization.zero_point[0];
  switch (type) {
    case DataType::kInt8:
      return Quantize<int8_t>(reals, count, scale, zero_point, codes);
    case DataType::kUint8:
      return Quantize<uint8_t>(reals, count, scale, zero_point, codes);
    case DataType::kInt16:
      return Quantize<int16_t>(reals, count, scale, zero_point, codes);
    default:
      return;
  }
}

void DequantizeCodes(const std::byte* codes, int64_t count, DataType type,
                     const Quantization& quantization, void* reals) {
  const float scale = quantization.scale[0];
  const int32_t zero_point = quantization.zero_point[0];
  switch (type) {
    case DataType::kInt8:
      return Dequantize<int8_t>(codes, count, scale, zero_point, reals);
    case DataType::kUint8:
      return Dequantize<uint8_t>(codes, count, scale, zero_point, reals);
    case DataType::kInt16:
      return Dequantize<int16_t>(codes, count, scale, zero_point, reals);
    default:
      return;
  }
}

}  // namespace octet::server
