#include "engine/ops/selection/detections.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace octet::ops {
namespace {

// Kept ones and those of one class; at least all classes of one box.
int64_t RankedBoxes(const DetectionSize& size) {
  const int64_t all = int64_t{size.boxes} * size.classes;
  const int64_t merged =
      std::min<int64_t>(size.max_detections, all) + std::min<int64_t>(size.per_class, size.boxes);
  return std::max<int64_t>(merged, size.classes);
}

bool HasBetterScore(const RankedBox& a, const RankedBox& b) {
  return a.score > b.score || (std::isnan(b.score) && !std::isnan(a.score));
}

}  // namespace

size_t DetectionScratch::Bytes(const DetectionSize& size) {
  return size.boxes * (sizeof(Box) + sizeof(float) + 2 * sizeof(int32_t)) +
         RankedBoxes(size) * sizeof(RankedBox);
}

DetectionScratch::DetectionScratch(std::byte* memory, const DetectionSize& size)
    : boxes(reinterpret_cast<Box*>(memory)),
      scores(reinterpret_cast<float*>(boxes + size.boxes)),
      order(reinterpret_cast<int32_t*>(scores + size.boxes)),
      selected(order + size.boxes),
      ranked(reinterpret_cast<RankedBox*>(selected + size.boxes)) {}

int32_t SelectBoxes(const DetectionSize& size, const Suppression& limits, int32_t most,
                    const DetectionScratch& scratch) {
  int32_t* end = scratch.order;
  for (int32_t i = 0; i < size.boxes; ++i) {
    if (scratch.scores[i] >= limits.score) *end++ = i;
  }
  std::sort(scratch.order, end, [scores = scratch.scores](int32_t a, int32_t b) {
    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
  });
  int32_t count = 0;
  for (const int32_t* next = scratch.order; next != end && count < most; ++next) {
    const Box& box = scratch.boxes[*next];
    const bool covers =
        std::any_of(scratch.selected, scratch.selected + count, [&](int32_t better) {
          return IntersectionOverUnion(scratch.boxes[better], box) > limits.iou;
        });
    if (!covers) scratch.selected[count++] = *next;
  }
  return count;
}

void RankClasses(RankedBox* ranked, int32_t count, int32_t kept) {
  std::partial_sort(ranked, ranked + kept, ranked + count, HasBetterScore);
}

void RankBoxes(RankedBox* ranked, int32_t count, int32_t kept) {
  const auto better = [](const RankedBox& a, const RankedBox& b) {
    if (HasBetterScore(a, b)) return true;
    if (HasBetterScore(b, a)) return false;
    return std::tie(a.class_index, a.box) < std::tie(b.class_index, b.box);
  };
  std::partial_sort(ranked, ranked + kept, ranked + count, better);
}

}  // namespace octet::ops
