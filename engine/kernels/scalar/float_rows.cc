#include "engine/kernels/float_rows.h"

#include "engine/kernels/float_rows_loops.h"

namespace octet::kernels {

OCTET_DEFINE_FLOAT_ROWS(float_rows_scalar, LoopCoder);

}  // namespace octet::kernels
