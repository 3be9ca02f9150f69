#include "engine/memory/arena_planner.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"

namespace octet {
namespace {

bool LiveTogether(const ArenaRequest& a, const ArenaRequest& b) {
  return a.first <= b.last && b.first <= a.last;
}

}  // namespace

absl::StatusOr<ArenaLayout> PlanArena(absl::Span<const ArenaRequest> requests, size_t max_bytes) {
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return requests[a].bytes > requests[b].bytes; });

  ArenaLayout layout;
  layout.offsets.resize(requests.size());
  std::vector<size_t> placed;  // by offset
  for (size_t index : order) {
    const ArenaRequest& request = requests[index];
    if (request.bytes > max_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "a tensor of ", request.bytes, " bytes exceeds the memory limit of ", max_bytes));
    }
    const auto bytes = static_cast<size_t>(RoundUp(request.bytes, kArenaAlignment));
    size_t offset = 0;
    for (size_t other : placed) {
      if (!LiveTogether(request, requests[other])) continue;
      if (offset + bytes <= layout.offsets[other]) break;
      const auto end = layout.offsets[other] +
                       static_cast<size_t>(RoundUp(requests[other].bytes, kArenaAlignment));
      offset = std::max(offset, end);
    }
    layout.offsets[index] = offset;
    layout.total_bytes = std::max(layout.total_bytes, offset + bytes);
    if (layout.total_bytes > max_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat("the model needs an arena of more than ",
                                                       max_bytes, " bytes, the memory limit"));
    }
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), index,
                         [&](size_t a, size_t b) { return layout.offsets[a] < layout.offsets[b]; }),
        index);
  }
  return layout;
}

}  // namespace octet
