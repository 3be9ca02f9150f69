// Carries out a plan of constants: weights to int8, operators told so.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_DYNAMIC_RANGE_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_DYNAMIC_RANGE_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/constant_plan.h"
#include "engine/quantize/transform/report.h"
#include "tflite_generated.h"

namespace octet {

// Called between tensors: done and total number of tensors, and the next one's name. Returning
// false cancels the work.
using TensorProgress =
    absl::FunctionRef<bool(int64_t done, int64_t total, absl::string_view tensor)>;

// Changes `file`, the object form of `model`; returns a row for each plan. Errors: InvalidArgument
// for a weight that is not finite, Cancelled.
absl::StatusOr<std::vector<TensorReport>> ApplyDynamicRange(const Model& model,
                                                            const std::vector<ConstantPlan>& plans,
                                                            TensorProgress progress,
                                                            tflite::ModelT& file);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_DYNAMIC_RANGE_H_
