// An LSTM on int8 codes with an int16 cell. NUMERICS.md, "UNIDIRECTIONAL_SEQUENCE_LSTM, int8".
#ifndef OCTET_ENGINE_OPS_RECURRENT_INT8_LSTM_H_
#define OCTET_ENGINE_OPS_RECURRENT_INT8_LSTM_H_

#include <array>
#include <cstdint>
#include <optional>

#include "engine/kernels/fixed_point.h"
#include "engine/ops/recurrent/parameters.h"
#include "engine/ops/recurrent/scratch.h"
#include "engine/ops/recurrent/sequence.h"

namespace octet::ops {

// Tensors beside the constants that tell scales.
struct Int8LstmScales {
  const TensorDef* input = nullptr;
  const TensorDef* hidden = nullptr;  // state
  const TensorDef* cell = nullptr;    // state
  // What enters each gate's function; read under layer normalization, else that is Q3.12.
  std::array<const TensorDef*, kLstmGates> gates{};
  const TensorDef* unprojected = nullptr;  // the output before a projection
};

// Immutable and thread-safe.
class Int8Lstm {
 public:
  // Unimplemented for options that have no recorded answer; InvalidArgument for scales without
  // fixed-point multipliers and sums that could leave int32.
  static absl::StatusOr<Int8Lstm> Make(const LstmTensors& tensors, const Int8LstmScales& scales,
                                       const SequenceLstmOptions& options, IsaSet isas);

  int32_t units() const { return units_; }
  int32_t depth() const { return depth_; }
  int32_t outputs() const { return outputs_; }
  size_t ScratchBytes(int64_t rows) const;
  size_t ConstantBytes() const;

  // Runs all steps. `hidden` [batch][outputs] and `cell` [batch][units] are the state before and
  // after; `out` has rows of `outputs` codes.
  void Run(const int8_t* in, const Sequence& sequence, int8_t* hidden, int16_t* cell, int8_t* out,
           std::byte* scratch, ThreadPool* pool) const;

 private:
  struct Gate {
    kernels::PackedGemmS8 weights;
    kernels::PackedGemmS8 recurrent;
    kernels::FixedPointMultiplier from_input;
    kernels::FixedPointMultiplier from_hidden;
    absl::Span<const int16_t> peephole;
    kernels::FixedPointMultiplier from_cell;
    absl::Span<const int16_t> norm;
    absl::Span<const int32_t> norm_bias;
    kernels::FixedPointMultiplier norm_scale;
  };
  struct Buffers;

  Int8Lstm() = default;
  static absl::StatusOr<Gate> MakeGate(int k, const LstmTensors& tensors,
                                       const Int8LstmScales& scales, int cell_exponent,
                                       IsaSet isas);
  absl::Status SetProjection(const LstmTensors& tensors, const Int8LstmScales& scales, IsaSet isas);
  Buffers Lay(int64_t rows, ScratchLayout& layout) const;
  void Step(const Buffers& buffers, int8_t* hidden, int16_t* cell, ThreadPool* pool) const;
  void RunGate(int k, const Buffers& buffers, const int8_t* hidden, const int16_t* cell,
               ThreadPool* pool) const;
  void AddPeephole(const Gate& gate, const int16_t* cell, int64_t rows, int16_t* sums) const;
  void Normalize(const Gate& gate, int16_t* row) const;
  void UpdateCell(const Buffers& buffers, int16_t* cell) const;
  void UpdateHidden(const Buffers& buffers, const int16_t* cell, int8_t* hidden,
                    ThreadPool* pool) const;

  int32_t units_ = 0;
  int32_t depth_ = 0;
  int32_t outputs_ = 0;
  bool time_major_ = false;
  std::array<std::optional<Gate>, kLstmGates> gates_;
  int cell_exponent_ = 0;  // a cell's code times 2^cell_exponent_ is its value
  int32_t cell_clip_ = 0;  // of codes; 0: none
  kernels::FixedPointMultiplier to_unprojected_;
  int32_t unprojected_zero_point_ = 0;
  std::optional<kernels::PackedGemmS8> projection_;
  kernels::FixedPointMultiplier to_hidden_;
  int32_t hidden_zero_point_ = 0;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_INT8_LSTM_H_
