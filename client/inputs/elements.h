// Changing the element type of arrays.
#ifndef OCTET_CLIENT_INPUTS_ELEMENTS_H_
#define OCTET_CLIENT_INPUTS_ELEMENTS_H_

#include "absl/status/statusor.h"
#include "client/formats/array.h"

namespace octet::client {

bool IsFloat(DataType type);

// The same values as `wanted`: integers stay exact, floats are rounded to the nearest.
// Errors: InvalidArgument where a value is out of the wanted range, where fractions would become
// integers, and for booleans and FP16, which only fit themselves (FP16 also widens).
absl::StatusOr<Array> ConvertElements(Array array, DataType wanted);

}  // namespace octet::client

#endif  // OCTET_CLIENT_INPUTS_ELEMENTS_H_
