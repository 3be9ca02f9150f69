#include "engine/ops/selection/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList SelectionRows() {
  return JoinRows(ArgExtremumRows(), DetectionRows(), NonMaxSuppressionRows(), TopKRows(),
                  WhereRows());
}

}  // namespace octet::ops
