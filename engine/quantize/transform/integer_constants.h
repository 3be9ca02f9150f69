// Turns the constants of an integer graph into codes.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_CONSTANTS_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_CONSTANTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/constant_edit.h"
#include "engine/quantize/transform/file_draft.h"
#include "engine/quantize/transform/integer_plan.h"

namespace octet {

// Biases to write instead of the source's, by operator; empty vectors leave them as they are.
using CorrectedBiases = std::vector<std::vector<float>>;

// Gives every integer operator its constants: filters and matrices symmetric, biases at the
// product's scale, others at the scale that the plan has for them. A constant that several
// operators need alike is one tensor; where they need it differently, each has its own. Changes
// `draft`, which is of `model`; returns a row for each float constant that an operator of the main
// subgraph reads, in order.
absl::StatusOr<std::vector<EditedTensor>> ApplyIntegerConstants(
    const Model& model, const IntegerPlan& plan, const QuantizeOptions& options,
    const CorrectedBiases& corrected, ThreadPool* pool, TensorProgress progress, FileDraft& draft);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_CONSTANTS_H_
