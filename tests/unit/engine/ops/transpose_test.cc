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

template <typename T>
UnaryModel Model(Dims input, std::vector<int32_t> order, Dims output) {
  UnaryModel model{BuiltinOp::kTranspose, 1, std::move(input), {}, std::move(output), {}, {}};
  model.type = model.out_type = DataTypeOf<T>::value;
  model.parameter = std::move(order);
  model.has_parameter = true;
  return model;
}

TEST(TransposeTest, Matrices) {
  EXPECT_THAT((RunValues<int8_t, int8_t>(Model<int8_t>({2, 3}, {1, 0}, {3, 2}).Build(),
                                         {{1, 2, 3, 4, 5, 6}})),
              ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(
      (RunValues<float, float>(Model<float>({2, 2}, {0, 1}, {2, 2}).Build(), {{1, 2, 3, 4}})),
      ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(
      (RunValues<int16_t, int16_t>(Model<int16_t>({2, 2}, {1, 0}, {2, 2}).Build(), {{1, 2, 3, 4}})),
      ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(
      (RunValues<int64_t, int64_t>(Model<int64_t>({2, 2}, {1, 0}, {2, 2}).Build(), {{1, 2, 3, 4}})),
      ElementsAre(1, 3, 2, 4));
}

TEST(TransposeTest, EveryOrderOfFourDimensions) {
  const Dims input = {2, 3, 4, 5};
  std::vector<float> values(120);
  std::iota(values.begin(), values.end(), 0.0f);
  std::vector<int32_t> order = {0, 1, 2, 3};
  do {
    Dims output;
    for (int32_t axis : order) output.push_back(input[axis]);
    std::vector<float> want(120);
    const int64_t strides[] = {60, 20, 5, 1};
    size_t i = 0;
    for (int a = 0; a < output[0]; ++a) {
      for (int b = 0; b < output[1]; ++b) {
        for (int c = 0; c < output[2]; ++c) {
          for (int d = 0; d < output[3]; ++d) {
            want[i++] = values[a * strides[order[0]] + b * strides[order[1]] +
                               c * strides[order[2]] + d * strides[order[3]]];
          }
        }
      }
    }
    EXPECT_EQ((RunValues<float, float>(Model<float>(input, order, output).Build(), {values})),
              want);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(TransposeTest, ScalarsAndEmptyTensors) {
  EXPECT_THAT((RunValues<float, float>(Model<float>({}, {}, {}).Build(), {{3}})), ElementsAre(3));
  EXPECT_THAT((RunValues<float, float>(Model<float>({2, 0}, {1, 0}, {0, 2}).Build(), {{}})),
              ElementsAre());
}

TEST(TransposeTest, RefusesWhatIsNoPermutation) {
  for (const std::vector<int32_t>& order :
       std::vector<std::vector<int32_t>>{{0, 0}, {0}, {0, 2}, {0, 1, 1}, {}}) {
    EXPECT_EQ(CompileError(Model<float>({2, 2}, order, {2, 2}).Build()).code(),
              absl::StatusCode::kInvalidArgument)
        << ::testing::PrintToString(order);
  }
  EXPECT_THAT(CompileError(Model<float>({2, 2}, {0, 0}, {2, 2}).Build()).message(),
              HasSubstr("TRANSPOSE): 'parameter' is no permutation of 2 dimensions"));
}

}  // namespace
}  // namespace octet::testing
