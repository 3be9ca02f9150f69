// From the file's operator options to op_options.h.
#ifndef OCTET_ENGINE_MODEL_OPTIONS_READER_H_
#define OCTET_ENGINE_MODEL_OPTIONS_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/model/builtin_op.h"
#include "engine/model/op_options.h"
#include "tflite_generated.h"

namespace octet {

// monostate for an operator whose options Octet does not read. InvalidArgument, starting with
// `label`, where options are missing that have no defaults, belong to another operator, or hold a
// value that the format does not define.
absl::StatusOr<OpOptions> ReadOptions(BuiltinOp op, const tflite::Operator& source,
                                      const std::string& label);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_OPTIONS_READER_H_
