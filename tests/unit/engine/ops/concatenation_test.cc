#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

BinaryModel Joined(Dims a, Dims b, Dims out, int32_t axis, DataType type = DataType::kFloat32,
                   Quant qa = {}, Quant qb = {}, Quant qo = {}) {
  ConcatenationOptions options;
  options.axis = axis;
  return {BuiltinOp::kConcatenation,
          std::move(a),
          std::move(qa),
          std::move(b),
          std::move(qb),
          std::move(out),
          std::move(qo),
          options,
          type};
}

std::vector<float> Join(Dims a, Dims b, Dims out, int32_t axis) {
  std::vector<float> left(Count(a));
  std::vector<float> right(Count(b));
  std::iota(left.begin(), left.end(), 1.0f);
  std::iota(right.begin(), right.end(), 101.0f);
  return RunValues<float, float>(Joined(a, b, out, axis).Build(), {left, right});
}

TEST(ConcatenationTest, AlongEachAxis) {
  EXPECT_THAT(Join({2, 2}, {1, 2}, {3, 2}, 0), ElementsAre(1, 2, 3, 4, 101, 102));
  EXPECT_THAT(Join({2, 2}, {2, 1}, {2, 3}, 1), ElementsAre(1, 2, 101, 3, 4, 102));
  EXPECT_THAT(Join({2, 2}, {2, 1}, {2, 3}, -1), ElementsAre(1, 2, 101, 3, 4, 102));
  EXPECT_THAT(Join({2, 1, 2}, {2, 2, 2}, {2, 3, 2}, 1),
              ElementsAre(1, 2, 101, 102, 103, 104, 3, 4, 105, 106, 107, 108));
  EXPECT_THAT(Join({2}, {1}, {3}, 0), ElementsAre(1, 2, 101));
}

TEST(ConcatenationTest, AnEmptyPartAddsNothing) {
  EXPECT_THAT(Join({2, 0}, {2, 1}, {2, 1}, 1), ElementsAre(101, 102));
  EXPECT_THAT(Join({0, 2}, {0, 1}, {0, 3}, 1), ElementsAre());
}

TEST(ConcatenationTest, OneInputAndThree) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 2});
  const int z = b.Tensor("z", DataType::kFloat32, {1, 6});
  ConcatenationOptions options;
  options.axis = 1;
  b.Op(BuiltinOp::kConcatenation, 1, {x}, {y}, options);
  b.Op(BuiltinOp::kConcatenation, 1, {y, x, y}, {z}, options);
  b.Output(z);
  EXPECT_THAT((RunValues<float, float>(b.Build(), {{1, 2}})), ElementsAre(1, 2, 1, 2, 1, 2));
}

TEST(ConcatenationTest, CopiesInt8CodesOfEqualMeaning) {
  const Quant q(0.1f, 3);
  EXPECT_THAT(
      (RunValues<int8_t, int8_t>(
          Joined({1, 2}, {1, 1}, {1, 3}, 1, DataType::kInt8, q, q, q).Build(), {{-128, 127}, {5}})),
      ElementsAre(-128, 127, 5));
}

TEST(ConcatenationTest, RefusesShapesAxesAndActivations) {
  EXPECT_THAT(CompileError(Joined({2, 2}, {1, 2}, {2, 4}, 1).Build()).message(),
              HasSubstr("CONCATENATION): shapes [2,2] and [1,2] cannot be joined along axis 1"));
  EXPECT_THAT(CompileError(Joined({2, 2}, {2}, {2, 4}, 1).Build()).message(),
              HasSubstr("[2,2] and [2]"));
  EXPECT_THAT(CompileError(Joined({2, 2}, {2, 2}, {2, 4}, 2).Build()).message(),
              HasSubstr("axis 2"));
  EXPECT_FALSE(CompileError(Joined({2, 2}, {2, 2}, {2, 4}, -3).Build()).ok());
  EXPECT_FALSE(CompileError(Joined({}, {}, {2}, 0).Build()).ok());
  BinaryModel relu = Joined({2}, {2}, {4}, 0);
  relu.options = ConcatenationOptions{0, Activation::kRelu};
  EXPECT_EQ(CompileError(relu.Build()).code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace octet::testing
