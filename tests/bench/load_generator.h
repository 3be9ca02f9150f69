// Sends the same requests over and over, at the least cost, and notes when they are answered.
#ifndef OCTET_TESTS_BENCH_LOAD_GENERATOR_H_
#define OCTET_TESTS_BENCH_LOAD_GENERATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "grpcpp/support/byte_buffer.h"
#include "tests/bench/load_summary.h"

namespace octet {

// Requests of one kind: ModelInferRequest, serialized.
struct LoadRequest {
  std::string model;
  grpc::ByteBuffer bytes;
};

struct LoadOptions {
  std::string address;  // of loopback or another network that needs no TLS
  int connections = 4;
  // Closed loop: so many are always under way. Open loop: no more than that ever are.
  int in_flight = 1;
  double rate = 0;  // 0: closed loop; else the open loop's arrivals a second, on average
  double warm_up_seconds = 0.5;
  double seconds = 2;
  double deadline_seconds = 10;  // of each request
};

// Seconds from one arrival to the next, where arrivals know nothing of each other (a Poisson
// process) and `rate` come in a second on average.
double NextArrival(double rate, std::minstd_rand& random);

// Sends `requests` in turn and returns a summary of each, of the time after the warm-up. An open
// loop counts a request's time from when it was due, not from when it was sent. Returns when all
// requests have ended.
std::vector<LoadSummary> GenerateLoad(const LoadOptions& options,
                                      const std::vector<LoadRequest>& requests);

}  // namespace octet

#endif  // OCTET_TESTS_BENCH_LOAD_GENERATOR_H_
