// Operator options on their way back into a file, for tests.
#ifndef OCTET_TESTS_SUPPORT_MODEL_BUILDER_OPTIONS_H_
#define OCTET_TESTS_SUPPORT_MODEL_BUILDER_OPTIONS_H_

#include "engine/model/builtin_op.h"
#include "engine/model/op_options.h"
#include "tflite_generated.h"

namespace octet::testing {

// Writes `options` as the table that the format has for `op`; none for monostate.
void WriteOptions(BuiltinOp op, const OpOptions& options, tflite::OperatorT& to);

}  // namespace octet::testing

#endif  // OCTET_TESTS_SUPPORT_MODEL_BUILDER_OPTIONS_H_
