// One direction of an LSTM with float activations: float weights, or int8 codes (hybrid).
// NUMERICS.md, "LSTM, float and hybrid".
#ifndef OCTET_ENGINE_OPS_RECURRENT_FLOAT_LSTM_H_
#define OCTET_ENGINE_OPS_RECURRENT_FLOAT_LSTM_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/ops/recurrent/parameters.h"
#include "engine/ops/recurrent/sequence.h"
#include "engine/ops/recurrent/weight_matrix.h"

namespace octet::ops {

// Immutable and thread-safe.
class FloatLstm {
 public:
  // Unimplemented for options that have no recorded answer.
  static absl::StatusOr<FloatLstm> Make(const LstmTensors& tensors,
                                        const SequenceLstmOptions& options, IsaSet isas);

  int32_t units() const { return units_; }
  int32_t depth() const { return depth_; }
  int32_t outputs() const { return outputs_; }
  size_t ScratchBytes(int64_t rows) const;
  size_t ConstantBytes() const;

  // Runs all steps, last first where `backward`. `hidden` [batch][outputs] and `cell`
  // [batch][units] are the state before and after; `out` has rows of `out_width` values.
  void Run(const float* in, const Sequence& sequence, bool backward, float* hidden, float* cell,
           float* out, int64_t out_width, std::byte* scratch, ThreadPool* pool) const;

 private:
  struct Gate {
    WeightMatrix weights;
    WeightMatrix recurrent;
    std::vector<float> peephole;
    absl::Span<const float> bias;
    absl::Span<const float> norm;
  };
  struct Buffers;

  FloatLstm() = default;
  Buffers Lay(int64_t rows, ScratchLayout& layout) const;
  void Step(const Buffers& buffers, float* hidden, float* cell, ThreadPool* pool) const;
  void RunGate(int k, const Buffers& buffers, const float* cell, ThreadPool* pool) const;
  void Normalize(const Gate& gate, float* row) const;
  void Project(const Buffers& buffers, float* hidden, ThreadPool* pool) const;

  int32_t units_ = 0;
  int32_t depth_ = 0;
  int32_t outputs_ = 0;
  float cell_clip_ = 0;
  float projection_clip_ = 0;
  RowQuantizer quantizer_;
  std::array<std::optional<Gate>, kLstmGates> gates_;
  std::optional<WeightMatrix> projection_;
  absl::Span<const float> projection_bias_;
};

// InvalidArgument unless a state fits an LSTM and a sequence.
absl::Status CheckLstmState(const FloatLstm& lstm, const Sequence& sequence, const Shape& hidden,
                            const Shape& cell);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_FLOAT_LSTM_H_
