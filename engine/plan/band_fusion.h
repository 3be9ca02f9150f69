// Depthwise convolutions and the pointwise ones around them as one step.
#ifndef OCTET_ENGINE_PLAN_BAND_FUSION_H_
#define OCTET_ENGINE_PLAN_BAND_FUSION_H_

#include "engine/plan/graph.h"

namespace octet {

// Joins each DEPTHWISE_CONV_2D with the pointwise CONV_2D that alone reads its output, and with the
// pointwise CONV_2D, if there is one, whose output it alone reads: a step that runs band by band
// (ops::SeparableConv), where the last of them was. The tensors between are no step's any more.
// Activations and weights are 8-bit codes. The step's inputs are the first one's, then weights and
// bias of the others.
//
// Without a convolution before the depthwise one there is nothing to gain on one thread: several
// save meeting between the two.
void FuseBands(Graph& graph, const GraphOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_BAND_FUSION_H_
