// Calibration samples as they come in, part by part.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_SAMPLES_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_SAMPLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "octet/quantize.h"
#include "octet/v1/octet.pb.h"

namespace octet::server {

class SampleCollector {
 public:
  // Holds at most `max_bytes` of elements.
  explicit SampleCollector(int64_t max_bytes) : max_bytes_(max_bytes) {}

  // Whether the samples fit a model is seen later. Errors name the sample, counted from 0:
  // InvalidArgument for a datatype or shape that none can have, and for more data than these need;
  // ResourceExhausted beyond the limit.
  absl::Status Add(const octet::v1::SamplePart& part);

  // Views of what was added, valid until the next Add. InvalidArgument where the last sample or one
  // of its tensors is not whole.
  absl::StatusOr<std::vector<CalibrationSample>> Samples() const;

 private:
  struct Input {
    std::string name;
    DataType type;
    Shape shape;
    std::string data;
    int64_t bytes() const { return shape.num_elements() * DataTypeSize(type); }
  };

  absl::Status Begin(const octet::v1::SamplePart& part);
  // "sample 3, input 'x'"
  std::string Label(const std::string& name) const;
  absl::Status CheckWhole(const Input& input) const;

  const int64_t max_bytes_;
  int64_t held_ = 0;
  bool open_ = false;  // the last sample is not whole
  std::vector<std::vector<Input>> samples_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_SAMPLES_H_
