// NumPy's .npz files: a ZIP archive of .npy files.
#ifndef OCTET_CLIENT_FORMATS_NPZ_H_
#define OCTET_CLIENT_FORMATS_NPZ_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/formats/array.h"

namespace octet::client {

// The archive's arrays by name (without `.npy`). `max_bytes` bounds what they unpack to, together.
// Errors: InvalidArgument where the archive or an array (named) is broken, encrypted, named twice
// or no .npy; ResourceExhausted beyond `max_bytes`.
absl::StatusOr<std::map<std::string, Array>> ParseNpz(absl::string_view bytes, int64_t max_bytes);

}  // namespace octet::client

#endif  // OCTET_CLIENT_FORMATS_NPZ_H_
