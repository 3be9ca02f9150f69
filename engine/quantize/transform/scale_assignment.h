// Gives every activation of an integer graph its scale, so that operators which demand equal scales
// get them.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_SCALE_ASSIGNMENT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_SCALE_ASSIGNMENT_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/activation_scale.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/integer_choice.h"
#include "engine/quantize/transform/report.h"

namespace octet {

// Of each tensor of the main subgraph; absent for those that were never met.
using TensorRanges = std::vector<absl::optional<ValueRange>>;

struct ScaleAssignment {
  // Of each FLOAT32 value with a range, as an operator writes it (or it is fed).
  std::vector<absl::optional<ScaleChoice>> scales;
  std::vector<bool> fixed;  // by the operator's specification
  // Inputs (operator, slot) that need other codes than the value's: they are read through a
  // QUANTIZE; for constants, which scale the operator wants.
  std::map<std::pair<int32_t, int32_t>, ScaleChoice> inputs;
  std::vector<DeviationReport> deviations;
};

// Where operators with several inputs demand one scale (CONCATENATION, MAXIMUM, ...):
// - int8: the output's range goes backward to the inputs, through operators that keep the scale and
//   into those that write the inputs. A value that two of them read takes the first one's. A value
//   keeps its own scale, and is read through a QUANTIZE, where its writer's scale is fixed, or
//   where the output's range is narrower and others read it too (TensorFlow's converter lets those
//   saturate).
// - int16: each input that differs is read through a QUANTIZE.
// Operators with one input that keep the scale take the input's.
ScaleAssignment AssignScales(const SubgraphDef& graph, absl::Span<const TensorUses> uses,
                             absl::Span<const IntegerChoice> choices, const TensorRanges& ranges,
                             QuantizationMode mode);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_SCALE_ASSIGNMENT_H_
