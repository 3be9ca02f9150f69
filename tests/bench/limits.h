// What this machine can do at most: the limits beside which a kernel's own speed is put.
#ifndef OCTET_TESTS_BENCH_LIMITS_H_
#define OCTET_TESTS_BENCH_LIMITS_H_

#include "engine/cpu/isa.h"
#include "tests/bench/bounds.h"

namespace octet {

// Exact int8 multiply-accumulates per second from registers alone, measured now; takes some tens of
// milliseconds. 0 for a set whose limit is not known. Requires that this machine runs `isa`.
double MeasureLimit(Isa isa);

// Limits of `threads` threads at work at the same time: products with the most capable set of
// `isas` whose limit is known; reading, in the widest vectors of `isas`, through
// buffers that each thread has for itself. Takes some tenths of a second.
MachineLimits MeasureLimits(IsaSet isas, int threads);

}  // namespace octet

#endif  // OCTET_TESTS_BENCH_LIMITS_H_
