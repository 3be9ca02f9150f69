// SUM, REDUCE_* and RESIZE_* at their edges; recorded answers stand in tests/data/ops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One operator with a constant second input: axes or a size.
std::string Model(BuiltinOp op, DataType type, Dims input, Dims output, std::vector<int32_t> second,
                  OpOptions options, Quant in = {}, Quant out = {}) {
  ModelBuilder b;
  const int x = b.Input("x", type, std::move(input), in);
  const int p = b.Constant<int32_t>("p", {static_cast<int32_t>(second.size())}, second);
  const int y = b.Tensor("y", type, std::move(output), out);
  b.Op(op, 1, {x, p}, {y}, options);
  b.Output(y);
  return b.Build();
}

template <typename T>
std::vector<T> Reduce(BuiltinOp op, DataType type, const std::vector<T>& values) {
  return RunValues<T, T>(Model(op, type, {2, 2}, {2}, {1}, ReducerOptions{}), {values});
}

TEST(ReduceTest, IntegersWrap) {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  const std::vector<int32_t> values{kMax, 1, kMin, -1};
  EXPECT_THAT(Reduce(BuiltinOp::kSum, DataType::kInt32, values), ElementsAre(kMin, kMax));
  EXPECT_THAT(Reduce(BuiltinOp::kReduceProd, DataType::kInt32, values), ElementsAre(kMax, kMin));
  EXPECT_THAT(Reduce(BuiltinOp::kMean, DataType::kInt32, values), ElementsAre(1 << 30, -(1 << 30)));
}

TEST(ReduceTest, ExtremesOfTheWholeRange) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{-kInfinity, -kInfinity, kInfinity, kInfinity};
  EXPECT_THAT(Reduce(BuiltinOp::kReduceMax, DataType::kFloat32, values),
              ElementsAre(-kInfinity, kInfinity));
  EXPECT_THAT(Reduce(BuiltinOp::kReduceMin, DataType::kFloat32, values),
              ElementsAre(-kInfinity, kInfinity));
}

TEST(ReduceTest, RefusesUnlikeQuantizationAndTinyOutputScales) {
  EXPECT_THAT(CompileError(Model(BuiltinOp::kReduceMax, DataType::kInt8, {2, 2}, {2}, {1},
                                 ReducerOptions{}, {1, 0}, {2, 0}))
                  .message(),
              HasSubstr("must have the same quantization"));
  EXPECT_THAT(CompileError(Model(BuiltinOp::kReduceProd, DataType::kInt8, {2, 2}, {2}, {1},
                                 ReducerOptions{}, {1, 0}, {1e-20f, 0}))
                  .message(),
              HasSubstr("too small for a product of 2 factors"));
}

TEST(ResizeTest, RefusesWhatIsNoSize) {
  const auto error = [](std::vector<int32_t> size, ResizeOptions options) {
    return std::string(CompileError(Model(BuiltinOp::kResizeBilinear, DataType::kFloat32,
                                          {1, 2, 2, 1}, {1, 2, 2, 1}, std::move(size), options))
                           .message());
  };
  EXPECT_THAT(error({0, 2}, {}), HasSubstr("can't become 0x2"));
  EXPECT_THAT(error({2, -1}, {}), HasSubstr("can't become 2x-1"));
  EXPECT_THAT(error({2}, {}), HasSubstr("two numbers are needed"));
  EXPECT_THAT(error({2, 2}, {true, true}), HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace octet::testing
