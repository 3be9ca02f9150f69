#include "engine/ops/recurrent/int8_lstm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/reciprocal_root.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/elementwise/sigmoid_16.h"
#include "engine/ops/products/matmul_s8.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {
namespace {

using kernels::MultiplyByFixedPoint;

constexpr float kGateScale = 0x1p-12f;  // Q3.12

float ScaleOf(const TensorDef& tensor) { return tensor.quantization.scale[0]; }
int32_t ZeroPointOf(const TensorDef& tensor) { return tensor.quantization.zero_point[0]; }

absl::Status CheckSupported(const SequenceLstmOptions& options) {
  if (options.activation != Activation::kTanh) {
    return absl::UnimplementedError("a fused activation other than TANH");
  }
  if (options.proj_clip > 0) return absl::UnimplementedError("proj_clip of an int8 projection");
  return absl::OkStatus();
}

// log2 of the cell's scale.
absl::StatusOr<int> CellExponent(const TensorDef& cell) {
  OCTET_RETURN_IF_ERROR(CheckSymmetric(cell));
  int exponent = 0;
  // H takes 0 to 6 integer bits.
  if (IsPowerOfTwo(ScaleOf(cell), &exponent) && exponent >= -15 && exponent <= -9) return exponent;
  return absl::UnimplementedError(absl::StrCat("cell state '", cell.name, "' has scale ",
                                               ScaleOf(cell),
                                               "; a power of two from 2^-15 to 2^-9 is needed"));
}

int32_t ClipCodes(float clip, float scale) {
  return clip > 0 ? static_cast<int32_t>(std::min(clip / scale, 32767.0f)) : 0;
}

}  // namespace

struct Int8Lstm::Buffers {
  int64_t rows = 0;
  const int8_t* in = nullptr;  // one step
  int64_t in_stride = 0;
  int32_t* sums = nullptr;                   // [rows][units] or [rows][outputs]
  std::array<int16_t*, kLstmGates> gates{};  // [rows][units]
  int8_t* unprojected = nullptr;             // [rows][units]
};

absl::StatusOr<Int8Lstm> Int8Lstm::Make(const LstmTensors& tensors, const Int8LstmScales& scales,
                                        const SequenceLstmOptions& options, IsaSet isas) {
  OCTET_RETURN_IF_ERROR(CheckSupported(options));
  for (const TensorDef* tensor : {scales.input, scales.hidden, scales.unprojected}) {
    OCTET_RETURN_IF_ERROR(CheckPerTensor(*tensor));
  }
  Int8Lstm lstm;
  OCTET_ASSIGN_OR_RETURN(lstm.cell_exponent_, CellExponent(*scales.cell));
  lstm.units_ = tensors.units;
  lstm.depth_ = tensors.depth;
  lstm.outputs_ = tensors.outputs;
  lstm.time_major_ = options.time_major;
  lstm.cell_clip_ = ClipCodes(options.cell_clip, ScaleOf(*scales.cell));
  for (int k = 0; k < kLstmGates; ++k) {
    if (!tensors.has_gate(k)) continue;
    OCTET_ASSIGN_OR_RETURN(lstm.gates_[k], MakeGate(k, tensors, scales, lstm.cell_exponent_, isas));
  }
  OCTET_RETURN_IF_ERROR(lstm.SetProjection(tensors, scales, isas));
  return lstm;
}

absl::StatusOr<Int8Lstm::Gate> Int8Lstm::MakeGate(int k, const LstmTensors& tensors,
                                                  const Int8LstmScales& scales, int cell_exponent,
                                                  IsaSet isas) {
  const TensorDef& weights = *tensors.weights[k];
  const TensorDef& recurrent = *tensors.recurrent[k];
  OCTET_RETURN_IF_ERROR(CheckSymmetric(weights));
  OCTET_RETURN_IF_ERROR(CheckSymmetric(recurrent));
  Gate gate;
  float scale = kGateScale;
  auto bias = tensors.bias[k]->values<int32_t>();
  if (tensors.is_normalized()) {
    const TensorDef& norm = *tensors.norm[k];
    OCTET_RETURN_IF_ERROR(CheckPerTensor(*scales.gates[k]));
    OCTET_RETURN_IF_ERROR(CheckSymmetric(norm));
    scale = ScaleOf(*scales.gates[k]);
    gate.norm = norm.values<int16_t>();
    gate.norm_bias = std::exchange(bias, {});
    OCTET_RETURN_IF_ERROR(RatioMultiplier(ScaleOf(norm) * 4096.0, norm).status());
    // Back to Q3.12.
    gate.norm_scale = kernels::MakeFixedPointMultiplier(ScaleOf(norm));
    gate.norm_scale.exponent += 12;
  }
  OCTET_ASSIGN_OR_RETURN(gate.weights,
                         PackMatrix(weights.values<int8_t>(), tensors.units, tensors.depth, bias,
                                    ZeroPointOf(*scales.input), isas));
  OCTET_ASSIGN_OR_RETURN(gate.recurrent,
                         PackMatrix(recurrent.values<int8_t>(), tensors.units, tensors.outputs, {},
                                    ZeroPointOf(*scales.hidden), isas));
  const float input_product = ScaleOf(weights) * ScaleOf(*scales.input);
  const float hidden_product = ScaleOf(recurrent) * ScaleOf(*scales.hidden);
  OCTET_ASSIGN_OR_RETURN(gate.from_input, RatioMultiplier(input_product / scale, weights));
  OCTET_ASSIGN_OR_RETURN(gate.from_hidden, RatioMultiplier(hidden_product / scale, recurrent));
  if (tensors.peephole[k] != nullptr) {
    const TensorDef& peephole = *tensors.peephole[k];
    OCTET_RETURN_IF_ERROR(CheckSymmetric(peephole));
    gate.peephole = peephole.values<int16_t>();
    const float cell_product = std::ldexp(ScaleOf(peephole), cell_exponent);
    OCTET_ASSIGN_OR_RETURN(gate.from_cell, RatioMultiplier(cell_product / scale, peephole));
  }
  return gate;
}

absl::Status Int8Lstm::SetProjection(const LstmTensors& tensors, const Int8LstmScales& scales,
                                     IsaSet isas) {
  const float unprojected = ScaleOf(*scales.unprojected);
  const auto to_unprojected = static_cast<float>(0x1p-30 / unprojected);
  OCTET_ASSIGN_OR_RETURN(to_unprojected_, RatioMultiplier(to_unprojected, *scales.unprojected));
  // Before a projection LiteRT's kernel takes the zero point with the other sign; its sums allow
  // for that, so that it shows only where codes saturate.
  unprojected_zero_point_ = ZeroPointOf(*scales.unprojected);
  if (tensors.projection != nullptr) unprojected_zero_point_ *= -1;
  hidden_zero_point_ = ZeroPointOf(*scales.hidden);
  if (tensors.projection == nullptr) return absl::OkStatus();
  const TensorDef& projection = *tensors.projection;
  OCTET_RETURN_IF_ERROR(CheckSymmetric(projection));
  OCTET_ASSIGN_OR_RETURN(projection_, PackMatrix(projection.values<int8_t>(), outputs_, units_,
                                                 ValuesOrNone<int32_t>(tensors.projection_bias),
                                                 unprojected_zero_point_, isas));
  const float product = ScaleOf(projection) * unprojected;
  OCTET_ASSIGN_OR_RETURN(to_hidden_,
                         RatioMultiplier(product / ScaleOf(*scales.hidden), projection));
  return absl::OkStatus();
}

Int8Lstm::Buffers Int8Lstm::Lay(int64_t rows, ScratchLayout& layout) const {
  Buffers buffers;
  buffers.rows = rows;
  buffers.sums = layout.Take<int32_t>(rows * std::max(units_, outputs_));
  for (int16_t*& gate : buffers.gates) gate = layout.Take<int16_t>(rows * units_);
  buffers.unprojected = layout.Take<int8_t>(rows * units_ + kernels::kGemmOverReadBytes);
  return buffers;
}

size_t Int8Lstm::ScratchBytes(int64_t rows) const {
  ScratchLayout layout(nullptr);
  Lay(rows, layout);
  return layout.bytes();
}

size_t Int8Lstm::ConstantBytes() const {
  size_t bytes = projection_ ? projection_->panels.size() : 0;
  for (const auto& gate : gates_) {
    if (gate) bytes += gate->weights.panels.size() + gate->recurrent.panels.size();
  }
  return bytes;
}

void Int8Lstm::Run(const int8_t* in, const Sequence& sequence, int8_t* hidden, int16_t* cell,
                   int8_t* out, std::byte* scratch, ThreadPool* pool) const {
  ScratchLayout layout(scratch);
  Buffers buffers = Lay(sequence.batch, layout);
  buffers.in_stride = sequence.time_major ? depth_ : sequence.steps * depth_;
  for (int64_t step = 0; step < sequence.steps; ++step) {
    buffers.in = in + sequence.RowAt(step, 0) * depth_;
    Step(buffers, hidden, cell, pool);
    ScatterStep(hidden, sequence, step, outputs_, out, outputs_);
  }
}

void Int8Lstm::Step(const Buffers& buffers, int8_t* hidden, int16_t* cell, ThreadPool* pool) const {
  for (int k : {kInputGate, kForgetGate, kCellGate}) {
    if (gates_[k]) RunGate(k, buffers, hidden, cell, pool);
  }
  if (!gates_[kInputGate]) {
    for (int64_t i = 0; i < buffers.rows * units_; ++i) {
      buffers.gates[kInputGate][i] = static_cast<int16_t>(32767 - buffers.gates[kForgetGate][i]);
    }
  }
  UpdateCell(buffers, cell);
  RunGate(kOutputGate, buffers, hidden, cell, pool);
  UpdateHidden(buffers, cell, hidden, pool);
}

void Int8Lstm::RunGate(int k, const Buffers& buffers, const int8_t* hidden, const int16_t* cell,
                       ThreadPool* pool) const {
  const Gate& gate = *gates_[k];
  const int64_t count = buffers.rows * units_;
  int32_t* sums = buffers.sums;
  int16_t* a = buffers.gates[k];
  RunMatmulS8(gate.weights, Int32Epilogue(), buffers.in, buffers.in_stride, buffers.rows, sums,
              units_, pool);
  for (int64_t i = 0; i < count; ++i) {
    a[i] = CutTo<int16_t>(MultiplyByFixedPoint(sums[i], gate.from_input));
  }
  RunMatmulS8(gate.recurrent, Int32Epilogue(), hidden, outputs_, buffers.rows, sums, units_, pool);
  for (int64_t i = 0; i < count; ++i) {
    a[i] = CutTo<int16_t>(int64_t{MultiplyByFixedPoint(sums[i], gate.from_hidden)} + a[i]);
  }
  if (!gate.peephole.empty()) AddPeephole(gate, cell, buffers.rows, a);
  if (!gate.norm.empty()) {
    for (int64_t r = 0; r < buffers.rows; ++r) Normalize(gate, a + r * units_);
  }
  for (int64_t i = 0; i < count; ++i) {
    a[i] = k == kCellGate ? TanhFixed(a[i], 3) : LogisticQ3(a[i]);
  }
}

// LiteRT's kernel walks as many cells as there are outputs, and in time-major order takes rows to
// be that long too; without a projection to fewer outputs those are all cells of each row.
void Int8Lstm::AddPeephole(const Gate& gate, const int16_t* cell, int64_t rows,
                           int16_t* sums) const {
  const int32_t width = std::min(outputs_, units_);
  const int32_t stride = time_major_ ? width : units_;
  for (int64_t r = 0; r < rows; ++r) {
    for (int32_t u = 0; u < width; ++u) {
      const int64_t i = r * stride + u;
      sums[i] = CutTo<int16_t>(
          int64_t{MultiplyByFixedPoint(cell[i] * gate.peephole[u], gate.from_cell)} + sums[i]);
    }
  }
}

void Int8Lstm::Normalize(const Gate& gate, int16_t* row) const {
  int64_t sum = 0;
  int64_t squares = 0;
  for (int32_t u = 0; u < units_; ++u) {
    sum += row[u];
    squares += row[u] * row[u];
  }
  const int64_t mean = 1024 * sum / units_;
  const int64_t variance = (squares * ((1 << 20) / units_) - mean * mean) / (1 << 20);
  const auto root = ReciprocalRootMultiplier(static_cast<int32_t>(std::max<int64_t>(variance, 1)));
  for (int32_t u = 0; u < units_; ++u) {
    const int64_t centred = MultiplyByFixedPoint(static_cast<int32_t>(1024 * row[u] - mean), root);
    const int64_t weighted = centred * gate.norm[u] + gate.norm_bias[u];
    const auto scaled = CutTo<int32_t>((weighted + (weighted > 0 ? 512 : -512)) / 1024);
    row[u] = CutTo<int16_t>(MultiplyByFixedPoint(scaled, gate.norm_scale));
  }
}

void Int8Lstm::UpdateCell(const Buffers& buffers, int16_t* cell) const {
  const int16_t* i = buffers.gates[kInputGate];
  const int16_t* f = buffers.gates[kForgetGate];
  const int16_t* g = buffers.gates[kCellGate];
  for (int64_t u = 0; u < buffers.rows * units_; ++u) {
    const int32_t kept = kernels::RoundingShiftRight(f[u] * cell[u], 15);
    const int32_t added = kernels::RoundingShiftRight(i[u] * g[u], 30 + cell_exponent_);
    cell[u] = CutTo<int16_t>(kept + added);
    if (cell_clip_ > 0) {
      cell[u] = static_cast<int16_t>(std::clamp<int32_t>(cell[u], -cell_clip_, cell_clip_));
    }
  }
}

void Int8Lstm::UpdateHidden(const Buffers& buffers, const int16_t* cell, int8_t* hidden,
                            ThreadPool* pool) const {
  const int16_t* o = buffers.gates[kOutputGate];
  int8_t* unprojected = projection_ ? buffers.unprojected : hidden;
  for (int64_t i = 0; i < buffers.rows * units_; ++i) {
    const int32_t product = o[i] * TanhFixed(cell[i], 15 + cell_exponent_);
    unprojected[i] = CutTo<int8_t>(int64_t{MultiplyByFixedPoint(product, to_unprojected_)} +
                                   unprojected_zero_point_);
  }
  if (!projection_) return;
  RunMatmulS8(*projection_, Int32Epilogue(), unprojected, units_, buffers.rows, buffers.sums,
              outputs_, pool);
  for (int64_t i = 0; i < buffers.rows * outputs_; ++i) {
    hidden[i] = CutTo<int8_t>(int64_t{MultiplyByFixedPoint(buffers.sums[i], to_hidden_)} +
                              hidden_zero_point_);
  }
}

}  // namespace octet::ops
