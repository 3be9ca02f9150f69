// NumPy's .npy files, versions 1 to 3 of the format:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef OCTET_CLIENT_FORMATS_NPY_H_
#define OCTET_CLIENT_FORMATS_NPY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/formats/array.h"

namespace octet::client {

// Numbers and booleans, little-endian, in C or Fortran order (turned to C order). Never runs or
// unpickles anything. Errors: InvalidArgument for everything else, for a header that is broken or
// too long, and where the bytes after it are not exactly the array's.
absl::StatusOr<Array> ParseNpy(absl::string_view bytes);

// A version 1.0 file. `array.data` must fit its shape and type.
std::string SerializeNpy(const Array& array);

}  // namespace octet::client

#endif  // OCTET_CLIENT_FORMATS_NPY_H_
