#include "engine/runtime/compiled_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;

absl::StatusOr<std::shared_ptr<const CompiledProgram>> Compile(const ModelBuilder& builder,
                                                               size_t max_arena_bytes = 1 << 20) {
  auto model = ReadModel(builder.Build());
  if (!model.ok()) return model.status();
  RuntimeOptions options;
  options.graph.isas = *AllowedIsas("scalar");
  options.max_arena_bytes = max_arena_bytes;
  return CompiledProgram::Compile(*model, options);
}

ModelBuilder Doubling(std::vector<int32_t> shape) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, shape);
  const int y = b.Tensor("y", DataType::kFloat32, shape);
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {y}, AddOptions{});
  b.Output(y);
  return b;
}

TEST(CompiledProgramTest, PlansAreCached) {
  const auto compiled = Compile(Doubling({1, 4}));
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  EXPECT_TRUE((*compiled)->batchable());
  EXPECT_EQ((*compiled)->not_batchable_reason(), "");
  const auto three = (*compiled)->PlanFor(3);
  ASSERT_TRUE(three.ok());
  EXPECT_EQ((*three)->input_shapes[0].dim(0), 3);
  EXPECT_EQ(*(*compiled)->PlanFor(3), *three);
  EXPECT_NE(*(*compiled)->PlanFor(4), *three);
  EXPECT_EQ((*compiled)->PlanFor(1)->get(), &(*compiled)->one_row());
}

TEST(CompiledProgramTest, SeveralThreadsMayPlanAtOnce) {
  const auto compiled = Compile(Doubling({1, 4}));
  ASSERT_TRUE(compiled.ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int rows = 1; rows <= 16; ++rows) {
        const auto plan = (*compiled)->PlanFor(rows);
        EXPECT_TRUE(plan.ok() && (*plan)->input_shapes[0].dim(0) == rows);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CompiledProgramTest, OneRowOnlyWhereRowsMeet) {
  const auto compiled = Compile(Doubling({2, 4}));
  ASSERT_TRUE(compiled.ok());
  EXPECT_FALSE((*compiled)->batchable());
  EXPECT_TRUE((*compiled)->PlanFor(1).ok());
  const auto two = (*compiled)->PlanFor(2);
  EXPECT_EQ(two.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(two.status().message(), HasSubstr("[2,4]"));
  EXPECT_FALSE((*compiled)->PlanFor(0).ok());
  EXPECT_FALSE((*compiled)->PlanFor(-1).ok());
}

TEST(CompiledProgramTest, MemoryIsBounded) {
  EXPECT_EQ(Compile(Doubling({1, 1000}), 1000).status().code(),
            absl::StatusCode::kResourceExhausted);
  // One row fits, two do not.
  const auto tight = Compile(Doubling({1, 1000}), 5000);
  ASSERT_TRUE(tight.ok());
  EXPECT_FALSE((*tight)->batchable());
  const auto three = Compile(Doubling({1, 1000}), 10000);
  ASSERT_TRUE(three.ok());
  EXPECT_TRUE((*three)->batchable());
  EXPECT_EQ((*three)->PlanFor(3).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace octet
