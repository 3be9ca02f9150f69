// Reads the kinds of operators that a file uses, and its operators.
#ifndef OCTET_ENGINE_MODEL_OPERATOR_READER_H_
#define OCTET_ENGINE_MODEL_OPERATOR_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/model.h"
#include "tflite_generated.h"

namespace octet {

// A row of the file's table of operator codes.
struct OperatorKind {
  BuiltinOp op = BuiltinOp::kCustom;
  int32_t version = 1;
  std::string custom_name;  // for BuiltinOp::kCustom

  std::string ToString() const;  // "CONV_2D", "CUSTOM 'edgetpu-custom-op'"
};

// InvalidArgument for a negative code and for a custom operator without a name. A code that the
// format does not define is no error here: the table of operators refuses it by name.
absl::StatusOr<std::vector<OperatorKind>> ReadOperatorKinds(const tflite::Model& model);

// The operator without a check of its tensor indices: CheckGraph does that.
absl::StatusOr<OperatorDef> ReadOperator(const tflite::Operator& source,
                                         const std::vector<OperatorKind>& kinds, size_t subgraph,
                                         size_t index);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_OPERATOR_READER_H_
