// Carries out a plan of constants: weights to int8, operators told so.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_DYNAMIC_RANGE_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_DYNAMIC_RANGE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/constant_plan.h"
#include "engine/quantize/transform/quantize.h"
#include "tflite_generated.h"

namespace octet {

// Changes `file`, the object form of `model`; returns a row for each plan. Errors: InvalidArgument
// for a weight that is not finite, Cancelled.
absl::StatusOr<std::vector<TensorReport>> ApplyDynamicRange(const Model& model,
                                                            const std::vector<ConstantPlan>& plans,
                                                            QuantizeProgress progress,
                                                            tflite::ModelT& file);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_DYNAMIC_RANGE_H_
