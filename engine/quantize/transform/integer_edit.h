// Rewrites a graph for integer activations.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_EDIT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_EDIT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/constant_edit.h"
#include "engine/quantize/transform/file_draft.h"
#include "engine/quantize/transform/integer_constants.h"
#include "engine/quantize/transform/integer_plan.h"

namespace octet {

inline constexpr int32_t kNoTensor = -1;

struct IntegerEdit {
  std::vector<EditedTensor> constants;  // in the file's order
  // Where each FLOAT32 value of the source's main subgraph is in the result: its codes, and the
  // float tensor; kNoTensor where there is no such form.
  std::vector<int32_t> codes;
  std::vector<int32_t> reals;
};

// Changes `draft`, which is of `model`; `model` outlives the draft. Integer operators read and
// write codes; the others read floats through a DEQUANTIZE (one for each value, before its first
// reader) and are followed by a QUANTIZE. Inputs and outputs of the model keep their names and get
// the types that the options say. Errors: InvalidArgument, Cancelled.
absl::StatusOr<IntegerEdit> ApplyInteger(const Model& model, const IntegerPlan& plan,
                                         const QuantizeOptions& options,
                                         const CorrectedBiases& corrected, ThreadPool* pool,
                                         TensorProgress progress, FileDraft& draft);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_EDIT_H_
