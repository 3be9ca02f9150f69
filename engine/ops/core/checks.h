// Checks that several operators make of their tensors; every message names the tensor.
#ifndef OCTET_ENGINE_OPS_CORE_CHECKS_H_
#define OCTET_ENGINE_OPS_CORE_CHECKS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// One positive, normal scale.
absl::Status CheckPerTensor(const TensorDef& tensor);

// Symmetric weights: one scale, or one for each index of `dimension`; zero points 0. A scale of 0
// (a dead channel in files made by others) is let through.
absl::Status CheckSymmetricWeights(const TensorDef& tensor, int dimension);

// `scale` of each of `n` channels.
std::vector<float> ChannelScales(const Quantization& quantization, int32_t n);

absl::Status CheckConstant(const TensorDef& tensor);
absl::Status CheckRank(const TensorDef& tensor, int rank);
// Absent (null), or constant with one element for each of `channels`.
absl::Status CheckBias(const TensorDef* bias, int64_t channels);
absl::Status CheckShapeRank(const Shape& shape, int rank, absl::string_view what);

// Both per-tensor quantized with the same zero point and scales that differ by at most `tolerance`.
absl::Status CheckSameQuantization(const TensorDef& a, const TensorDef& b, float tolerance);

// Entries of a constant INT32 or INT64 vector or scalar.
absl::StatusOr<std::vector<int32_t>> ConstantInts(const TensorDef& tensor);

// `axis` counted from the front; InvalidArgument where it is outside of [-rank, rank).
absl::StatusOr<int> NormalizeAxis(int64_t axis, int rank);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CORE_CHECKS_H_
