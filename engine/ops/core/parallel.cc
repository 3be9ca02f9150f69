#include "engine/ops/core/parallel.h"

#include <algorithm>

#include "engine/base/checked_math.h"

namespace octet::ops {

Range Share(int64_t count, int64_t unit, int64_t part, int64_t parts) {
  const int64_t units = CeilDiv(count, unit);
  return {std::min(count, units * part / parts * unit),
          std::min(count, units * (part + 1) / parts * unit)};
}

void ForEachPart(ThreadPool* pool, int64_t parts, absl::FunctionRef<void(int64_t)> body) {
  if (pool != nullptr && parts > 1) {
    pool->ParallelFor(parts, body);
    return;
  }
  for (int64_t part = 0; part < parts; ++part) body(part);
}

}  // namespace octet::ops
