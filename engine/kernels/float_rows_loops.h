// Private to the leaves: the loops of float_rows.h in plain C++, which each leaf compiles to
// vectors of its own, as a table of kernels.
#ifndef OCTET_ENGINE_KERNELS_FLOAT_ROWS_LOOPS_H_
#define OCTET_ENGINE_KERNELS_FLOAT_ROWS_LOOPS_H_

#include "engine/kernels/float_codes_loops.h"
#include "engine/kernels/float_finish_loops.h"
#include "engine/kernels/float_functions_loops.h"
#include "engine/kernels/float_rows.h"

// Defines the table `name` of a leaf's kernels.
#define OCTET_DEFINE_FLOAT_ROWS(name, Coder)    \
  extern const FloatRows name;                  \
  const FloatRows name = {#name,                \
                          RangeLoop,            \
                          CodesHalfEven<Coder>, \
                          CodesHalfAway<Coder>, \
                          QuantizeRows<Coder>,  \
                          HybridFinishLoop,     \
                          DepthwiseF32Loop,     \
                          LogisticLoop}

#endif  // OCTET_ENGINE_KERNELS_FLOAT_ROWS_LOOPS_H_
