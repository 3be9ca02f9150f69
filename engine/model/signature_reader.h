// Reads the names that a file's author gave to inputs and outputs.
#ifndef OCTET_ENGINE_MODEL_SIGNATURE_READER_H_
#define OCTET_ENGINE_MODEL_SIGNATURE_READER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/model/model.h"
#include "tflite_generated.h"

namespace octet {

// InvalidArgument where a signature names a subgraph that does not exist, or a tensor that is no
// input (output) of it.
absl::StatusOr<std::vector<SignatureDef>> ReadSignatures(const tflite::Model& model,
                                                         absl::Span<const SubgraphDef> subgraphs);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_SIGNATURE_READER_H_
