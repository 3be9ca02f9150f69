// Reads one tensor of a file.
#ifndef OCTET_ENGINE_MODEL_TENSOR_READER_H_
#define OCTET_ENGINE_MODEL_TENSOR_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/model/constants.h"
#include "engine/model/model.h"
#include "tflite_generated.h"

namespace octet {

// Checks type, shape, quantization and constant data. Errors start with `label`; InvalidArgument,
// Unimplemented (types, quantization details, external data) or ResourceExhausted.
absl::StatusOr<TensorDef> ReadTensor(const tflite::Tensor& tensor, const std::string& label,
                                     ConstantStore& constants);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_TENSOR_READER_H_
