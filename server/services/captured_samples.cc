#include "server/services/captured_samples.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/services/edge_quantization.h"

namespace octet::server {

absl::StatusOr<CapturedSamples> CapturedSamples::Take(ServedModel& model) {
  const auto none = [&model](absl::string_view why) {
    return absl::FailedPreconditionError(absl::StrCat("model '", model.name(), "' version ",
                                                      model.version(),
                                                      " has no captured requests: ", why));
  };
  if (model.capture() == nullptr) {
    return none("capture_requests in its config.pbtxt, or --capture-requests, turns capturing on");
  }
  CapturedSamples taken;
  taken.captured_ = model.capture()->Samples();
  if (taken.captured_.empty()) return none("none was answered since it was loaded");
  const std::vector<IoTensor>& inputs = model.description().inputs;
  for (const auto& captured : taken.captured_) {
    CalibrationSample& sample = taken.samples_.emplace_back();
    for (size_t i = 0; i < inputs.size(); ++i) taken.Add(inputs[i], (*captured)[i], sample);
  }
  return taken;
}

void CapturedSamples::Add(const IoTensor& tensor, const std::string& row,
                          CalibrationSample& sample) {
  const absl::Span<const std::byte> bytes(reinterpret_cast<const std::byte*>(row.data()),
                                          row.size());
  if (!IsEdgeQuantizable(tensor.type, tensor.quantization)) {
    sample.inputs.push_back({tensor.name, tensor.type, tensor.shape, bytes});
    return;
  }
  const int64_t count = tensor.shape.num_elements();
  float* const reals = reals_.emplace_back(std::make_unique<float[]>(count)).get();
  DequantizeReals(bytes.data(), count, tensor.type, tensor.quantization, reals);
  sample.inputs.push_back({tensor.name,
                           DataType::kFloat32,
                           tensor.shape,
                           {reinterpret_cast<const std::byte*>(reals), count * sizeof(float)}});
}

}  // namespace octet::server
