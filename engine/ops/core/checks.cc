#include "engine/ops/core/checks.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet::ops {
namespace {

std::string Named(const TensorDef& tensor) { return absl::StrCat("tensor '", tensor.name, "'"); }

}  // namespace

absl::Status CheckPerTensor(const TensorDef& tensor) {
  const Quantization& q = tensor.quantization;
  if (!q.is_quantized()) {
    return absl::InvalidArgumentError(absl::StrCat(Named(tensor), " has no quantization scale"));
  }
  if (q.is_per_axis()) {
    return absl::UnimplementedError(
        absl::StrCat(Named(tensor), " is quantized per axis; one scale is needed here"));
  }
  if (!(q.scale[0] >= std::numeric_limits<float>::min()) || !std::isfinite(q.scale[0])) {
    return absl::InvalidArgumentError(
        absl::StrCat(Named(tensor), " has scale ", q.scale[0], "; a positive number is needed"));
  }
  return absl::OkStatus();
}

absl::Status CheckSymmetricWeights(const TensorDef& tensor, int dimension) {
  const Quantization& q = tensor.quantization;
  if (!q.is_quantized()) {
    return absl::InvalidArgumentError(absl::StrCat(Named(tensor), " has no quantization scale"));
  }
  if (q.is_per_axis() && q.quantized_dimension != dimension) {
    return absl::UnimplementedError(absl::StrCat(Named(tensor), " is quantized along dimension ",
                                                 q.quantized_dimension, ", not ", dimension));
  }
  for (size_t c = 0; c < q.scale.size(); ++c) {
    if (!(q.scale[c] >= 0) || !std::isfinite(q.scale[c])) {
      return absl::InvalidArgumentError(
          absl::StrCat(Named(tensor), " has scale ", q.scale[c], " in channel ", c));
    }
    if (q.zero_point[c] != 0) {
      return absl::UnimplementedError(absl::StrCat(Named(tensor), " has zero point ",
                                                   q.zero_point[c], " in channel ", c,
                                                   "; weights of this type are symmetric"));
    }
  }
  return absl::OkStatus();
}

std::vector<float> ChannelScales(const Quantization& quantization, int32_t n) {
  if (quantization.is_per_axis()) return quantization.scale;
  return std::vector<float>(n, quantization.scale[0]);
}

absl::Status CheckConstant(const TensorDef& tensor) {
  if (tensor.is_constant) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(Named(tensor), " must be constant"));
}

absl::Status CheckRank(const TensorDef& tensor, int rank) {
  return CheckShapeRank(tensor.shape, rank, Named(tensor));
}

absl::Status CheckBias(const TensorDef* bias, int64_t channels) {
  if (bias == nullptr) return absl::OkStatus();
  OCTET_RETURN_IF_ERROR(CheckConstant(*bias));
  if (bias->shape.num_elements() == channels) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("bias '", bias->name, "' has ",
                                                 bias->shape.num_elements(), " elements; ",
                                                 channels, " are needed"));
}

absl::Status CheckShapeRank(const Shape& shape, int rank, absl::string_view what) {
  if (shape.rank() == rank) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " has shape ", shape.ToString(), "; ", rank, " dimensions are needed"));
}

absl::Status CheckSameQuantization(const TensorDef& a, const TensorDef& b, float tolerance) {
  OCTET_RETURN_IF_ERROR(CheckPerTensor(a));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(b));
  const float sa = a.quantization.scale[0];
  const float sb = b.quantization.scale[0];
  if (std::abs(sa - sb) <= tolerance && a.quantization.zero_point == b.quantization.zero_point) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Named(a), " (scale ", sa, ", zero point ", a.quantization.zero_point[0],
                   ") and ", Named(b), " (scale ", sb, ", zero point ",
                   b.quantization.zero_point[0], ") must have the same quantization"));
}

absl::StatusOr<std::vector<int32_t>> ConstantInts(const TensorDef& tensor) {
  OCTET_RETURN_IF_ERROR(CheckConstant(tensor));
  std::vector<int32_t> values;
  if (tensor.type == DataType::kInt32) {
    const auto ints = tensor.values<int32_t>();
    values.assign(ints.begin(), ints.end());
    return values;
  }
  for (int64_t v : tensor.values<int64_t>()) {
    if (v < std::numeric_limits<int32_t>::min() || v > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(absl::StrCat(Named(tensor), " holds ", v));
    }
    values.push_back(static_cast<int32_t>(v));
  }
  return values;
}

absl::StatusOr<int> NormalizeAxis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    return absl::InvalidArgumentError(
        absl::StrCat("axis ", axis, " is outside of a tensor of ", rank, " dimensions"));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace octet::ops
