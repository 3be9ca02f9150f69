// A plan for integer activations: which operators, and at which scales. Pure.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_PLAN_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_PLAN_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/integer_choice.h"
#include "engine/quantize/transform/options.h"
#include "engine/quantize/transform/report.h"
#include "engine/quantize/transform/scale_assignment.h"

namespace octet {

struct IntegerPlan {
  std::vector<TensorUses> uses;        // by tensor of the main subgraph
  std::vector<IntegerChoice> choices;  // by operator
  ScaleAssignment scales;
  std::vector<DeviationReport> deviations;
};

// What can be said before any sample runs. InvalidArgument for a constant of an operator that is to
// be integer that is not finite; FailedPrecondition where `require_full_integer` finds an operator
// that stays float.
absl::Status CheckInteger(const Model& model, const QuantizeOptions& options);

// `ranges` has the values that the samples gave. Errors: InvalidArgument for a range that is
// missing or not finite (tensor named), and as CheckInteger.
absl::StatusOr<IntegerPlan> PlanInteger(const Model& model, const TensorRanges& ranges,
                                        const QuantizeOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_PLAN_H_
