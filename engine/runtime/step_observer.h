// A way to watch the steps of a run, for profiles.
#ifndef OCTET_ENGINE_RUNTIME_STEP_OBSERVER_H_
#define OCTET_ENGINE_RUNTIME_STEP_OBSERVER_H_

#include "absl/types/span.h"
#include "engine/base/shape.h"
#include "engine/plan/graph.h"

namespace octet {

// Called on the thread that runs the model, around each step. Steps nest: those of a subgraph begin
// and end inside the step that calls it. After a step that fails, no more calls follow in that run.
// An observer that does not allocate keeps the run free of allocation.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void StepBegins(const GraphStep& step) = 0;
  // Shapes follow the step's lists; an absent input has an empty one. Spans are valid during the
  // call.
  virtual void StepEnds(const GraphStep& step, absl::Span<const Shape> inputs,
                        absl::Span<const Shape> outputs) = 0;
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_STEP_OBSERVER_H_
