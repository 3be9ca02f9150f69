#include "engine/model/builtin_op.h"

namespace octet {

absl::string_view BuiltinOpName(BuiltinOp op) {
  switch (op) {
#define OCTET_CASE(id, name, code) \
  case BuiltinOp::id:              \
    return name;
    OCTET_BUILTIN_OPS(OCTET_CASE)
#undef OCTET_CASE
  }
  return "UNKNOWN";
}

}  // namespace octet
