// What operators share that fold some dimensions of a tensor into one value each.
#ifndef OCTET_ENGINE_OPS_REDUCTION_REDUCER_H_
#define OCTET_ENGINE_OPS_REDUCTION_REDUCER_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// Which axes are folded, and what that makes of shapes.
struct ReducedAxes {
  uint32_t mask = 0;  // bit i: axis i is folded
  bool keep_dims = false;

  bool Has(int axis) const { return (mask >> axis) & 1; }
  // Elements that go into one output.
  int64_t Count(const Shape& input) const;
};

// Input 1 holds the axes, a constant. InvalidArgument where one is outside of the input.
absl::StatusOr<ReducedAxes> ReadReducedAxes(const PrepareContext& context);

class Reducer : public Op {
 public:
  // More than `max_count` elements for one output are refused, as are none at all.
  Reducer(ReducedAxes axes, int64_t max_count) : axes_(axes), max_count_(max_count) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override;
  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override;

 protected:
  // Elements that go into one output.
  int64_t Count(const Shape& input) const { return axes_.Count(input); }

  // The input as [outer][count][inner] of which the middle is folded; inner is 0 where the folded
  // axes do not stand together.
  struct FoldedBlock {
    int64_t outer = 0;
    int64_t count = 0;
    int64_t inner = 0;
  };
  FoldedBlock Block(const Shape& input) const;

  // Calls take(total, element) for each element of `in`, in memory order; `totals` has the output's
  // elements.
  template <typename Value, typename Total, typename Take>
  void Fold(const Shape& input, const Value* in, Total* totals, Take take) const {
    const int rank = input.rank();
    if (rank == 0) {
      take(totals[0], in[0]);
      return;
    }
    std::array<int64_t, Shape::kMaxRank> stride{};
    int64_t running = 1;
    for (int i = rank - 1; i >= 0; --i) {
      if (axes_.Has(i)) continue;
      stride[i] = running;
      running *= input.dim(i);
    }
    std::array<int32_t, Shape::kMaxRank> index{};
    const int32_t inner = input.dim(rank - 1);
    const int64_t inner_stride = stride[rank - 1];
    int64_t at = 0;
    for (int64_t done = 0; done < input.num_elements(); done += inner) {
      for (int32_t i = 0; i < inner; ++i) take(totals[at + i * inner_stride], in[done + i]);
      for (int axis = rank - 2; axis >= 0; --axis) {
        at += stride[axis];
        if (++index[axis] < input.dim(axis)) break;
        at -= stride[axis] * index[axis];
        index[axis] = 0;
      }
    }
  }

  // The sums of `in`; those of integers wrap in Sum.
  template <typename Value, typename Sum>
  void FoldSums(const Shape& input, const Value* in, int64_t outputs, Sum* sums) const {
    std::fill_n(sums, outputs, Sum{0});
    Fold(input, in, sums, [](Sum& sum, Value v) {
      if constexpr (std::is_integral_v<Sum>) {
        using Bits = std::make_unsigned_t<Sum>;
        sum = static_cast<Sum>(static_cast<Bits>(sum) + static_cast<Bits>(v));
      } else {
        sum += v;
      }
    });
  }

  // Scratch memory for one `Total` for each output.
  template <typename Total>
  size_t TotalBytes(absl::Span<const Shape> inputs) const {
    const auto shapes = InferShapes(inputs);
    return shapes.ok() ? (*shapes)[0].num_elements() * sizeof(Total) : 0;
  }

 private:
  const ReducedAxes axes_;
  const int64_t max_count_;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_REDUCTION_REDUCER_H_
