// Splitting of work over the threads of a pool.
#ifndef OCTET_ENGINE_OPS_CORE_PARALLEL_H_
#define OCTET_ENGINE_OPS_CORE_PARALLEL_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "engine/base/thread_pool.h"

namespace octet::ops {

// Share `part` of `parts` equal shares of [0, count), in units of `unit`.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};
Range Share(int64_t count, int64_t unit, int64_t part, int64_t parts);

// Calls body(part) for each of `parts` parts, on the pool if there is one.
void ForEachPart(ThreadPool* pool, int64_t parts, absl::FunctionRef<void(int64_t)> body);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CORE_PARALLEL_H_
