#include "engine/ops/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/ops/op_rows.h"

namespace octet::ops {
namespace {

OpRowList AllRows() {
  OpRowList rows = JoinRows(ProductRows(), ElementwiseRows(), MovementRows(), ReductionRows(),
                            SelectionRows(), ControlRows(), RecurrentRows());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const OpRow& a, const OpRow& b) { return a.op < b.op; });
  return rows;
}

// Whether tensors with these indices fit the slots, position by position.
bool Fits(absl::Span<const TypeSlot> slots, absl::Span<const int32_t> indices,
          absl::Span<const TensorDef> tensors) {
  for (size_t i = 0; i < std::max(slots.size(), indices.size()); ++i) {
    const bool past_end = i >= slots.size();
    if (past_end && (slots.empty() || !slots.back().repeats)) return false;
    const TypeSlot& slot = past_end ? slots.back() : slots[i];
    const bool absent = i >= indices.size() || indices[i] == kAbsentTensor;
    if (absent ? !slot.optional : !slot.any && tensors[indices[i]].type != slot.type) return false;
  }
  return true;
}

std::string DescribeTensors(absl::Span<const int32_t> indices,
                            absl::Span<const TensorDef> tensors) {
  return absl::StrJoin(indices, ", ", [&](std::string* out, int32_t i) {
    if (i == kAbsentTensor) {
      absl::StrAppend(out, "absent");
    } else {
      absl::StrAppend(out, DataTypeName(tensors[i].type), " '", tensors[i].name, "'");
    }
  });
}

std::string OpKind(const OperatorDef& op) {
  if (op.op == BuiltinOp::kCustom) return absl::StrCat("custom operator '", op.custom_name, "'");
  if (BuiltinOpName(op.op) == "UNKNOWN") {
    return absl::StrCat("unknown builtin operator ", static_cast<int>(op.op));
  }
  return std::string(BuiltinOpName(op.op));
}

PreparedOp FindAndPrepare(const PrepareContext& context) {
  const OperatorDef& op = *context.op;
  bool known = false;
  bool version_fits = false;
  int newest = 0;
  for (const OpRow& row : OpRows()) {
    if (row.op != op.op || row.custom_name != op.custom_name) continue;
    known = true;
    newest = std::max(newest, row.max_version);
    if (op.version < row.min_version || op.version > row.max_version) continue;
    version_fits = true;
    if (Fits(row.inputs, op.inputs, context.tensors) &&
        Fits(row.outputs, op.outputs, context.tensors)) {
      return row.prepare(context);
    }
  }
  if (!known) return absl::UnimplementedError("not supported");
  if (!version_fits) {
    return absl::UnimplementedError(
        absl::StrCat("version ", op.version, " is not supported; the newest known is ", newest));
  }
  return absl::UnimplementedError(absl::StrCat("version ", op.version, ": no kernel for inputs ",
                                               DescribeTensors(op.inputs, context.tensors),
                                               " and outputs ",
                                               DescribeTensors(op.outputs, context.tensors)));
}

}  // namespace

absl::Span<const OpRow> OpRows() {
  static const OpRowList* const rows = new OpRowList(AllRows());
  return *rows;
}

PreparedOp PrepareOp(const PrepareContext& context, int op_index) {
  PreparedOp prepared = FindAndPrepare(context);
  if (prepared.ok()) return prepared;
  return absl::Status(prepared.status().code(),
                      absl::StrCat("operator ", op_index, " (", OpKind(*context.op),
                                   "): ", prepared.status().message()));
}

}  // namespace octet::ops
