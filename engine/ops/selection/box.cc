#include "engine/ops/selection/box.h"

#include <algorithm>

namespace octet::ops {

float IntersectionOverUnion(const Box& a, const Box& b) {
  const float area_a = (a.y2 - a.y1) * (a.x2 - a.x1);
  const float area_b = (b.y2 - b.y1) * (b.x2 - b.x1);
  if (area_a <= 0 || area_b <= 0) return 0;
  const float height = std::max(std::min(a.y2, b.y2) - std::max(a.y1, b.y1), 0.0f);
  const float width = std::max(std::min(a.x2, b.x2) - std::max(a.x1, b.x1), 0.0f);
  const float both = height * width;
  return both / (area_a + area_b - both);
}

Box WithOrderedCorners(const Box& box) {
  return {std::min(box.y1, box.y2), std::min(box.x1, box.x2), std::max(box.y1, box.y2),
          std::max(box.x1, box.x2)};
}

}  // namespace octet::ops
