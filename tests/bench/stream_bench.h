// Speed of the kernels that pass over their data once, beside what this machine reads.
#ifndef OCTET_TESTS_BENCH_STREAM_BENCH_H_
#define OCTET_TESTS_BENCH_STREAM_BENCH_H_

#include "engine/cpu/isa.h"
#include "tests/bench/bounds.h"

namespace octet::kernels {

// Registers a benchmark of each kernel of elementwise_8.h and float_rows.h that `allowed` has:
// bytes that it reads and writes a second, elements, and its share of the time in which as many
// bytes are read alone.
void RegisterStreams(IsaSet allowed, const MachineLimits& limits);

}  // namespace octet::kernels

#endif  // OCTET_TESTS_BENCH_STREAM_BENCH_H_
