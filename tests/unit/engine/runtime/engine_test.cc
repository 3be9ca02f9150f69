// The public face: descriptions, options and errors.
#include "octet/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::Quant;

std::string SmallModel() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 4}, Quant(0.5f, 3));
  const int w = b.Constant<int8_t>("w", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}, Quant({0.1f, 0.2f}, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(0.25f, -1));
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  return b.Build();
}

TEST(EngineTest, Describes) {
  const auto model = testing::CompileBytes(SmallModel());
  ASSERT_TRUE(model.ok()) << model.status();
  const ModelDescription& description = (*model)->description();
  ASSERT_EQ(description.inputs.size(), 1u);
  EXPECT_EQ(description.inputs[0].name, "x");
  EXPECT_EQ(description.inputs[0].type, DataType::kInt8);
  EXPECT_EQ(description.inputs[0].shape, (Shape{1, 4}));
  EXPECT_EQ(description.inputs[0].quantization, (Quantization{{0.5f}, {3}, 0}));
  EXPECT_EQ(description.outputs[0].shape, (Shape{1, 2}));
  EXPECT_TRUE(description.batchable);
  EXPECT_EQ(description.not_batchable_reason, "");
  EXPECT_GE(description.weight_bytes, 8u);
  EXPECT_GE(description.arena_bytes, 6u);
  EXPECT_EQ(description.rounding, Rounding::kFloat32);
}

TEST(EngineTest, RowsAreBoundedByTheOption) {
  auto model = LoadModel(SmallModel());
  ASSERT_TRUE(model.ok());
  CompileOptions options;
  options.max_rows = 3;
  auto compiled = CompiledModel::Compile(*model, options);
  ASSERT_TRUE(compiled.ok());
  auto context = ExecutionContext::Create(*compiled);
  ASSERT_TRUE(context.ok());
  EXPECT_EQ((*context)->rows(), 1);
  EXPECT_TRUE((*context)->SetRows(3).ok());
  EXPECT_EQ((*context)->input(0).size(), 12u);
  EXPECT_EQ((*context)->output(0).size(), 6u);
  EXPECT_EQ((*context)->SetRows(4).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*context)->SetRows(0).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*context)->rows(), 3);
  options.max_rows = 0;
  EXPECT_EQ(CompiledModel::Compile(*model, options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// A context keeps all it needs.
TEST(EngineTest, ContextsOutliveTheirModel) {
  std::unique_ptr<ExecutionContext> context;
  {
    auto model = testing::CompileBytes(SmallModel());
    ASSERT_TRUE(model.ok());
    context = *ExecutionContext::Create(*model);
  }
  for (std::byte& code : context->input(0)) code = std::byte{3};
  ASSERT_TRUE(context->Run().ok());
  EXPECT_EQ(static_cast<int8_t>(context->output(0)[0]), -1);
  EXPECT_EQ(static_cast<int8_t>(context->output(0)[1]), -1);
}

// While both run, each keeps to its own thread; the one that goes on alone gets all of them.
TEST(EngineTest, ContextsOfOnePoolRunAtTheSameTime) {
  constexpr int kRows = 6;
  testing::RunOptions options;
  options.threads = 2;
  options.rows = kRows;
  const auto model = testing::CompileBytes(SmallModel(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto fill = [](int seed, absl::Span<std::byte> input) {
    for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::byte>(seed + 5 * i);
  };
  constexpr int kInputs = 16;
  std::vector<testing::Bytes> alone;
  for (int seed = 0; seed < kInputs; ++seed) {
    testing::Bytes input(4 * kRows);
    fill(seed, absl::MakeSpan(input));
    const auto result = testing::RunCompiled(*model, {input}, kRows);
    ASSERT_TRUE(result.ok()) << result.status();
    alone.push_back(result->outputs[0]);
  }
  ASSERT_NE(alone[0], alone[1]);
  absl::Barrier* const start = new absl::Barrier(2);
  std::atomic<int> wrong{0};
  const auto run = [&](int first, int runs) {
    const auto context = *ExecutionContext::Create(*model);
    wrong += !context->SetRows(kRows).ok();
    if (start->Block()) delete start;
    for (int i = first; i < first + runs; ++i) {
      fill(i % kInputs, context->input(0));
      wrong += !context->Run().ok();
      const absl::Span<const std::byte> got = context->output(0);
      wrong += testing::Bytes(got.begin(), got.end()) != alone[i % kInputs];
    }
  };
  std::thread other(run, 1, 200);
  run(0, 400);
  other.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(EngineTest, RoundingNames) {
  EXPECT_EQ(*ParseRounding("float32"), Rounding::kFloat32);
  EXPECT_EQ(*ParseRounding("fixed_point"), Rounding::kFixedPoint);
  EXPECT_EQ(RoundingName(Rounding::kFloat32), "float32");
  EXPECT_EQ(RoundingName(Rounding::kFixedPoint), "fixed_point");
  EXPECT_EQ(ParseRounding("Float32").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ParseRounding("").ok());
}

TEST(EngineTest, InstructionSets) {
  EXPECT_TRUE(CheckIsa("auto").ok());
  EXPECT_TRUE(CheckIsa("scalar").ok());
  EXPECT_FALSE(CheckIsa("mmx").ok());
  auto model = LoadModel(SmallModel());
  ASSERT_TRUE(model.ok());
  CompileOptions options;
  options.isa = "scalar";
  EXPECT_EQ((*CompiledModel::Compile(*model, options))->description().isa, "scalar");
  options.isa = "mmx";
  EXPECT_THAT(CompiledModel::Compile(*model, options).status().message(), HasSubstr("mmx"));
}

TEST(EngineTest, AMissingFileIsNotFound) {
  EXPECT_EQ(LoadModelFile("no/such/model.tflite").status().code(), absl::StatusCode::kNotFound);
}

TEST(EngineTest, ADirectoryIsNoFile) {
  EXPECT_EQ(LoadModelFile(::testing::TempDir()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// The kernel says 4096 bytes and hands out a few: what a file does that is cut while it is read.
TEST(EngineTest, AFileThatEndsEarlyIsNamed) {
  const std::string cut = "/sys/devices/system/cpu/online";
  std::error_code error;
  if (std::filesystem::file_size(cut, error) != 4096) GTEST_SKIP() << cut << " is not there";
  const absl::Status status = LoadModelFile(cut).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), ::testing::ContainsRegex(cut + ".*of 4096 bytes"));
}

}  // namespace
}  // namespace octet
