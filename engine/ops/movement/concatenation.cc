// CONCATENATION: tensors side by side along one axis.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

using Table = std::array<uint8_t, 256>;

class Concatenation final : public Op {
 public:
  // `tables`: the output's code for each code of an input; empty: codes are copied.
  Concatenation(int axis, size_t element, std::vector<Table> tables)
      : axis_(axis), element_(element), tables_(std::move(tables)) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    std::vector<int32_t> dims(inputs[0].dims().begin(), inputs[0].dims().end());
    dims[axis_] = 0;
    for (const Shape& input : inputs) {
      bool fits = input.rank() == inputs[0].rank();
      for (int i = 0; fits && i < input.rank(); ++i) {
        fits = i == axis_ || input.dim(i) == inputs[0].dim(i);
      }
      if (!fits || !CheckedAdd(dims[axis_], input.dim(axis_), &dims[axis_])) {
        return absl::InvalidArgumentError(absl::StrCat("shapes ", inputs[0].ToString(), " and ",
                                                       input.ToString(),
                                                       " cannot be joined along axis ", axis_));
      }
    }
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (axis_ == 0) return absl::FailedPreconditionError("it joins along dimension 0");
    for (bool rows : has_rows) {
      if (!rows) return absl::FailedPreconditionError("it joins rows with a constant");
    }
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& output = context.output_shapes[0];
    const int64_t outer = output.OuterElements(axis_);
    const int64_t out_run = output.InnerElements(axis_) * element_;
    int64_t column = 0;
    for (size_t i = 0; i < context.inputs.size(); ++i) {
      const int64_t run = context.input_shapes[i].InnerElements(axis_) * element_;
      const auto* in = context.in<std::byte>(i);
      if (run > 0) {
        for (int64_t row = 0; row < outer; ++row) {
          Place(i, in + row * run, run, context.out<std::byte>(0) + row * out_run + column);
        }
      }
      column += run;
    }
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return tables_.size() * sizeof(Table); }

 private:
  void Place(size_t input, const std::byte* in, int64_t bytes, std::byte* out) const {
    if (tables_.empty()) {
      std::memcpy(out, in, bytes);
      return;
    }
    const Table& table = tables_[input];
    std::transform(in, in + bytes, out, [&table](std::byte code) {
      return std::byte{table[std::to_integer<int>(code)]};
    });
  }

  const int axis_;
  const size_t element_;
  const std::vector<Table> tables_;
};

// NUMERICS.md, "Moving data".
Table RescaledCodes(const Quantization& in, const Quantization& out) {
  const float ratio = in.scale[0] * (1.0f / out.scale[0]);
  const float bias = static_cast<float>(-in.zero_point[0]) * ratio;
  const bool same = in.scale == out.scale && in.zero_point == out.zero_point;
  Table table;
  for (int code = 0; code < 256; ++code) {
    const float scaled = static_cast<float>(code) * ratio;
    const float value = std::round(scaled + bias) + static_cast<float>(out.zero_point[0]);
    table[code] = static_cast<uint8_t>(same ? code : std::clamp(value, 0.0f, 255.0f));
  }
  return table;
}

PreparedOp Prepare(const PrepareContext& context) {
  const auto options = context.options<ConcatenationOptions>();
  if (options.activation != Activation::kNone) {
    return absl::UnimplementedError("a fused activation");
  }
  const TensorDef& output = context.output(0);
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         NormalizeAxis(options.axis, context.input(0)->shape.rank()));
  std::vector<Table> tables;
  for (int i = 0; i < context.num_inputs(); ++i) {
    const TensorDef& input = *context.input(i);
    if (output.type == DataType::kInt8) {
      // Codes are copied, so they must mean the same.
      OCTET_RETURN_IF_ERROR(CheckSameQuantization(input, output, 0.0f));
    } else if (output.type == DataType::kUint8 && output.quantization.is_quantized()) {
      OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
      OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
      tables.push_back(RescaledCodes(input.quantization, output.quantization));
    }
  }
  return std::make_unique<Concatenation>(axis, DataTypeSize(output.type), std::move(tables));
}

}  // namespace

OpRowList ConcatenationRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    rows.push_back({BuiltinOp::kConcatenation,
                    1,
                    7,
                    {{type, /*optional=*/false, /*repeats=*/true}},
                    {{type}},
                    &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
