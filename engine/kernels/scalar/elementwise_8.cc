#include "engine/kernels/elementwise_8.h"

#include "engine/kernels/elementwise_8_loops.h"

namespace octet::kernels {

OCTET_DEFINE_ELEMENTWISE_8(elementwise_8_scalar, TableLoop);

}  // namespace octet::kernels
