// VAR_HANDLE, ASSIGN_VARIABLE, READ_VARIABLE: values that outlive a run, by name.
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/control/rows.h"

namespace octet::ops {
namespace {

absl::Status CheckHandle(const Shape& shape) {
  if (shape.num_elements() == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("one variable at a time; the handle has shape ", shape.ToString()));
}

absl::Status RowsShareAVariable() {
  return absl::FailedPreconditionError("all rows share the variable");
}

// The number of the variable that input 0 is the handle of.
int32_t VariableOf(const RunContext& context) { return *context.in<int32_t>(0); }

class VarHandle final : public Op {
 public:
  explicit VarHandle(int32_t id) : id_(id) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape>) const override {
    OCTET_ASSIGN_OR_RETURN(Shape scalar, Shape::Create({}));
    return Shapes{std::move(scalar)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return RowsShareAVariable();
  }

  absl::Status Run(const RunContext& context) const override {
    *context.out<int32_t>(0) = id_;
    return absl::OkStatus();
  }

 private:
  const int32_t id_;
};

class AssignVariable final : public Op {
 public:
  explicit AssignVariable(DataType type) : type_(type) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_RETURN_IF_ERROR(CheckHandle(inputs[0]));
    return Shapes();
  }

  bool HasSideEffects() const override { return true; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return RowsShareAVariable();
  }

  absl::Status Run(const RunContext& context) const override {
    return context.variables->Assign(VariableOf(context), type_,
                                     {context.inputs[1], context.input_shapes[1]});
  }

 private:
  const DataType type_;
};

class ReadVariable final : public Op {
 public:
  explicit ReadVariable(DataType type) : type_(type) {}

  // A variable has the shape of what was assigned last.
  ShapeSource shape_source() const override { return ShapeSource::kRun; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return RowsShareAVariable();
  }

  absl::Status RunAllocating(const RunContext& context, OutputAllocator& outputs) const override {
    OCTET_RETURN_IF_ERROR(CheckHandle(context.input_shapes[0]));
    OCTET_ASSIGN_OR_RETURN(const TensorView value,
                           context.variables->Read(VariableOf(context), type_));
    OCTET_ASSIGN_OR_RETURN(void* to, outputs.Allocate(0, value.shape));
    const size_t bytes = value.shape.num_elements() * DataTypeSize(type_);
    if (bytes > 0) std::memcpy(to, value.data, bytes);
    return absl::OkStatus();
  }

 private:
  const DataType type_;
};

// What a variable may hold: numbers, not handles.
absl::Status CheckValue(const TensorDef& tensor) {
  if (tensor.type != DataType::kResource && DataTypeSize(tensor.type) > 0) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat("a variable of ", DataTypeName(tensor.type), " '",
                                               tensor.name, "' is not supported"));
}

PreparedOp PrepareVarHandle(const PrepareContext& context) {
  const auto options = context.options<VarHandleOptions>();
  return std::make_unique<const VarHandle>(
      context.variables->IdOf(options.container, options.shared_name));
}

PreparedOp PrepareAssignVariable(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckValue(*context.input(1)));
  return std::make_unique<const AssignVariable>(context.input(1)->type);
}

PreparedOp PrepareReadVariable(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckValue(context.output(0)));
  return std::make_unique<const ReadVariable>(context.output(0).type);
}

}  // namespace

OpRowList VariableRows() {
  constexpr TypeSlot kHandle = {DataType::kResource};
  return {
      {BuiltinOp::kVarHandle, 1, 1, {}, {kHandle}, PrepareVarHandle},
      {BuiltinOp::kReadVariable, 1, 1, {kHandle}, {kAnyType}, PrepareReadVariable},
      {BuiltinOp::kAssignVariable, 1, 1, {kHandle, kAnyType}, {}, PrepareAssignVariable},
  };
}

}  // namespace octet::ops
