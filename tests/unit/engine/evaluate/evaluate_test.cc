#include "octet/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet {
namespace {

using testing::CompileBytes;
using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::Quant;

constexpr float kScale = 0.5f;

// Six classes whose scores are the input: real numbers, or codes of scale 0.5.
std::string Identity(DataType type, float scale = kScale) {
  ModelBuilder b;
  const Quant quant = type == DataType::kFloat32 ? Quant() : Quant(scale, 0);
  const int x = b.Input("x", type, {1, 6}, quant);
  const int shape = b.Constant<int32_t>("shape", {2}, {1, 6});
  const int y = b.Tensor("y", type, {1, 6}, quant);
  b.Op(BuiltinOp::kReshape, 1, {x, shape}, {y}, ReshapeOptions{});
  b.Output(y);
  return b.Build();
}

std::shared_ptr<const CompiledModel> Compiled(const std::string& file) {
  auto model = CompileBytes(file);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *model : nullptr;
}

EvaluationInput Floats(const std::vector<float>& values) {
  return {DataType::kFloat32,
          {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)}};
}

// Four samples; the best classes are 1, 0, 5 and 2.
const std::vector<float>& Samples() {
  static const auto* const samples = new std::vector<float>{0, 9, 1,  2, 3, 4,  //
                                                            7, 1, 0,  2, 3, 4,  //
                                                            0, 1, 2,  3, 4, 5,  //
                                                            1, 2, 30, 6, 5, 4};
  return *samples;
}

TEST(EvaluateTest, CountsTop1AndTop5) {
  // Sample 0: right. 1: label 2 is last of six. 2: label 4 is second. 3: right.
  const std::vector<int64_t> labels = {1, 2, 4, 2};
  EvaluationRequest request;
  request.inputs = {Floats(Samples())};
  request.samples = 4;
  request.labels = labels;
  const auto report = EvaluateModel(Compiled(Identity(DataType::kFloat32)), request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->samples, 4);
  EXPECT_TRUE(report->has_labels);
  EXPECT_EQ(report->top1, 0.5);
  EXPECT_EQ(report->top5, 0.75);
  EXPECT_FALSE(report->has_reference);
}

TEST(EvaluateTest, ComparesWithAReference) {
  // Codes of scale 0.5 saturate at 127 * 0.5 = 63.5, and 0.25 is a tie that becomes 0.
  std::vector<float> samples(12, 0.0f);
  samples[0] = 100.0f;  // 63.5: an error of 36.5
  samples[6] = 0.25f;   // 0: an error of 0.25, and another class comes first
  samples[7] = -1.0f;   // exact
  samples[11] = 0.1f;   // 0: an error of 0.1
  EvaluationRequest request;
  request.inputs = {Floats(samples)};
  request.samples = 2;
  request.reference = Compiled(Identity(DataType::kFloat32));
  const auto report = EvaluateModel(Compiled(Identity(DataType::kInt8)), request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->has_reference);
  EXPECT_FALSE(report->has_labels);
  EXPECT_EQ(report->agreement, 1.0);  // both put class 0 first: the first of equals
  const double small = static_cast<double>(0.1f);
  const double noise = 36.5 * 36.5 + 0.25 * 0.25 + small * small;
  const double signal = 100.0 * 100.0 + 0.25 * 0.25 + 1.0 + small * small;
  EXPECT_DOUBLE_EQ(report->mse, noise / 12);
  EXPECT_EQ(report->max_abs_error, 36.5);
  EXPECT_DOUBLE_EQ(report->sqnr_db, 10 * std::log10(signal / noise));
}

TEST(EvaluateTest, AgreementIsTheShareOfEqualBestClasses) {
  // Scale 4: 9 becomes 8, 7 becomes 8 (7/4 = 1.75), 5 becomes 4 as the 4 in front of it does.
  const std::vector<int64_t> labels = {1, 0, 5, 2};
  EvaluationRequest request;
  request.inputs = {Floats(Samples())};
  request.samples = 4;
  request.labels = labels;
  request.reference = Compiled(Identity(DataType::kFloat32));
  const auto report = EvaluateModel(Compiled(Identity(DataType::kInt8, 4.0f)), request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->agreement, 0.75);
  EXPECT_EQ(report->top1, 0.75);
  EXPECT_EQ(report->reference_top1, 1.0);
}

TEST(EvaluateTest, AModelEqualsItself) {
  EvaluationRequest request;
  request.inputs = {Floats(Samples())};
  request.samples = 4;
  request.reference = Compiled(Identity(DataType::kFloat32));
  const auto report = EvaluateModel(request.reference, request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->agreement, 1);
  EXPECT_EQ(report->mse, 0);
  EXPECT_EQ(report->max_abs_error, 0);
  EXPECT_EQ(report->sqnr_db, std::numeric_limits<double>::infinity());
}

TEST(EvaluateTest, LatenciesAreOrdered) {
  EvaluationRequest request;
  request.inputs = {Floats(Samples())};
  request.samples = 4;
  request.reference = Compiled(Identity(DataType::kFloat32));
  const auto report = EvaluateModel(request.reference, request);
  ASSERT_TRUE(report.ok());
  for (const LatencySummary& latency : {report->latency, report->reference_latency}) {
    EXPECT_LE(latency.p50_us, latency.p90_us);
    EXPECT_LE(latency.p90_us, latency.p99_us);
    EXPECT_LE(latency.p99_us, latency.max_us);
    EXPECT_LE(latency.mean_us, latency.max_us * (1 + 1e-12));
  }
}

TEST(EvaluateTest, CancelledBetweenSamples) {
  int asked = 0;
  EvaluationRequest request;
  request.inputs = {Floats(Samples())};
  request.samples = 4;
  request.reference = Compiled(Identity(DataType::kFloat32));
  request.cancelled = [&] { return ++asked == 3; };
  const auto report = EvaluateModel(request.reference, request);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 3);
}

class EvaluateErrorTest : public ::testing::Test {
 protected:
  EvaluateErrorTest() {
    request_.inputs = {Floats(Samples())};
    request_.samples = 4;
    request_.labels = labels_;
  }
  absl::Status Error(DataType type = DataType::kFloat32) {
    return EvaluateModel(Compiled(Identity(type)), request_).status();
  }
  const std::vector<int64_t> labels_ = {1, 0, 5, 2};
  EvaluationRequest request_;
};

TEST_F(EvaluateErrorTest, NoSamples) {
  request_.samples = 0;
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
  request_.samples = -4;
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EvaluateErrorTest, NeitherLabelsNorReference) {
  request_.labels = {};
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EvaluateErrorTest, LabelOutOfRange) {
  const std::vector<int64_t> labels = {1, 0, 6, 2};
  request_.labels = labels;
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Error().message(), HasSubstr("label 2 is 6"));
}

TEST_F(EvaluateErrorTest, LabelsAndSamplesDiffer) {
  request_.labels = absl::MakeConstSpan(labels_).first(3);
  EXPECT_THAT(Error().message(), HasSubstr("3 labels for 4 samples"));
}

TEST_F(EvaluateErrorTest, DataDoesNotFit) {
  request_.inputs[0].data.remove_suffix(4);
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Error().message(), HasSubstr("'x' has 92 bytes"));
}

TEST_F(EvaluateErrorTest, ANumberOfSamplesWhoseBytesWrap) {
  // 2^61 samples of 24 bytes are 0 bytes modulo 2^64.
  request_.samples = int64_t{1} << 61;
  request_.inputs[0].data = {};
  request_.labels = {};
  request_.reference = Compiled(Identity(DataType::kFloat32));
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EvaluateErrorTest, TypesDiffer) {
  request_.inputs[0].type = DataType::kInt8;
  EXPECT_THAT(Error().message(), HasSubstr("FLOAT32, not INT8"));
}

TEST_F(EvaluateErrorTest, NumberOfInputs) {
  request_.inputs.push_back(request_.inputs[0]);
  EXPECT_THAT(Error().message(), HasSubstr("2 inputs for a model of 1"));
}

TEST_F(EvaluateErrorTest, ANaNForAQuantizedInput) {
  std::vector<float> samples = Samples();
  samples[20] = std::numeric_limits<float>::quiet_NaN();
  request_.inputs = {Floats(samples)};
  EXPECT_EQ(Error(DataType::kInt8).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EvaluateErrorTest, AReferenceOfAnotherShape) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 6});
  const int shape = b.Constant<int32_t>("shape", {2}, {2, 3});
  const int y = b.Tensor("y", DataType::kFloat32, {2, 3});
  b.Op(BuiltinOp::kReshape, 1, {x, shape}, {y}, ReshapeOptions{});
  b.Output(y);
  request_.reference = Compiled(b.Build());
  EXPECT_THAT(Error().message(), HasSubstr("[1,6]"));
  EXPECT_THAT(Error().message(), HasSubstr("[2,3]"));
}

}  // namespace
}  // namespace octet
