// Carries out a plan of constants: the modes in which activations stay float.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_EDIT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_EDIT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/constant_plan.h"
#include "engine/quantize/transform/file_draft.h"
#include "engine/quantize/transform/report.h"

namespace octet {

// Called between tensors: done and total number of tensors, and the next one's name. Returning
// false cancels the work.
using TensorProgress =
    absl::FunctionRef<bool(int64_t done, int64_t total, absl::string_view tensor)>;

// A row of the report, and what will know the error of its data once the file is written; null for
// a tensor whose data stay as they are.
struct EditedTensor {
  TensorReport row;
  std::shared_ptr<const Encoder> encoder;
};

// The row of a float constant that stays as it is.
TensorReport FloatConstantRow(const TensorDef& tensor);

// Changes `draft`, which is of `model`; returns a row for each plan. `model` outlives the draft.
// Errors: InvalidArgument for a weight that is not finite, Cancelled.
absl::StatusOr<std::vector<EditedTensor>> ApplyConstants(const Model& model,
                                                         const std::vector<ConstantPlan>& plans,
                                                         QuantizationMode mode, ThreadPool* pool,
                                                         TensorProgress progress, FileDraft& draft);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_EDIT_H_
