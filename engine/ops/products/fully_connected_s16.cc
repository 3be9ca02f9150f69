// FULLY_CONNECTED of int16 by int8: sums of 16-bit products.
#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/fully_connected.h"
#include "engine/ops/products/integer_product.h"

namespace octet::ops {
namespace {

// Scratch: sums.
class FullyConnectedS16 final : public FullyConnected {
 public:
  FullyConnectedS16(const FullyConnectedSetup& setup, IntegerProduct product)
      : FullyConnected(setup), product_(std::move(product)) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return RoundUp(Rows(inputs[0]) * n_ * sizeof(int64_t), 64);
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t rows = Rows(context.input_shapes[0]);
    const auto* in = context.in<int16_t>(0);
    auto* sums = reinterpret_cast<int64_t*>(context.scratch);
    const int64_t parts = std::min<int64_t>(n_, context.threads());
    ForEachPart(context.pool, parts, [&](int64_t part) {
      const Range units = Share(n_, 1, part, parts);
      for (int64_t c = units.begin; c < units.end; ++c) {
        for (int64_t r = 0; r < rows; ++r) {
          sums[r * n_ + c] =
              product_.bias[c] +
              DotS16(in + r * k_, product_.weights.data() + c * k_, k_, product_.chunk);
        }
      }
    });
    product_.stage.FinishSums(sums, rows, n_, context.out<int16_t>(0));
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return product_.bytes(); }

 private:
  const IntegerProduct product_;
};

}  // namespace

PreparedOp PrepareFullyConnectedS16(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FullyConnectedSetup setup, SetUpFullyConnected(context));
  IntegerProductParams params;
  params.input = context.input(0);
  params.weights = setup.weights;
  params.bias = setup.bias;
  params.output = &context.output(0);
  params.activation = setup.activation;
  params.channels = setup.n;
  params.channel_stride = setup.k;
  params.fully_connected = true;
  params.int32_sums = setup.bias == nullptr ? context.options<FullyConnectedOptions>().int32_bias
                                            : setup.bias->type == DataType::kInt32;
  params.half_up_channels = setup.n;
  OCTET_ASSIGN_OR_RETURN(auto product, IntegerProduct::Make(params, context.rounding));
  return std::make_unique<FullyConnectedS16>(setup, std::move(product));
}

}  // namespace octet::ops
