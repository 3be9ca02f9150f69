// One row of the registry: a type combination of one operator.
#ifndef OCTET_ENGINE_OPS_CORE_OP_ROW_H_
#define OCTET_ENGINE_OPS_CORE_OP_ROW_H_

#include <iterator>
#include <utility>
#include <vector>

#include "engine/ops/core/op.h"

namespace octet::ops {

// The type of one input or output.
struct TypeSlot {
  DataType type;
  bool optional = false;  // may be absent
  bool repeats = false;   // stands for one or more; only as the last slot
  bool any = false;       // of any type: `type` says nothing
};

inline constexpr TypeSlot kAnyType = {DataType::kOther, false, false, true};
inline constexpr TypeSlot kAnyTypes = {DataType::kOther, false, true, true};  // one or more
inline constexpr TypeSlot kAnyOrNone = {DataType::kOther, true, true, true};  // none or more

struct OpRow {
  BuiltinOp op;
  int min_version;
  int max_version;
  std::vector<TypeSlot> inputs;
  std::vector<TypeSlot> outputs;
  PrepareFunction prepare;
  const char* custom_name = "";  // of BuiltinOp::kCustom
};

using OpRowList = std::vector<OpRow>;

// One list after the other.
template <typename... Lists>
OpRowList JoinRows(Lists... lists) {
  OpRowList rows;
  (std::move(lists.begin(), lists.end(), std::back_inserter(rows)), ...);
  return rows;
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CORE_OP_ROW_H_
