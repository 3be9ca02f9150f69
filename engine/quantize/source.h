// The model that a user wants quantized, checked and in float32.
#ifndef OCTET_ENGINE_QUANTIZE_SOURCE_H_
#define OCTET_ENGINE_QUANTIZE_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/quantize/transform/options.h"

namespace octet {

struct QuantizeSource {
  // The bytes of `file`, where they could not be read where the user has them.
  std::shared_ptr<const std::string> owned;
  absl::string_view file;
  std::shared_ptr<const Model> model;  // of `file`
};

// Reads the model in place where that can be; FLOAT16 constants become FLOAT32 ones. Errors:
// InvalidArgument for a file that is no sound model, FailedPrecondition for one that is quantized
// already.
absl::StatusOr<QuantizeSource> OpenQuantizeSource(absl::string_view bytes, QuantizationMode mode,
                                                  ThreadPool* pool);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_SOURCE_H_
