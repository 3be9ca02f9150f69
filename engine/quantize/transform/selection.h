// Which operators and tensors a user wants quantized.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_SELECTION_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_SELECTION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/options.h"

namespace octet {

// Whether the whole text fits the pattern; '*' stands for any characters, '?' for one.
bool MatchesPattern(absl::string_view pattern, absl::string_view text);

// Empty where the operator is selected; else why not.
std::string OpNotSelected(const QuantizeSelection& selection, const SubgraphDef& graph,
                          const OperatorDef& op);
// The same for a constant, and for an activation.
std::string ConstantNotSelected(const QuantizeSelection& selection, absl::string_view tensor);
std::string ActivationNotSelected(const QuantizeSelection& selection, absl::string_view tensor);

// "CONV_2D", or a custom operator's own name.
std::string KindOf(const OperatorDef& op);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_SELECTION_H_
