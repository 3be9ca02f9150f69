// Calibration and measurement in parts: few tensors kept at a time give what all at once give.
#include "engine/quantize/calibrate/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "engine/quantize/calibrate/measure.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;

// x [1,16] -> TANH -> ABS -> ADD x -> y.
std::shared_ptr<const Model> Network() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 16});
  const int t = b.Tensor("t", DataType::kFloat32, {1, 16});
  const int a = b.Tensor("a", DataType::kFloat32, {1, 16});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 16});
  b.Op(BuiltinOp::kTanh, 1, {x}, {t});
  b.Op(BuiltinOp::kAbs, 1, {t}, {a});
  b.Op(BuiltinOp::kAdd, 1, {a, x}, {y}, AddOptions{});
  b.Output(y);
  const auto model = ReadModel(b.Build());
  EXPECT_TRUE(model.ok()) << model.status();
  return *model;
}

class PartsTest : public ::testing::Test {
 protected:
  PartsTest() {
    for (int s = 0; s < 3; ++s) {
      values_.emplace_back(16);
      for (int i = 0; i < 16; ++i) values_[s][i] = std::sin(1.3f * (16 * s + i));
    }
    for (const auto& v : values_) {
      samples_.push_back({{reinterpret_cast<const std::byte*>(v.data()), 16 * sizeof(float)}});
    }
  }
  static bool Go(int64_t done, int64_t total) { return done < total; }

  std::vector<std::vector<float>> values_;
  std::vector<SampleInputs> samples_;
};

TEST_F(PartsTest, Calibrate) {
  const auto model = Network();
  for (const CalibrationMethod method : {CalibrationMethod::kMinMax, CalibrationMethod::kMse}) {
    const QuantizeOptions options{.mode = QuantizationMode::kFullInteger,
                                  .calibration = {.method = method}};
    const auto whole = Calibrate(model, samples_, options, {}, nullptr, Go);
    const auto parts = Calibrate(model, samples_, options, {}, nullptr, Go, 1);
    ASSERT_TRUE(whole.ok() && parts.ok()) << whole.status() << parts.status();
    for (int t = 0; t < 4; ++t) {
      ASSERT_TRUE(whole->ranges[t].has_value());
      EXPECT_EQ(whole->ranges[t]->min, parts->ranges[t]->min) << t;
      EXPECT_EQ(whole->ranges[t]->max, parts->ranges[t]->max) << t;
      EXPECT_EQ(whole->statistics[t].max_sample, parts->statistics[t].max_sample);
    }
  }
}

TEST_F(PartsTest, Measure) {
  const auto model = Network();
  const std::vector<int32_t> same = {0, 1, 2, 3};
  const std::vector<int32_t> shifted = {0, 2, 1, 3};  // |tanh| against tanh: an error to sum
  for (const auto& counterpart : {same, shifted}) {
    const auto whole = Measure(model, model, counterpart, samples_, {}, nullptr, Go);
    const auto parts = Measure(model, model, counterpart, samples_, {}, nullptr, Go, 1);
    ASSERT_TRUE(whole.ok() && parts.ok()) << whole.status() << parts.status();
    for (int t = 1; t < 4; ++t) {
      ASSERT_TRUE(whole->tensors[t].has_value() && parts->tensors[t].has_value());
      EXPECT_EQ(whole->tensors[t]->sqnr_db, parts->tensors[t]->sqnr_db);
      EXPECT_EQ(whole->tensors[t]->cosine, parts->tensors[t]->cosine);
    }
    EXPECT_EQ(std::isinf(whole->tensors[1]->sqnr_db), counterpart == same);
    ASSERT_EQ(parts->outputs.size(), 1);
    EXPECT_EQ(parts->outputs[0].output, "y");
    EXPECT_EQ(parts->outputs[0].agreement, 1);
  }
}

TEST(SplitBySizeTest, Groups) {
  const auto model = Network();
  EXPECT_EQ(SplitBySize(model->main(), {1, 2, 3}, 128),
            (std::vector<std::vector<int32_t>>{{1, 2}, {3}}));
  EXPECT_EQ(SplitBySize(model->main(), {1, 2}, 1), (std::vector<std::vector<int32_t>>{{1}, {2}}));
  EXPECT_TRUE(SplitBySize(model->main(), {}, 1).empty());
}

}  // namespace
}  // namespace octet
