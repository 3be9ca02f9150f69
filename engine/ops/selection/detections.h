// Steps of TFLite_Detection_PostProcess that do not depend on its inputs' types.
#ifndef OCTET_ENGINE_OPS_SELECTION_DETECTIONS_H_
#define OCTET_ENGINE_OPS_SELECTION_DETECTIONS_H_

#include <cstddef>
#include <cstdint>

#include "engine/ops/selection/box.h"

namespace octet::ops {

// A box with one of its classes.
struct RankedBox {
  float score;
  int32_t box;
  int32_t class_index;
};

struct DetectionSize {
  int32_t boxes;
  int32_t classes;
  int32_t max_detections;
  int32_t per_class;  // most that suppression selects at once
};

// What a run needs besides inputs and outputs.
struct DetectionScratch {
  static size_t Bytes(const DetectionSize& size);
  // Lays the arrays out in Bytes(size) of memory.
  DetectionScratch(std::byte* memory, const DetectionSize& size);

  Box* boxes;         // decoded; [boxes]
  float* scores;      // [boxes]
  int32_t* order;     // [boxes]
  int32_t* selected;  // [boxes]
  RankedBox* ranked;  // [classes], or what is kept and one class more
};

struct Suppression {
  float score;  // boxes below are left out
  float iou;    // boxes that cover more of a better one are left out
};

// Writes to scratch.selected at most `most` boxes, best first, lower index first among equal
// scores: each that does not cover too much of one selected before it. Returns their number.
// Changes `order`.
int32_t SelectBoxes(const DetectionSize& size, const Suppression& limits, int32_t most,
                    const DetectionScratch& scratch);

// Both move the `kept` best of `count` to the front, best first. A NaN is worse than any number.
// Classes of one box: a single one is the first of equals, several stand as the standard library's
// partial sort by score alone leaves them.
void RankClasses(RankedBox* ranked, int32_t count, int32_t kept);
// Boxes of several classes: among equal scores the lower class, then the lower box comes first.
void RankBoxes(RankedBox* ranked, int32_t count, int32_t kept);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SELECTION_DETECTIONS_H_
