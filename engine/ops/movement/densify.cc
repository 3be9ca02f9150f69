// DENSIFY: a sparse constant as a dense one. The model's reader has unfolded it already.
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/same_elements.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Densify final : public Op {
 public:
  explicit Densify(size_t element) : element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }
  absl::Status Run(const RunContext& context) const override {
    CopyElements(context, element_);
    return absl::OkStatus();
  }

 private:
  const size_t element_;
};

PreparedOp Prepare(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckConstant(*context.input(0)));
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  return std::make_unique<Densify>(DataTypeSize(context.output(0).type));
}

}  // namespace

OpRowList DensifyRows() {
  OpRowList rows;
  for (DataType type : {DataType::kFloat32, DataType::kFloat16, DataType::kInt8}) {
    rows.push_back({BuiltinOp::kDensify, 1, 1, {{type}}, {{type}}, &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
