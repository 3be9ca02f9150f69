// Makes a float16 file a float32 one, for a quantizer that starts from float32.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_WIDEN_HALF_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_WIDEN_HALF_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"

namespace octet {

// Whether some DEQUANTIZE reads a FLOAT16 constant.
bool HasHalfConstants(const Model& model);

// The file with those operators' outputs as FLOAT32 constants in their place. `source` is the file
// of `model`, aligned for reading.
absl::StatusOr<std::string> WidenHalfConstants(const Model& model, absl::string_view source,
                                               ThreadPool* pool);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_WIDEN_HALF_H_
