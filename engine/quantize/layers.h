// The report's rows of layers and outputs.
#ifndef OCTET_ENGINE_QUANTIZE_LAYERS_H_
#define OCTET_ENGINE_QUANTIZE_LAYERS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/constant_plan.h"
#include "engine/quantize/transform/integer_choice.h"
#include "octet/quantize.h"

namespace octet {

// A row for each operator of the main subgraph that has reals: quantized where it works on integer
// activations.
std::vector<LayerReport> IntegerLayers(const SubgraphDef& graph,
                                       absl::Span<const IntegerChoice> choices);

// The same, quantized where some constant of the operator was.
std::vector<LayerReport> ConstantLayers(const SubgraphDef& graph,
                                        absl::Span<const ConstantPlan> plans);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_LAYERS_H_
