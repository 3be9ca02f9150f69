// Finds the inputs of samples by name and proves that they fit a model.
#ifndef OCTET_ENGINE_QUANTIZE_CALIBRATE_SAMPLE_CHECK_H_
#define OCTET_ENGINE_QUANTIZE_CALIBRATE_SAMPLE_CHECK_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/model/model.h"
#include "engine/quantize/calibrate/sample.h"

namespace octet {

// The data of one sample's inputs, in the order of the model's main subgraph.
using SampleInputs = std::vector<absl::Span<const std::byte>>;

// Of every sample. InvalidArgument names sample and input where one is missing, unknown, given
// twice, of another type or shape, of the wrong size, or not finite (with the element's index).
absl::StatusOr<std::vector<SampleInputs>> OrderSamples(const Model& model,
                                                       absl::Span<const CalibrationSample> samples);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_CALIBRATE_SAMPLE_CHECK_H_
