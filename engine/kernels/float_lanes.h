// Private to the leaves: lanes that the compiler makes vectors of. Everything has internal linkage.
#ifndef OCTET_ENGINE_KERNELS_FLOAT_LANES_H_
#define OCTET_ENGINE_KERNELS_FLOAT_LANES_H_

#include <cstdint>

#include "engine/kernels/float_rows.h"

namespace octet::kernels {
namespace {

// Calls body.operator()<kLanes>(i) for lanes [i, i + kLanes) that together cover [0, count). The
// last vector of a long run overlaps the one before, which is quicker than lane after lane:
// elements of `body` must bear being computed twice. False, and nothing done, where there are too
// few.
template <typename Body>
inline bool ForEachLanes(int64_t count, Body body) {
  if (count < 16) return false;
  if (count < 32) {
    body.template operator()<16>(0);
    if (count > 16) body.template operator()<16>(count - 16);
    return true;
  }
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) body.template operator()<32>(i);
  if (i < count) body.template operator()<32>(count - 32);
  return true;
}

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_FLOAT_LANES_H_
