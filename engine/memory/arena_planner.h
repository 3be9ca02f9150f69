// Where tensors live in one arena: a pure function over their sizes and lifetimes.
#ifndef OCTET_ENGINE_MEMORY_ARENA_PLANNER_H_
#define OCTET_ENGINE_MEMORY_ARENA_PLANNER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace octet {

// Memory that is wanted from step `first` to step `last`, both included.
struct ArenaRequest {
  size_t bytes = 0;
  int32_t first = 0;
  int32_t last = 0;
};

struct ArenaLayout {
  std::vector<size_t> offsets;  // one for each request, multiples of kArenaAlignment
  size_t total_bytes = 0;
};

inline constexpr size_t kArenaAlignment = 64;

// Greedy by size: the largest request first, each at the lowest offset where it overlaps no request
// that lives at the same time. Deterministic. ResourceExhausted where the arena would be larger
// than `max_bytes`.
//
// Source: Y. Pisarchyk, J. Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020.
absl::StatusOr<ArenaLayout> PlanArena(absl::Span<const ArenaRequest> requests, size_t max_bytes);

}  // namespace octet

#endif  // OCTET_ENGINE_MEMORY_ARENA_PLANNER_H_
