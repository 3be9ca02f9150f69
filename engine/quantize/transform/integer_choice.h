// Chooses the operators that will work on integer activations.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_CHOICE_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_CHOICE_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/activation_rules.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/options.h"
#include "engine/quantize/transform/report.h"

namespace octet {

struct IntegerChoice {
  bool has_reals = false;  // reads or writes FLOAT32: else there is nothing to choose
  bool integer = false;
  const ActivationRule* rule = nullptr;  // where it is integer
  std::string reason;                    // why it stays float, where it has reals
};

// By operator of the main subgraph. A movement between operators that stay float stays float too,
// which `deviations` tells. Bodies of control flow are no part of this: they stay float.
std::vector<IntegerChoice> ChooseIntegerOperators(const SubgraphDef& graph,
                                                  absl::Span<const TensorUses> uses,
                                                  const QuantizeOptions& options,
                                                  std::vector<DeviationReport>& deviations);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_INTEGER_CHOICE_H_
