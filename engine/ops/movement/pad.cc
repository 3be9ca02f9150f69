// PAD: the input inside a larger tensor of real zeros.
#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Pad final : public Op {
 public:
  // `paddings`: before and after for each dimension. `zero` is the bytes of one element.
  Pad(std::vector<int32_t> paddings, absl::Span<const std::byte> zero)
      : paddings_(std::move(paddings)), element_(zero.size()) {
    std::copy(zero.begin(), zero.end(), zero_.begin());
  }

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& input = inputs[0];
    if (paddings_.size() != 2 * static_cast<size_t>(input.rank())) {
      return absl::InvalidArgumentError(absl::StrCat(paddings_.size(), " paddings for a tensor of ",
                                                     input.rank(), " dimensions"));
    }
    std::vector<int32_t> dims(input.rank());
    for (int i = 0; i < input.rank(); ++i) {
      if (!CheckedAdd(input.dim(i), paddings_[2 * i], &dims[i]) ||
          !CheckedAdd(dims[i], paddings_[2 * i + 1], &dims[i])) {
        return absl::InvalidArgumentError(absl::StrCat("dimension ", i, " grows too large"));
      }
    }
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (!paddings_.empty() && paddings_[0] == 0 && paddings_[1] == 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it pads dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Shape& output = context.output_shapes[0];
    auto* out = context.out<std::byte>(0);
    const auto* in = context.in<std::byte>(0);
    // Runs from the innermost dimension that is padded inwards, in the output's order, each behind
    // the zeros before it.
    int outer = input.rank();
    while (outer > 0 && paddings_[2 * outer - 2] == 0 && paddings_[2 * outer - 1] == 0) --outer;
    outer = std::max(outer - 1, 0);
    const int64_t run = input.InnerElements(outer);
    const int64_t inner = output.InnerElements(outer + 1);
    std::array<int32_t, Shape::kMaxRank> index{};
    int64_t written = 0;
    for (int64_t done = 0; done < input.num_elements(); done += run) {
      int64_t at = 0;
      for (int i = 0; i < outer; ++i) at = at * output.dim(i) + index[i] + paddings_[2 * i];
      if (outer < input.rank()) at = (at * output.dim(outer) + paddings_[2 * outer]) * inner;
      FillZeros(out + written * element_, at - written);
      std::memcpy(out + at * element_, in + done * element_, run * element_);
      written = at + run;
      for (int axis = outer - 1; axis >= 0 && ++index[axis] == input.dim(axis); --axis) {
        index[axis] = 0;
      }
    }
    FillZeros(out + written * element_, output.num_elements() - written);
    return absl::OkStatus();
  }

 private:
  void FillZeros(std::byte* out, int64_t elements) const {
    if (element_ == 1) {
      std::memset(out, std::to_integer<int>(zero_[0]), elements);
      return;
    }
    for (int64_t i = 0; i < elements; ++i) std::memcpy(out + i * element_, zero_.data(), element_);
  }

  const std::vector<int32_t> paddings_;
  const size_t element_;
  std::array<std::byte, 8> zero_{};
};

absl::StatusOr<std::vector<int32_t>> Paddings(const TensorDef& tensor) {
  OCTET_ASSIGN_OR_RETURN(std::vector<int32_t> paddings, ConstantInts(tensor));
  for (int32_t padding : paddings) {
    if (padding < 0) {
      return absl::InvalidArgumentError(absl::StrCat("padding ", padding, " is negative"));
    }
  }
  return paddings;
}

PreparedOp PreparePad(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(std::vector<int32_t> paddings, Paddings(*context.input(1)));
  const TensorDef& output = context.output(0);
  std::array<std::byte, 8> zero{};
  if (output.type == DataType::kInt8 || output.quantization.is_quantized()) {
    OCTET_RETURN_IF_ERROR(CheckSameQuantization(*context.input(0), output, 0.0f));
    const auto code = static_cast<int16_t>(output.quantization.zero_point[0]);
    std::memcpy(zero.data(), &code,
                sizeof(code));  // little-endian: an 8-bit code is its first byte
  }
  return std::make_unique<Pad>(std::move(paddings),
                               absl::MakeConstSpan(zero).first(DataTypeSize(output.type)));
}

PreparedOp PreparePadV2(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(std::vector<int32_t> paddings, Paddings(*context.input(1)));
  const TensorDef& output = context.output(0);
  const TensorDef& value = *context.input(2);
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), output));
  OCTET_RETURN_IF_ERROR(CheckCopies(value, output));
  OCTET_RETURN_IF_ERROR(CheckConstant(value));
  if (value.shape.num_elements() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", value.name, "' has shape ", value.shape.ToString(), ", not one element"));
  }
  return std::make_unique<Pad>(std::move(paddings), value.data);
}

}  // namespace

OpRowList PadRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    for (DataType padding : {DataType::kInt32, DataType::kInt64}) {
      rows.push_back({BuiltinOp::kPad, 1, 6, {{type}, {padding}}, {{type}}, &PreparePad});
    }
    rows.push_back(
        {BuiltinOp::kPadv2, 1, 6, {{type}, {DataType::kInt32}, {type}}, {{type}}, &PreparePadV2});
  }
  return rows;
}

}  // namespace octet::ops
