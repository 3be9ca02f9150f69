#include "engine/runtime/edge.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

template <typename T>
absl::Status QuantizeTo(absl::Span<const float> values, float scale, int32_t zero_point,
                        std::byte* out) {
  constexpr auto kLowest = static_cast<float>(std::numeric_limits<T>::min());
  constexpr auto kHighest = static_cast<float>(std::numeric_limits<T>::max());
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      return absl::InvalidArgumentError(absl::StrCat("element ", i, " is not a number"));
    }
    const float code = std::rint(values[i] / scale) + static_cast<float>(zero_point);
    const auto cut = static_cast<T>(std::min(std::max(code, kLowest), kHighest));
    std::memcpy(out + i * sizeof(T), &cut, sizeof(T));
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status DequantizeFrom(const std::byte* codes, float scale, int32_t zero_point,
                            absl::Span<float> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    T code;
    std::memcpy(&code, codes + i * sizeof(T), sizeof(T));
    out[i] = scale * static_cast<float>(static_cast<int32_t>(code) - zero_point);
  }
  return absl::OkStatus();
}

absl::Status CheckEdge(size_t values, size_t bytes, DataType type,
                       const Quantization& quantization) {
  if (type != DataType::kInt8 && type != DataType::kUint8 && type != DataType::kInt16) {
    return absl::InvalidArgumentError(
        absl::StrCat(DataTypeName(type), " tensors are not quantized"));
  }
  if (quantization.scale.size() != 1 || !(quantization.scale[0] > 0)) {
    return absl::InvalidArgumentError("the tensor has no scale of its own");
  }
  if (bytes != values * DataTypeSize(type)) {
    return absl::InvalidArgumentError(
        absl::StrCat(bytes, " bytes for ", values, " elements of ", DataTypeName(type)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status EdgeQuantize(absl::Span<const float> values, DataType type,
                          const Quantization& quantization, absl::Span<std::byte> out) {
  OCTET_RETURN_IF_ERROR(CheckEdge(values.size(), out.size(), type, quantization));
  const float scale = quantization.scale[0];
  const int32_t zero_point = quantization.zero_point[0];
  switch (type) {
    case DataType::kUint8:
      return QuantizeTo<uint8_t>(values, scale, zero_point, out.data());
    case DataType::kInt16:
      return QuantizeTo<int16_t>(values, scale, zero_point, out.data());
    default:
      return QuantizeTo<int8_t>(values, scale, zero_point, out.data());
  }
}

absl::Status EdgeDequantize(absl::Span<const std::byte> codes, DataType type,
                            const Quantization& quantization, absl::Span<float> out) {
  OCTET_RETURN_IF_ERROR(CheckEdge(out.size(), codes.size(), type, quantization));
  const float scale = quantization.scale[0];
  const int32_t zero_point = quantization.zero_point[0];
  switch (type) {
    case DataType::kUint8:
      return DequantizeFrom<uint8_t>(codes.data(), scale, zero_point, out);
    case DataType::kInt16:
      return DequantizeFrom<int16_t>(codes.data(), scale, zero_point, out);
    default:
      return DequantizeFrom<int8_t>(codes.data(), scale, zero_point, out);
  }
}

}  // namespace octet
