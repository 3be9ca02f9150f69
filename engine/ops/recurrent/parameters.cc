#include "engine/ops/recurrent/parameters.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/variants.h"
#include "engine/ops/core/checks.h"

namespace octet::ops {
namespace {

// Whether a gate's constants are there or not, as they must be.
absl::Status CheckPresence(const TensorDef* tensor, bool wanted, int gate, absl::string_view what) {
  if ((tensor != nullptr) == wanted) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("gate ", gate, " has ", wanted ? "no " : "", what,
                                                 ", unlike what the other inputs tell"));
}

absl::Status CheckVector(const TensorDef* tensor, int32_t n) {
  if (tensor != nullptr) OCTET_RETURN_IF_ERROR(CheckRank(*tensor, 1));
  return CheckBias(tensor, n);
}

absl::Status CheckGate(const LstmTensors& lstm, int k) {
  const bool gate = lstm.has_gate(k);
  OCTET_RETURN_IF_ERROR(CheckPresence(lstm.recurrent[k], gate, k, "recurrent weights"));
  OCTET_RETURN_IF_ERROR(CheckPresence(lstm.bias[k], gate, k, "bias"));
  OCTET_RETURN_IF_ERROR(CheckPresence(
      lstm.peephole[k], gate && lstm.has_peephole() && k != kCellGate, k, "peephole weights"));
  OCTET_RETURN_IF_ERROR(
      CheckPresence(lstm.norm[k], gate && lstm.is_normalized(), k, "normalization coefficients"));
  if (gate) {
    OCTET_RETURN_IF_ERROR(CheckMatrix(*lstm.weights[k], lstm.units, lstm.depth));
    OCTET_RETURN_IF_ERROR(CheckMatrix(*lstm.recurrent[k], lstm.units, lstm.outputs));
  }
  OCTET_RETURN_IF_ERROR(CheckVector(lstm.bias[k], lstm.units));
  OCTET_RETURN_IF_ERROR(CheckVector(lstm.peephole[k], lstm.units));
  return CheckVector(lstm.norm[k], lstm.units);
}

absl::Status CheckProjection(const LstmTensors& lstm) {
  if (lstm.projection != nullptr) {
    OCTET_RETURN_IF_ERROR(CheckMatrix(*lstm.projection, lstm.outputs, lstm.units));
    return CheckVector(lstm.projection_bias, lstm.outputs);
  }
  if (lstm.projection_bias != nullptr) {
    return absl::InvalidArgumentError("a projection bias without a projection");
  }
  if (lstm.outputs == lstm.units) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("recurrent weights for ", lstm.outputs,
                                                 " outputs, but there are ", lstm.units, " units"));
}

}  // namespace

absl::Status CheckMatrix(const TensorDef& tensor, int32_t n, int32_t k) {
  OCTET_RETURN_IF_ERROR(CheckConstant(tensor));
  if (tensor.shape.rank() == 2 && tensor.shape.dim(0) == n && tensor.shape.dim(1) == k &&
      tensor.shape.num_elements() > 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("weights '", tensor.name, "' have shape ",
                                                 tensor.shape.ToString(), "; [", n, ",", k,
                                                 "] of at least 1 is needed"));
}

absl::Status CheckSymmetric(const TensorDef& tensor) {
  OCTET_RETURN_IF_ERROR(CheckPerTensor(tensor));
  return CheckSymmetricWeights(tensor, 0);
}

absl::StatusOr<kernels::PackedGemmS8> PackMatrix(absl::Span<const int8_t> weights, int32_t n,
                                                 int32_t k, absl::Span<const int32_t> bias,
                                                 int32_t input_zero_point, IsaSet isas) {
  kernels::GemmS8Problem problem;
  problem.n = n;
  problem.k = k;
  problem.has_minus_128 = kernels::HasMinus128(weights);
  return kernels::PackGemmS8(kernels::SelectGemmS8(problem, isas), n, 1, k, weights, bias,
                             input_zero_point);
}

absl::StatusOr<LstmTensors> ReadLstmTensors(const PrepareContext& context, int first, int norm) {
  LstmTensors lstm;
  for (int k = 0; k < kLstmGates; ++k) {
    lstm.weights[k] = context.input(first + k);
    lstm.recurrent[k] = context.input(first + 4 + k);
    lstm.bias[k] = context.input(first + 11 + k);
    if (norm > 0) lstm.norm[k] = context.input(norm + k);
  }
  lstm.peephole[kInputGate] = context.input(first + 8);
  lstm.peephole[kForgetGate] = context.input(first + 9);
  lstm.peephole[kOutputGate] = context.input(first + 10);
  lstm.projection = context.input(first + 15);
  lstm.projection_bias = context.input(first + 16);
  OCTET_RETURN_IF_ERROR(CheckRank(*lstm.weights[kOutputGate], 2));
  OCTET_RETURN_IF_ERROR(CheckRank(*lstm.recurrent[kOutputGate], 2));
  lstm.units = lstm.weights[kOutputGate]->shape.dim(0);
  lstm.depth = lstm.weights[kOutputGate]->shape.dim(1);
  lstm.outputs = lstm.recurrent[kOutputGate]->shape.dim(1);
  for (int k = 0; k < kLstmGates; ++k) OCTET_RETURN_IF_ERROR(CheckGate(lstm, k));
  OCTET_RETURN_IF_ERROR(CheckProjection(lstm));
  return lstm;
}

}  // namespace octet::ops
