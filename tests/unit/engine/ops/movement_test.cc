#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

UnaryModel Moved(BuiltinOp op, Dims in, Dims out, OpOptions options = {}) {
  UnaryModel model;
  model.op = op;
  model.input = std::move(in);
  model.output = std::move(out);
  model.options = std::move(options);
  model.type = DataType::kFloat32;
  model.out_type = DataType::kFloat32;
  return model;
}

UnaryModel Told(BuiltinOp op, Dims in, Dims out, std::vector<int32_t> parameter,
                OpOptions options = {}) {
  UnaryModel model = Moved(op, std::move(in), std::move(out), std::move(options));
  model.parameter = std::move(parameter);
  model.has_parameter = true;
  return model;
}

TEST(MovementTest, GatherPicksAlongItsAxis) {
  EXPECT_THAT((RunValues<float, float>(
                  Told(BuiltinOp::kGather, {2, 3}, {2, 2}, {2, 0}, GatherOptions{1, 0}).Build(),
                  {{1, 2, 3, 4, 5, 6}})),
              ElementsAre(3, 1, 6, 4));
}

TEST(MovementTest, GatherRefusesBatchesPastItsAxis) {
  EXPECT_THAT(
      CompileError(Told(BuiltinOp::kGather, {2, 3}, {2, 3}, {0, 1}, GatherOptions{0, 1}).Build())
          .message(),
      HasSubstr("batch_dims 1 with axis 0"));
}

TEST(MovementTest, TileRepeatsAndRefusesNegativeMultiples) {
  EXPECT_THAT(
      (RunValues<float, float>(Told(BuiltinOp::kTile, {1, 2}, {2, 4}, {2, 2}).Build(), {{1, 2}})),
      ElementsAre(1, 2, 1, 2, 1, 2, 1, 2));
  EXPECT_THAT(CompileError(Told(BuiltinOp::kTile, {1, 2}, {1, 2}, {1, -2}).Build()).message(),
              HasSubstr("multiple -2"));
}

TEST(MovementTest, ReverseNamesAnAxisGivenTwice) {
  EXPECT_THAT(CompileError(Told(BuiltinOp::kReverseV2, {1, 2}, {1, 2}, {1, -1}).Build()).message(),
              HasSubstr("axis -1 twice"));
}

TEST(MovementTest, SqueezeNamesADimensionThatIsNotOne) {
  EXPECT_THAT(CompileError(Moved(BuiltinOp::kSqueeze, {1, 2}, {1, 2}, SqueezeOptions{{1}}).Build())
                  .message(),
              HasSubstr("dimension 1 of [1,2] is not 1"));
}

TEST(MovementTest, UnpackNeedsAnOutputForEachPart) {
  EXPECT_THAT(
      CompileError(Moved(BuiltinOp::kUnpack, {1, 2}, {1}, AxisOptions{1}).Build()).message(),
      HasSubstr("has no 1 such parts along axis 1"));
}

}  // namespace
}  // namespace octet::testing
