// Representative inputs of a model.
#ifndef OCTET_ENGINE_QUANTIZE_CALIBRATE_SAMPLE_H_
#define OCTET_ENGINE_QUANTIZE_CALIBRATE_SAMPLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/data_type.h"
#include "engine/base/shape.h"

namespace octet {

// One input of one sample. `data` are the elements, dense and row-major, at any address; the caller
// keeps them.
struct SampleTensor {
  // The input's public name, as in ModelDescription; may be empty where the model has one input.
  std::string name;
  DataType type = DataType::kFloat32;
  Shape shape;
  absl::Span<const std::byte> data;
};

// Every input of the model once, in any order.
struct CalibrationSample {
  std::vector<SampleTensor> inputs;
};

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_CALIBRATE_SAMPLE_H_
