#include "engine/ops/recurrent/float_lstm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"

namespace octet::ops {
namespace {

float Logistic(float v) { return 1.0f / (1.0f + std::exp(-v)); }

absl::Span<const float> Values(const TensorDef* tensor) {
  return tensor == nullptr ? absl::Span<const float>() : tensor->values<float>();
}

// Peephole factors as floats, where they are codes too.
absl::StatusOr<std::vector<float>> PeepholeValues(const TensorDef* tensor) {
  std::vector<float> values;
  if (tensor == nullptr) return values;
  if (tensor->type == DataType::kFloat32) {
    values.assign(Values(tensor).begin(), Values(tensor).end());
    return values;
  }
  OCTET_RETURN_IF_ERROR(CheckSymmetric(*tensor));
  for (int8_t q : tensor->values<int8_t>()) values.push_back(q * tensor->quantization.scale[0]);
  return values;
}

void Clip(float limit, float* values, int64_t count) {
  if (!(limit > 0)) return;
  for (int64_t i = 0; i < count; ++i) values[i] = std::clamp(values[i], -limit, limit);
}

absl::Status CheckSupported(const LstmTensors& tensors, const SequenceLstmOptions& options) {
  if (options.activation != Activation::kTanh) {
    return absl::UnimplementedError("a fused activation other than TANH");
  }
  if (tensors.weights[kOutputGate]->type == DataType::kUint8 &&
      (tensors.has_peephole() || tensors.is_normalized())) {
    return absl::UnimplementedError("uint8 weights with peephole or layer normalization");
  }
  return absl::OkStatus();
}

}  // namespace

struct FloatLstm::Buffers {
  FactorRows x;
  FactorRows hidden;
  FactorRows unprojected;
  float* input = nullptr;  // [rows][depth]
  std::array<float*, kLstmGates> gates{};
  float* cell_out = nullptr;  // [rows][units]: the output before a projection
  float* product = nullptr;
  int32_t* acc = nullptr;
};

absl::StatusOr<FloatLstm> FloatLstm::Make(const LstmTensors& tensors,
                                          const SequenceLstmOptions& options, IsaSet isas) {
  OCTET_RETURN_IF_ERROR(CheckSupported(tensors, options));
  FloatLstm lstm;
  lstm.units_ = tensors.units;
  lstm.depth_ = tensors.depth;
  lstm.outputs_ = tensors.outputs;
  lstm.cell_clip_ = options.cell_clip;
  lstm.projection_clip_ = options.proj_clip;
  lstm.quantizer_ = RowQuantizer::For(tensors.weights[kOutputGate]->type,
                                      options.asymmetric_quantize_inputs, isas);
  for (int k = 0; k < kLstmGates; ++k) {
    if (!tensors.has_gate(k)) continue;
    OCTET_ASSIGN_OR_RETURN(
        auto weights, WeightMatrix::Make(*tensors.weights[k], tensors.units, tensors.depth, isas));
    OCTET_ASSIGN_OR_RETURN(auto recurrent, WeightMatrix::Make(*tensors.recurrent[k], tensors.units,
                                                              tensors.outputs, isas));
    OCTET_ASSIGN_OR_RETURN(auto peephole, PeepholeValues(tensors.peephole[k]));
    lstm.gates_[k] = Gate{std::move(weights), std::move(recurrent), std::move(peephole),
                          Values(tensors.bias[k]), Values(tensors.norm[k])};
  }
  if (tensors.projection != nullptr) {
    OCTET_ASSIGN_OR_RETURN(
        lstm.projection_,
        WeightMatrix::Make(*tensors.projection, tensors.outputs, tensors.units, isas));
  }
  lstm.projection_bias_ = Values(tensors.projection_bias);
  return lstm;
}

FloatLstm::Buffers FloatLstm::Lay(int64_t rows, ScratchLayout& layout) const {
  Buffers buffers;
  buffers.input = layout.Take<float>(rows * depth_);
  buffers.x = FactorRows::Lay(rows, depth_, layout);
  buffers.hidden = FactorRows::Lay(rows, outputs_, layout);
  buffers.unprojected = FactorRows::Lay(rows, units_, layout);
  for (float*& gate : buffers.gates) gate = layout.Take<float>(rows * units_);
  buffers.cell_out = layout.Take<float>(rows * units_);
  buffers.product = layout.Take<float>(rows * std::max(units_, outputs_));
  buffers.acc = layout.Take<int32_t>(rows * std::max(units_, outputs_));
  return buffers;
}

size_t FloatLstm::ScratchBytes(int64_t rows) const {
  ScratchLayout layout(nullptr);
  Lay(rows, layout);
  return layout.bytes();
}

size_t FloatLstm::ConstantBytes() const {
  size_t bytes = projection_ ? projection_->ConstantBytes() : 0;
  for (const auto& gate : gates_) {
    if (gate) bytes += gate->weights.ConstantBytes() + gate->recurrent.ConstantBytes();
  }
  return bytes;
}

void FloatLstm::Run(const float* in, const Sequence& sequence, bool backward, float* hidden,
                    float* cell, float* out, int64_t out_width, std::byte* scratch,
                    ThreadPool* pool) const {
  ScratchLayout layout(scratch);
  Buffers buffers = Lay(sequence.batch, layout);
  buffers.x.values = buffers.input;
  buffers.hidden.values = hidden;
  buffers.unprojected.values = buffers.cell_out;
  for (int64_t i = 0; i < sequence.steps; ++i) {
    const int64_t step = backward ? sequence.steps - 1 - i : i;
    GatherStep(in, sequence, step, depth_, buffers.input);
    Step(buffers, hidden, cell, pool);
    ScatterStep(hidden, sequence, step, outputs_, out, out_width);
  }
}

// Mean and variance in float32, LiteRT's sums being of the same kind.
void FloatLstm::Normalize(const Gate& gate, float* row) const {
  float sum = 0;
  float squares = 0;
  for (int32_t i = 0; i < units_; ++i) {
    sum += row[i];
    squares += row[i] * row[i];
  }
  const auto count = static_cast<float>(units_);
  const float mean = sum / count;
  const float variance = squares / count - mean * mean;
  const float inverse = 1.0f / std::sqrt(std::max(variance, 0.0f) + 1e-8f);
  for (int32_t i = 0; i < units_; ++i) {
    row[i] = (row[i] - mean) * inverse * gate.norm[i] + gate.bias[i];
  }
}

void FloatLstm::RunGate(int k, const Buffers& buffers, const float* cell, ThreadPool* pool) const {
  const Gate& gate = *gates_[k];
  const int64_t rows = buffers.x.rows;
  float* sums = buffers.gates[k];
  for (int64_t r = 0; r < rows; ++r) {
    if (gate.norm.empty()) {
      std::copy(gate.bias.begin(), gate.bias.end(), sums + r * units_);
    } else {
      std::fill_n(sums + r * units_, units_, 0.0f);
    }
  }
  gate.weights.Accumulate(buffers.x, buffers.product, buffers.acc, sums, pool);
  gate.recurrent.Accumulate(buffers.hidden, buffers.product, buffers.acc, sums, pool);
  for (int64_t r = 0; r < rows; ++r) {
    float* row = sums + r * units_;
    const float* c = cell + r * units_;
    for (size_t i = 0; i < gate.peephole.size(); ++i) row[i] += gate.peephole[i] * c[i];
    if (!gate.norm.empty()) Normalize(gate, row);
    for (int32_t i = 0; i < units_; ++i) {
      row[i] = k == kCellGate ? std::tanh(row[i]) : Logistic(row[i]);
    }
  }
}

void FloatLstm::Project(const Buffers& buffers, float* hidden, ThreadPool* pool) const {
  const int64_t rows = buffers.unprojected.rows;
  buffers.unprojected.Quantize(quantizer_);
  for (int64_t r = 0; r < rows; ++r) {
    if (projection_bias_.empty()) {
      std::fill_n(hidden + r * outputs_, outputs_, 0.0f);
    } else {
      std::copy(projection_bias_.begin(), projection_bias_.end(), hidden + r * outputs_);
    }
  }
  projection_->Accumulate(buffers.unprojected, buffers.product, buffers.acc, hidden, pool);
  Clip(projection_clip_, hidden, rows * outputs_);
}

void FloatLstm::Step(const Buffers& buffers, float* hidden, float* cell, ThreadPool* pool) const {
  buffers.x.Quantize(quantizer_);
  buffers.hidden.Quantize(quantizer_);
  const int64_t count = buffers.x.rows * units_;
  const auto& gates = buffers.gates;
  RunGate(kForgetGate, buffers, cell, pool);
  RunGate(kCellGate, buffers, cell, pool);
  if (gates_[kInputGate]) {
    RunGate(kInputGate, buffers, cell, pool);
  } else {
    for (int64_t i = 0; i < count; ++i) gates[kInputGate][i] = 1.0f - gates[kForgetGate][i];
  }
  for (int64_t i = 0; i < count; ++i) {
    cell[i] = gates[kForgetGate][i] * cell[i] + gates[kInputGate][i] * gates[kCellGate][i];
  }
  Clip(cell_clip_, cell, count);
  RunGate(kOutputGate, buffers, cell, pool);
  float* out = projection_ ? buffers.cell_out : hidden;
  for (int64_t i = 0; i < count; ++i) out[i] = gates[kOutputGate][i] * std::tanh(cell[i]);
  if (projection_) Project(buffers, hidden, pool);
}

absl::Status CheckLstmState(const FloatLstm& lstm, const Sequence& sequence, const Shape& hidden,
                            const Shape& cell) {
  OCTET_RETURN_IF_ERROR(CheckStateShape(hidden, sequence.batch, lstm.outputs()));
  return CheckStateShape(cell, sequence.batch, lstm.units());
}

}  // namespace octet::ops
