// Worked examples as `.tflite` files.
#ifndef OCTET_TESTS_CONFORMANCE_NUMERICS_WORKED_MODEL_H_
#define OCTET_TESTS_CONFORMANCE_NUMERICS_WORKED_MODEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "octet/engine.h"
#include "tests/conformance/numerics/worked_table.h"

namespace octet::testing {

// The file's bytes. `schema` is the text of the format's schema: options are read by the names that
// they have there. InvalidArgument for what the schema or the example's tensors do not have.
absl::StatusOr<std::string> BuildWorkedModel(const WorkedExample& example,
                                             const std::string& schema);

// The same example with the types of a row of the registry's table: how an operator whose
// arithmetic is the same for any type runs on all of them.
absl::StatusOr<WorkedExample> WithTypesOf(const WorkedExample& example, const SupportedOp& row);

}  // namespace octet::testing

#endif  // OCTET_TESTS_CONFORMANCE_NUMERICS_WORKED_MODEL_H_
