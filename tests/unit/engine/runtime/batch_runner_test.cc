#include "engine/runtime/batch_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;

TEST(BatchPartsTest, EachThreadGetsRowsWhereTheSharesAreAboutEqual) {
  EXPECT_EQ(BatchParts(2, 2), 2);
  EXPECT_EQ(BatchParts(8, 2), 2);
  EXPECT_EQ(BatchParts(15, 2), 2);
  EXPECT_EQ(BatchParts(7, 2), 2);
  EXPECT_EQ(BatchParts(16, 4), 4);
  EXPECT_EQ(BatchParts(6, 3), 3);
}

TEST(BatchPartsTest, ElseAllThreadsWorkOnTheWholeBatch) {
  EXPECT_EQ(BatchParts(8, 1), 1);
  EXPECT_EQ(BatchParts(1, 2), 1);
  EXPECT_EQ(BatchParts(3, 2), 1);
  EXPECT_EQ(BatchParts(5, 2), 1);
  EXPECT_EQ(BatchParts(5, 4), 1);
  EXPECT_EQ(BatchParts(3, 4), 1);
}

// Runs no subgraph; memory is all that is asked of it.
class Memory final : public ops::SubgraphRunner {
 public:
  explicit Memory(size_t bytes) : budget_(bytes) {}
  absl::Status Run(int32_t, absl::Span<const ops::TensorView>, ops::OutputAllocator&) override {
    return absl::InternalError("it calls nothing");
  }
  MemoryBudget& memory() override { return budget_; }

 private:
  MemoryBudget budget_;
};

// y = table[x], of one row of two numbers.
std::shared_ptr<const CompiledProgram> Lookup() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt32, {1, 2});
  const int table = b.Constant<float>("table", {3}, {10, 20, 30});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 2});
  b.Op(BuiltinOp::kGather, 1, {table, x}, {y}, GatherOptions{});
  b.Output(y);
  RuntimeOptions options;
  options.graph.isas = *AllowedIsas("scalar");
  options.pool = std::make_shared<ThreadPool>(3);
  options.max_arena_bytes = 1 << 20;
  auto compiled = CompiledProgram::Compile(*ReadModel(b.Build()), options);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *compiled;
}

TEST(BatchRunnerTest, EachRowHasItsPlace) {
  const auto compiled = Lookup();
  ASSERT_TRUE(compiled->batchable()) << compiled->not_batchable_reason();
  Memory memory(1 << 20);
  BatchRunner runner(*compiled, memory);
  for (int rows : {3, 8, 4}) {
    ASSERT_TRUE(runner.SetRows(rows).ok());
    std::vector<int32_t> in(2 * rows);
    std::vector<float> want(2 * rows);
    for (int i = 0; i < 2 * rows; ++i) {
      in[i] = i * i % 3;
      want[i] = static_cast<float>(10 + 10 * in[i]);
    }
    EXPECT_EQ(runner.input_shape(0), (Shape{rows, 2}));
    EXPECT_EQ(runner.output_shape(0), (Shape{rows, 2}));
    ASSERT_EQ(runner.input(0).size(), in.size() * sizeof(int32_t));
    std::memcpy(runner.input(0).data(), in.data(), runner.input(0).size());
    ASSERT_TRUE(runner.Run().ok());
    ASSERT_EQ(runner.output(0).size(), want.size() * sizeof(float));
    EXPECT_EQ(std::memcmp(runner.output(0).data(), want.data(), runner.output(0).size()), 0);
  }
}

TEST(BatchRunnerTest, AnErrorInOnePartIsTheRuns) {
  const auto compiled = Lookup();
  Memory memory(1 << 20);
  BatchRunner runner(*compiled, memory);
  ASSERT_TRUE(runner.SetRows(6).ok());
  const std::vector<int32_t> in = {0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0};
  std::memcpy(runner.input(0).data(), in.data(), runner.input(0).size());
  EXPECT_THAT(std::string(runner.Run().message()), HasSubstr("GATHER"));
}

TEST(BatchRunnerTest, MemoryIsOfTheBudget) {
  const auto compiled = Lookup();
  Memory memory(64);
  BatchRunner runner(*compiled, memory);
  EXPECT_EQ(runner.SetRows(6).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace octet
