// The first gate of a file: is it a FlatBuffer of the right kind, all of whose parts lie inside it?
#ifndef OCTET_ENGINE_MODEL_STRUCTURE_H_
#define OCTET_ENGINE_MODEL_STRUCTURE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tflite_generated.h"

namespace octet {

// The root table of `file`, whose every offset, vector and string lies inside the file, and whose
// parts are not referenced so often that a copy of all of them would be much larger than the file.
// `file` must start at an address that is a multiple of 16, and outlive the result.
//
// InvalidArgument for anything else; Unimplemented for operator options of an unknown kind.
absl::StatusOr<const tflite::Model*> VerifyStructure(absl::string_view file);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_STRUCTURE_H_
