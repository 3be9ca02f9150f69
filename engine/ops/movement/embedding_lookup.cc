// EMBEDDING_LOOKUP: rows of a table, picked by indices; int8 tables may come out as floats.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

// Indices are input 0, the table input 1.
class EmbeddingLookup : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_RETURN_IF_ERROR(CheckShapeRank(inputs[0], 1, "the indices"));
    if (inputs[1].rank() < 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("the table has shape ", inputs[1].ToString(), "; it must have rows"));
    }
    std::vector<int32_t> dims(inputs[1].dims().begin(), inputs[1].dims().end());
    dims[0] = inputs[0].dim(0);
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (!has_rows[1]) return absl::OkStatus();
    return absl::FailedPreconditionError("its table is made of rows");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& table = context.input_shapes[1];
    const int64_t count = context.input_shapes[0].dim(0);
    const int64_t length = table.InnerElements(1);
    for (int64_t i = 0; i < count; ++i) {
      const int32_t row = context.in<int32_t>(0)[i];
      if (row < 0 || row >= table.dim(0)) {
        return absl::InvalidArgumentError(
            absl::StrCat("index ", row, " is outside of a table of ", table.dim(0), " rows"));
      }
      if (length > 0) WriteRow(context, row, i, length);
    }
    return absl::OkStatus();
  }

 private:
  // Writes row `row` of the table, `length` elements, as row `i` of the output.
  virtual void WriteRow(const RunContext& context, int64_t row, int64_t i,
                        int64_t length) const = 0;
};

class CopyLookup final : public EmbeddingLookup {
 public:
  explicit CopyLookup(size_t element) : element_(element) {}

 private:
  void WriteRow(const RunContext& context, int64_t row, int64_t i, int64_t length) const override {
    const int64_t bytes = length * static_cast<int64_t>(element_);
    std::memcpy(context.out<std::byte>(0) + i * bytes, context.in<std::byte>(1) + row * bytes,
                bytes);
  }

  const size_t element_;
};

// Old files call int8 codes uint8.
class HybridLookup final : public EmbeddingLookup {
 public:
  explicit HybridLookup(std::vector<float> scales) : scales_(std::move(scales)) {}

 private:
  void WriteRow(const RunContext& context, int64_t row, int64_t i, int64_t length) const override {
    const int8_t* codes = context.in<int8_t>(1) + row * length;
    float* out = context.out<float>(0) + i * length;
    const float scale = scales_.size() == 1 ? scales_[0] : scales_[row];
    for (int64_t e = 0; e < length; ++e) out[e] = static_cast<float>(codes[e]) * scale;
  }

  const std::vector<float> scales_;  // one, or one a row
};

PreparedOp PrepareCopy(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(1), context.output(0)));
  return std::make_unique<CopyLookup>(DataTypeSize(context.output(0).type));
}

PreparedOp PrepareHybrid(const PrepareContext& context) {
  const TensorDef& table = *context.input(1);
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(table, 0));
  return std::make_unique<HybridLookup>(table.quantization.scale);
}

}  // namespace

OpRowList EmbeddingLookupRows() {
  const auto row = [](DataType table, DataType out, PrepareFunction prepare) {
    return OpRow{BuiltinOp::kEmbeddingLookup,   1,       5,
                 {{DataType::kInt32}, {table}}, {{out}}, prepare};
  };
  return {row(DataType::kFloat32, DataType::kFloat32, &PrepareCopy),
          row(DataType::kInt8, DataType::kInt8, &PrepareCopy),
          row(DataType::kUint8, DataType::kUint8, &PrepareCopy),
          row(DataType::kInt8, DataType::kFloat32, &PrepareHybrid),
          row(DataType::kUint8, DataType::kFloat32, &PrepareHybrid)};
}

}  // namespace octet::ops
