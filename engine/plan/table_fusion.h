// Chains of elementwise operators on 8-bit codes as tables.
#ifndef OCTET_ENGINE_PLAN_TABLE_FUSION_H_
#define OCTET_ENGINE_PLAN_TABLE_FUSION_H_

#include "absl/status/status.h"
#include "engine/cpu/isa.h"
#include "engine/plan/graph.h"

namespace octet {

// Replaces groups of steps that together map the codes of one 8-bit tensor to those of another by a
// look-up in a table, which the steps themselves compute here, over all 256 codes: its answers are
// theirs. A group's operators map elements (Op::MapsElements); what they read but its input is made
// in the group or a constant of one element; what they make but the last output is an output of the
// graph nowhere and read in the group alone. Tensors between may have any type.
//
// The group becomes one step where its last one was. Groups are as large as they can be; an
// operator that is a table already stays as it is.
absl::Status FuseTables(Graph& graph, IsaSet isas);

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_TABLE_FUSION_H_
