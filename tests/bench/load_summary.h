// What a server did with a load, in numbers.
#ifndef OCTET_TESTS_BENCH_LOAD_SUMMARY_H_
#define OCTET_TESTS_BENCH_LOAD_SUMMARY_H_

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "grpcpp/support/status.h"

namespace octet {

// Of the requests for one model.
class LoadSummary {
 public:
  // An answer that came while it was measured, whenever its request was due.
  void AddAnswer() { ++answers_; }
  // A request that was due while it was measured, and ended `milliseconds` after that.
  void Add(const grpc::Status& status, double milliseconds);
  // Requests that were due while as many as allowed were under way.
  void AddNotSent(int64_t count) { not_sent_ += count; }
  void Merge(const LoadSummary& other);

  // "due": requests; "per_second": answers while it was measured, for `seconds`. Times of answers,
  // and of refusals (RESOURCE_EXHAUSTED) where there were any, as "p50_ms", "p90_ms", "p99_ms" and
  // "max_ms"; "errors" counts all other failures by their first message.
  nlohmann::ordered_json ToJson(double seconds) const;

 private:
  int64_t answers_ = 0;
  std::vector<double> answered_ms_;
  std::vector<double> refused_ms_;
  std::map<std::string, int64_t> errors_;
  int64_t not_sent_ = 0;
};

}  // namespace octet

#endif  // OCTET_TESTS_BENCH_LOAD_SUMMARY_H_
