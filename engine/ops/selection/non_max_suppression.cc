// NON_MAX_SUPPRESSION_V4 and V5: of boxes [n, 4] with scores [n], the best ones that do not overlap
// better ones. Outputs are as long as max_output_size says, with index 0 and score 0 in unused
// places, and the number of used ones.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/selection/box.h"
#include "engine/ops/selection/rows.h"

namespace octet::ops {
namespace {

// Inputs in the operator's order.
enum Input { kBoxes, kScores, kMaxOutputSize, kIouThreshold, kScoreThreshold, kSigma };

struct Candidate {
  int32_t index;
  float score;
  int32_t compared;  // with how many of the selected boxes it was compared
};

// Order of the heap: the best candidate on top, of equal ones the one with the lower index.
bool IsWorse(const Candidate& a, const Candidate& b) {
  return a.score < b.score || (a.score == b.score && a.index > b.index);
}

struct Limits {
  float iou;
  float score;
  float sigma;  // above 0: overlap lowers scores, besides
};

absl::Status CheckLimits(const Limits& limits) {
  if (!(limits.iou >= 0 && limits.iou <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("iou_threshold ", limits.iou, " is outside of [0, 1]"));
  }
  if (limits.sigma >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("soft_nms_sigma ", limits.sigma));
}

// Compares a candidate with the boxes that were selected since it was last compared, and lowers its
// score. False where one of them covers it.
bool CompareWithSelected(const Box* boxes, const int32_t* selected, int32_t num_selected,
                         const Limits& limits, Candidate& candidate) {
  const float factor = limits.sigma > 0 ? -0.5f / limits.sigma : 0.0f;
  for (int32_t j = num_selected - 1; j >= candidate.compared; --j) {
    const float iou = IntersectionOverUnion(WithOrderedCorners(boxes[candidate.index]),
                                            WithOrderedCorners(boxes[selected[j]]));
    if (iou >= limits.iou) return false;
    if (limits.sigma > 0) candidate.score *= std::exp(factor * iou * iou);
    if (candidate.score <= limits.score) break;
  }
  candidate.compared = num_selected;
  return true;
}

template <bool kHasSigma>
class NonMaxSuppression final : public Op {
 public:
  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 1u << kMaxOutputSize; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& boxes = inputs[kBoxes];
    const Shape& scores = inputs[kScores];
    if (boxes.rank() != 2 || boxes.dim(1) != 4 || scores.rank() != 1 ||
        scores.dim(0) != boxes.dim(0)) {
      return absl::InvalidArgumentError(absl::StrCat("boxes of shape ", boxes.ToString(),
                                                     " and scores of shape ", scores.ToString()));
    }
    for (size_t i = kMaxOutputSize; i < inputs.size(); ++i) {
      if (inputs[i].num_elements() != 1) {
        return absl::InvalidArgumentError(absl::StrCat(
            "input ", i, " of shape ", inputs[i].ToString(), "; one number is needed"));
      }
    }
    const int32_t most = *static_cast<const int32_t*>(values[kMaxOutputSize]);
    if (most < 0) return absl::InvalidArgumentError(absl::StrCat("max_output_size ", most));
    if (kHasSigma) return Shapes{Shape{most}, Shape{most}, Shape{}};
    return Shapes{Shape{most}, Shape{}};
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return inputs[kScores].num_elements() * sizeof(Candidate);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("it compares the boxes of all rows");
  }

  absl::Status Run(const RunContext& context) const override {
    Limits limits{*context.in<float>(kIouThreshold), *context.in<float>(kScoreThreshold), 0};
    if (kHasSigma) limits.sigma = *context.in<float>(kSigma);
    OCTET_RETURN_IF_ERROR(CheckLimits(limits));
    Select(context, limits);
    return absl::OkStatus();
  }

 private:
  static void Select(const RunContext& context, const Limits& limits) {
    const auto* boxes = static_cast<const Box*>(context.inputs[kBoxes]);
    auto* heap = reinterpret_cast<Candidate*>(context.scratch);
    Candidate* end = CollectCandidates(context, limits.score, heap);
    auto* selected = context.out<int32_t>(0);
    float* scores = kHasSigma ? context.out<float>(1) : nullptr;
    const int32_t most = context.output_shapes[0].dim(0);
    int32_t count = 0;
    while (count < most && end != heap) {
      std::pop_heap(heap, end, IsWorse);
      Candidate& next = *--end;
      const float score_before = next.score;
      if (!CompareWithSelected(boxes, selected, count, limits, next)) continue;
      if (next.score == score_before) {
        selected[count] = next.index;
        if (kHasSigma) scores[count] = next.score;
        ++count;
      } else if (next.score > limits.score) {
        std::push_heap(heap, ++end, IsWorse);
      }
    }
    std::fill(selected + count, selected + most, 0);
    if (kHasSigma) std::fill(scores + count, scores + most, 0.0f);
    *context.out<int32_t>(kHasSigma ? 2 : 1) = count;
  }

  // Boxes above the threshold, as a heap; a NaN is above none.
  static Candidate* CollectCandidates(const RunContext& context, float threshold, Candidate* heap) {
    const float* scores = context.in<float>(kScores);
    Candidate* end = heap;
    for (int32_t i = 0; i < context.input_shapes[kScores].dim(0); ++i) {
      if (scores[i] > threshold) *end++ = {i, scores[i], 0};
    }
    std::make_heap(heap, end, IsWorse);
    return end;
  }
};

template <bool kHasSigma>
PreparedOp Prepare(const PrepareContext& context) {
  Limits known{0, 0, 0};
  const auto read = [&](int i, float& to) {
    const TensorDef& tensor = *context.input(i);
    if (tensor.is_constant && tensor.shape.num_elements() == 1) to = tensor.values<float>()[0];
  };
  read(kIouThreshold, known.iou);
  if (kHasSigma) read(kSigma, known.sigma);
  OCTET_RETURN_IF_ERROR(CheckLimits(known));
  return std::make_unique<NonMaxSuppression<kHasSigma>>();
}

}  // namespace

OpRowList NonMaxSuppressionRows() {
  constexpr DataType kFloat = DataType::kFloat32;
  constexpr DataType kInt = DataType::kInt32;
  return {{BuiltinOp::kNonMaxSuppressionV4,
           1,
           1,
           {{kFloat}, {kFloat}, {kInt}, {kFloat}, {kFloat}},
           {{kInt}, {kInt}},
           &Prepare<false>},
          {BuiltinOp::kNonMaxSuppressionV5,
           1,
           1,
           {{kFloat}, {kFloat}, {kInt}, {kFloat}, {kFloat}, {kFloat}},
           {{kInt}, {kFloat}, {kInt}},
           &Prepare<true>}};
}

}  // namespace octet::ops
