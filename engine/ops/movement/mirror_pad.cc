// MIRROR_PAD: the input continued at its sides by its own reflection.
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class MirrorPad final : public Op {
 public:
  // `whole_rows`: dimension 0 is known not to be padded.
  MirrorPad(bool symmetric, DataType index, size_t element, bool whole_rows)
      : symmetric_(symmetric), index_(index), element_(element), whole_rows_(whole_rows) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b10; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& input = inputs[0];
    if (inputs[1] != Shape{input.rank(), 2}) {
      return absl::InvalidArgumentError(absl::StrCat("paddings of shape ", inputs[1].ToString(),
                                                     " for shape ", input.ToString()));
    }
    const SmallInts paddings(index_, values[1], 2 * input.rank());
    absl::InlinedVector<int64_t, Shape::kMaxRank> sizes;
    for (int i = 0; i < input.rank(); ++i) {
      // A reflection cannot be longer than what it reflects.
      const int64_t longest = input.dim(i) - (symmetric_ ? 0 : 1);
      for (int side = 0; side < 2; ++side) {
        const int64_t padding = paddings[2 * i + side];
        if (padding < 0 || padding > longest) {
          return absl::InvalidArgumentError(absl::StrCat("padding ", padding, " of dimension ", i,
                                                         " of ", input.ToString(), "; 0 to ",
                                                         longest, " are possible"));
        }
      }
      sizes.push_back(paddings[2 * i] + input.dim(i) + paddings[2 * i + 1]);
    }
    return OneShape(sizes);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (has_rows[1]) return absl::FailedPreconditionError("rows say how it pads");
    if (whole_rows_) return absl::OkStatus();
    return absl::FailedPreconditionError("it pads dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Shape& output = context.output_shapes[0];
    const SmallInts paddings(index_, context.inputs[1], 2 * input.rank());
    const auto* in = context.in<std::byte>(0);
    auto* out = context.out<std::byte>(0);
    std::array<int32_t, Shape::kMaxRank> index{};
    const int64_t count = output.num_elements();
    for (int64_t done = 0; done < count; ++done, out += element_) {
      int64_t at = 0;
      for (int i = 0; i < input.rank(); ++i) {
        at = at * input.dim(i) + Reflect(index[i] - paddings[2 * i], input.dim(i));
      }
      std::memcpy(out, in + at * element_, element_);
      for (int axis = input.rank() - 1; axis >= 0 && ++index[axis] == output.dim(axis); --axis) {
        index[axis] = 0;
      }
    }
    return absl::OkStatus();
  }

 private:
  int64_t Reflect(int64_t at, int64_t size) const {
    if (at < 0) return symmetric_ ? -at - 1 : -at;
    if (at >= size) return 2 * size - at - (symmetric_ ? 1 : 2);
    return at;
  }

  const bool symmetric_;
  const DataType index_;
  const size_t element_;
  const bool whole_rows_;
};

PreparedOp Prepare(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  bool whole_rows = false;
  if (context.input(1)->is_constant) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> paddings, ConstantInts(*context.input(1)));
    whole_rows = paddings.size() >= 2 && paddings[0] == 0 && paddings[1] == 0;
  }
  return std::make_unique<MirrorPad>(context.options<MirrorPadOptions>().symmetric,
                                     context.input(1)->type, DataTypeSize(context.output(0).type),
                                     whole_rows);
}

}  // namespace

OpRowList MirrorPadRows() {
  OpRowList rows;
  for (DataType index : {DataType::kInt32, DataType::kInt64}) {
    for (DataType type : kMovedTypes) {
      rows.push_back({BuiltinOp::kMirrorPad, 1, 3, {{type}, {index}}, {{type}}, &Prepare});
    }
    constexpr TypeSlot kU32{DataType::kUint32};
    rows.push_back({BuiltinOp::kMirrorPad, 1, 3, {kU32, {index}}, {kU32}, &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
