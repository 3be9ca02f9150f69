#include "engine/runtime/edge.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

// Element i of tensor data, which promises no alignment.
template <typename T>
T LoadAt(const std::byte* data, size_t i) {
  T value;
  std::memcpy(&value, data + i * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void StoreAt(std::byte* data, size_t i, T value) {
  std::memcpy(data + i * sizeof(T), &value, sizeof(T));
}

template <typename T>
absl::Status QuantizeTo(absl::Span<const std::byte> reals, float scale, int32_t zero_point,
                        std::byte* codes) {
  constexpr auto kLowest = static_cast<float>(std::numeric_limits<T>::min());
  constexpr auto kHighest = static_cast<float>(std::numeric_limits<T>::max());
  for (size_t i = 0; i < reals.size() / sizeof(float); ++i) {
    const auto real = LoadAt<float>(reals.data(), i);
    if (std::isnan(real)) {
      return absl::InvalidArgumentError(absl::StrCat("element ", i, " is not a number"));
    }
    const float code = std::rint(real / scale) + static_cast<float>(zero_point);
    StoreAt(codes, i, static_cast<T>(std::min(std::max(code, kLowest), kHighest)));
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status DequantizeFrom(absl::Span<const std::byte> codes, float scale, int32_t zero_point,
                            std::byte* reals) {
  for (size_t i = 0; i < codes.size() / sizeof(T); ++i) {
    const auto code = static_cast<int32_t>(LoadAt<T>(codes.data(), i));
    StoreAt(reals, i, scale * static_cast<float>(code - zero_point));
  }
  return absl::OkStatus();
}

absl::Status CheckEdge(size_t real_bytes, size_t code_bytes, DataType type,
                       const Quantization& quantization) {
  if (type != DataType::kInt8 && type != DataType::kUint8 && type != DataType::kInt16) {
    return absl::InvalidArgumentError(
        absl::StrCat(DataTypeName(type), " tensors are not quantized"));
  }
  if (quantization.scale.size() != 1 || !(quantization.scale[0] > 0)) {
    return absl::InvalidArgumentError("the tensor has no scale of its own");
  }
  const size_t values = real_bytes / sizeof(float);
  if (real_bytes % sizeof(float) != 0 || code_bytes != values * DataTypeSize(type)) {
    return absl::InvalidArgumentError(
        absl::StrCat(real_bytes, " bytes of FLOAT32 for ", code_bytes, " of ", DataTypeName(type)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status EdgeQuantize(absl::Span<const std::byte> reals, DataType type,
                          const Quantization& quantization, absl::Span<std::byte> codes) {
  OCTET_RETURN_IF_ERROR(CheckEdge(reals.size(), codes.size(), type, quantization));
  const float scale = quantization.scale[0];
  const int32_t zero_point = quantization.zero_point[0];
  switch (type) {
    case DataType::kUint8:
      return QuantizeTo<uint8_t>(reals, scale, zero_point, codes.data());
    case DataType::kInt16:
      return QuantizeTo<int16_t>(reals, scale, zero_point, codes.data());
    default:
      return QuantizeTo<int8_t>(reals, scale, zero_point, codes.data());
  }
}

absl::Status EdgeDequantize(absl::Span<const std::byte> codes, DataType type,
                            const Quantization& quantization, absl::Span<std::byte> reals) {
  OCTET_RETURN_IF_ERROR(CheckEdge(reals.size(), codes.size(), type, quantization));
  const float scale = quantization.scale[0];
  const int32_t zero_point = quantization.zero_point[0];
  switch (type) {
    case DataType::kUint8:
      return DequantizeFrom<uint8_t>(codes, scale, zero_point, reals.data());
    case DataType::kInt16:
      return DequantizeFrom<int16_t>(codes, scale, zero_point, reals.data());
    default:
      return DequantizeFrom<int8_t>(codes, scale, zero_point, reals.data());
  }
}

}  // namespace octet
