// Boxes of detections.
#ifndef OCTET_ENGINE_OPS_SELECTION_BOX_H_
#define OCTET_ENGINE_OPS_SELECTION_BOX_H_

namespace octet::ops {

// Two opposite corners, in any unit.
struct Box {
  float y1;
  float x1;
  float y2;
  float x2;
};

// Area that both have, over the area that either has. 0 where a box has no positive area: its
// second corner does not lie beyond its first.
float IntersectionOverUnion(const Box& a, const Box& b);

// The same box with its corners in order.
Box WithOrderedCorners(const Box& box);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SELECTION_BOX_H_
