// What one core can multiply at most with an instruction set: the limit beside which a kernel's own
// speed is put.
#ifndef OCTET_TESTS_BENCH_LIMITS_H_
#define OCTET_TESTS_BENCH_LIMITS_H_

#include "engine/cpu/isa.h"

namespace octet {

// Exact int8 multiply-accumulates per second from registers alone, measured now; takes some tens of
// milliseconds. 0 for a set whose limit is not known. Requires that this machine runs `isa`.
double MeasureLimit(Isa isa);

}  // namespace octet

#endif  // OCTET_TESTS_BENCH_LIMITS_H_
