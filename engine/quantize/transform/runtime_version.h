// The file's note of the oldest TensorFlow runtime that can execute it.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_RUNTIME_VERSION_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_RUNTIME_VERSION_H_

#include "absl/strings/string_view.h"
#include "engine/quantize/transform/file_draft.h"

namespace octet {

// -1, 0 or 1 for "2.9.0" before, equal to or after "2.17.0". A part that is no number counts as 0.
int CompareVersions(absl::string_view a, absl::string_view b);

// Makes the metadata entry "min_runtime_version" name `version` where it names an older one. A
// file without the entry gets none: what its other operators need is not known.
void RaiseMinRuntimeVersion(FileDraft& draft, absl::string_view version);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_RUNTIME_VERSION_H_
