// Requests that a served model has kept, as samples for a quantization.
#ifndef OCTET_SERVER_SERVICES_CAPTURED_SAMPLES_H_
#define OCTET_SERVER_SERVICES_CAPTURED_SAMPLES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "octet/quantize.h"
#include "server/models/served_model.h"

namespace octet::server {

// Owns what the samples look at.
class CapturedSamples {
 public:
  // What `model` has kept up to now, oldest first. Codes of quantized inputs become the reals that
  // they stand for, since what is quantized is float. FailedPrecondition where the model keeps none
  // or none has come yet.
  static absl::StatusOr<CapturedSamples> Take(ServedModel& model);

  absl::Span<const CalibrationSample> samples() const { return samples_; }

 private:
  void Add(const IoTensor& tensor, const std::string& row, CalibrationSample& sample);

  std::vector<std::shared_ptr<const CapturedSample>> captured_;
  std::vector<std::unique_ptr<float[]>> reals_;
  std::vector<CalibrationSample> samples_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_CAPTURED_SAMPLES_H_
