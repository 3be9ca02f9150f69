// VAR_HANDLE, ASSIGN_VARIABLE, READ_VARIABLE, CALL_ONCE.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kFloat = DataType::kFloat32;
constexpr auto kInt = DataType::kInt32;

using Context = std::unique_ptr<ExecutionContext>;

// Gives null, and fails the test, where the file does not compile.
Context Start(const std::string& file, size_t max_arena_bytes = 1 << 20) {
  auto model = LoadModel(file);
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return nullptr;
  CompileOptions options;
  options.max_arena_bytes = max_arena_bytes;
  auto compiled = CompiledModel::Compile(*model, options);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  if (!compiled.ok()) return nullptr;
  EXPECT_TRUE((*compiled)->description().stateful);
  auto context = ExecutionContext::Create(*compiled);
  EXPECT_TRUE(context.ok()) << context.status();
  return context.ok() ? *std::move(context) : nullptr;
}

absl::Status RunOn(ExecutionContext& context, const std::vector<float>& x) {
  const Bytes bytes = ToBytes(x);
  EXPECT_EQ(context.input(0).size(), bytes.size());
  std::memcpy(context.input(0).data(), bytes.data(), bytes.size());
  return context.Run();
}

// The first output for `x`; empty, and a failure, where the run fails.
std::vector<float> Answer(ExecutionContext& context, const std::vector<float>& x) {
  const absl::Status status = RunOn(context, x);
  EXPECT_TRUE(status.ok()) << status;
  if (!status.ok()) return {};
  return FromBytes<float>(Bytes(context.output(0).begin(), context.output(0).end()));
}

int Handle(ModelBuilder& b, const std::string& name) {
  const int handle = b.Tensor("handle of " + name, DataType::kResource, {});
  b.Op(BuiltinOp::kVarHandle, 1, {}, {handle}, VarHandleOptions{"", name});
  return handle;
}

void Assign(ModelBuilder& b, int handle, int value) {
  b.Op(BuiltinOp::kAssignVariable, 1, {handle, value}, {});
}

int Read(ModelBuilder& b, int handle, DataType type, std::vector<int32_t> shape) {
  const int value = b.Tensor("value", type, std::move(shape));
  b.Op(BuiltinOp::kReadVariable, 1, {handle}, {value});
  return value;
}

// sum = sum + x, and its answer; starts at 10 where `initialized`.
std::string RunningSum(bool initialized) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  const int y = b.Tensor("y", kFloat, {1});
  if (initialized) b.Op(BuiltinOp::kCallOnce, 1, {}, {}, CallOnceOptions{1});
  const int handle = Handle(b, "sum");
  b.Op(BuiltinOp::kAdd, 1, {Read(b, handle, kFloat, {1}), x}, {y}, AddOptions{});
  Assign(b, handle, y);
  b.Output(y);
  if (initialized) {
    b.Subgraph("first");
    Assign(b, Handle(b, "sum"), b.Constant<float>("ten", {1}, {10}));
  }
  return b.Build();
}

// The worked example of NUMERICS.md.
TEST(VariablesTest, StateLastsUntilItIsReset) {
  const Context context = Start(RunningSum(true));
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer(*context, {1}), ElementsAre(11));
  EXPECT_THAT(Answer(*context, {2}), ElementsAre(13));
  EXPECT_THAT(Answer(*context, {-3}), ElementsAre(10));
  context->ResetState();
  EXPECT_THAT(Answer(*context, {1}), ElementsAre(11));
}

TEST(VariablesTest, ContextsShareNothing) {
  const auto model = CompileBytes(RunningSum(true));
  ASSERT_TRUE(model.ok()) << model.status();
  auto one = ExecutionContext::Create(*model);
  auto two = ExecutionContext::Create(*model);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_THAT(Answer(**one, {1}), ElementsAre(11));
  EXPECT_THAT(Answer(**two, {100}), ElementsAre(110));
  EXPECT_THAT(Answer(**one, {1}), ElementsAre(12));
  (*two)->ResetState();
  EXPECT_THAT(Answer(**one, {1}), ElementsAre(13));
  EXPECT_THAT(Answer(**two, {1}), ElementsAre(11));
}

TEST(VariablesTest, AModelWithStateIsNotBatched) {
  const auto model = CompileBytes(RunningSum(true));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE((*model)->description().batchable);
  EXPECT_EQ((*model)->description().not_batchable_reason, "it keeps state between runs");
}

TEST(VariablesTest, ReadingBeforeAssigningIsAnError) {
  const Context context = Start(RunningSum(false));
  ASSERT_NE(context, nullptr);
  for (int run = 0; run < 2; ++run) {
    const absl::Status status = RunOn(*context, {1});
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("READ_VARIABLE"), HasSubstr("read before it is assigned")));
  }
}

// The name alone says which variable it is; containers have their own names.
TEST(VariablesTest, NamesTellVariablesApart) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  const int other = b.Tensor("other", DataType::kResource, {});
  b.Op(BuiltinOp::kVarHandle, 1, {}, {other}, VarHandleOptions{"container", "v"});
  Assign(b, Handle(b, "v"), x);
  Assign(b, other, b.Constant<float>("c", {1}, {7}));
  Assign(b, Handle(b, "w"), b.Constant<float>("d", {1}, {8}));
  b.Output(Read(b, Handle(b, "v"), kFloat, {1}));
  const Context context = Start(b.Build());
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer(*context, {5}), ElementsAre(5));
}

TEST(VariablesTest, AVariableTakesTheShapeOfWhatIsAssigned) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {2});
  const int handle = Handle(b, "v");
  Assign(b, handle, x);
  Assign(b, handle, b.Constant<float>("longer", {1, 3}, {4, 5, 6}));
  b.Output(Read(b, handle, kFloat, {2}));
  const Context context = Start(b.Build());
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer(*context, {1, 2}), ElementsAre(4, 5, 6));
  EXPECT_EQ(context->output_shape(0), (Shape{1, 3}));
}

TEST(VariablesTest, ReadingAsAnotherTypeIsAnError) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  const int handle = Handle(b, "v");
  Assign(b, handle, x);
  b.Output(Read(b, handle, kInt, {1}));
  const Context context = Start(b.Build());
  ASSERT_NE(context, nullptr);
  const absl::Status status = RunOn(*context, {1});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("a variable of FLOAT32 is read as INT32"));
}

// One that grows with each run ends at the limit, and the state before it stays.
TEST(VariablesTest, MemoryIsBoundedAcrossRuns) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  const int y = b.Tensor("y", kFloat, {2});
  b.Op(BuiltinOp::kCallOnce, 1, {}, {}, CallOnceOptions{1});
  const int handle = Handle(b, "v");
  const int before = Read(b, handle, kFloat, {1});
  b.Op(BuiltinOp::kConcatenation, 1, {before, before, x}, {y}, ConcatenationOptions{});
  Assign(b, handle, y);
  b.Output(y);
  b.Subgraph("first");
  Assign(b, Handle(b, "v"), b.Constant<float>("c", {1}, {7}));
  const Context context = Start(b.Build(), 4096);
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer(*context, {1}), ElementsAre(7, 7, 1));
  EXPECT_EQ(Answer(*context, {1}).size(), 7u);
  absl::Status status;
  for (int run = 0; run < 20 && status.ok(); ++run) status = RunOn(*context, {1});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("memory limit of 4096 bytes"));
  context->ResetState();
  EXPECT_EQ(Answer(*context, {1}).size(), 3u);
}

TEST(VariablesTest, HandlesDoNotLeaveTheModel) {
  ModelBuilder in;
  in.Output(Read(in, in.Input("h", DataType::kResource, {}), kFloat, {1}));
  EXPECT_THAT(CompileError(in.Build()).message(),
              HasSubstr("input 'h' is the handle of a variable"));
  ModelBuilder out;
  out.Output(Handle(out, "v"));
  EXPECT_THAT(CompileError(out.Build()).message(),
              HasSubstr("output 'handle of v' is the handle of a variable"));
}

TEST(VariablesTest, AVariableHoldsNoHandles) {
  ModelBuilder b;
  b.Output(b.Input("x", kFloat, {1}));
  Assign(b, Handle(b, "v"), Handle(b, "w"));
  const absl::Status status = CompileError(b.Build());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("a variable of RESOURCE 'handle of w'"));
}

TEST(VariablesTest, AHandleIsOne) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  const int none = b.Tensor("none", DataType::kResource, {0});
  Assign(b, none, x);
  b.Output(x);
  EXPECT_THAT(CompileError(b.Build()).message(), HasSubstr("the handle has shape [0]"));
  // A handle that nobody made holds the number of no variable.
  ModelBuilder c;
  const int y = c.Input("x", kFloat, {1});
  Assign(c, c.Variable("unset", DataType::kResource, {}), y);
  c.Output(y);
  const Context context = Start(c.Build());
  ASSERT_NE(context, nullptr);
  EXPECT_EQ(RunOn(*context, {1}).code(), absl::StatusCode::kInvalidArgument);
}

// Nothing reads what the branch gives; it runs for what it leaves. The handle is an argument.
TEST(VariablesTest, ABranchThatAssignsIsNotDropped) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  const int positive = b.Tensor("positive", DataType::kBool, {1});
  const int handle = Handle(b, "v");
  b.Op(BuiltinOp::kGreater, 1, {x, b.Constant<float>("zero", {1}, {0})}, {positive});
  b.Op(BuiltinOp::kIf, 1, {positive, handle, x}, {}, IfOptions{1, 2});
  b.Output(Read(b, handle, kFloat, {1}));
  for (const char* branch : {"then", "else"}) {
    const bool is_then = b.Subgraph(branch) == 1;
    const int h = b.Input("h", DataType::kResource, {});
    const int value = b.Input("value", kFloat, {1});
    if (is_then) Assign(b, h, value);
  }
  const Context context = Start(b.Build());
  ASSERT_NE(context, nullptr);
  EXPECT_FALSE(RunOn(*context, {-1}).ok());
  EXPECT_THAT(Answer(*context, {5}), ElementsAre(5));
  EXPECT_THAT(Answer(*context, {-1}), ElementsAre(5));
  EXPECT_THAT(Answer(*context, {6}), ElementsAre(6));
}

TEST(CallOnceTest, ACallThatFailsIsMadeAgain) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  b.Op(BuiltinOp::kCallOnce, 1, {}, {}, CallOnceOptions{1});
  b.Output(x);
  b.Subgraph("first");
  const int target = Handle(b, "v");
  const int source = Handle(b, "unassigned");
  Assign(b, target, Read(b, source, kFloat, {1}));
  const Context context = Start(b.Build());
  ASSERT_NE(context, nullptr);
  for (int run = 0; run < 3; ++run) {
    const absl::Status status = RunOn(*context, {1});
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("operator 0 (CALL_ONCE)"), HasSubstr("subgraph 1, operator 2")));
  }
}

TEST(CallOnceTest, AModelWithoutStateNeedsNoFirstCall) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {1});
  b.Op(BuiltinOp::kCallOnce, 1, {}, {}, CallOnceOptions{1});
  b.Output(x);
  b.Subgraph("first");
  const auto run = RunModel(b.Build(), {ToBytes<float>({4})});
  EXPECT_THAT(FromBytes<float>(FirstOutputOrFail(run)), ElementsAre(4));
}

TEST(CallOnceTest, ItsSubgraphTakesAndGivesNothing) {
  for (const bool takes : {true, false}) {
    ModelBuilder b;
    const int x = b.Input("x", kFloat, {1});
    b.Op(BuiltinOp::kCallOnce, 1, {}, {}, CallOnceOptions{1});
    b.Output(x);
    b.Subgraph("first");
    if (takes) {
      b.Input("in", kFloat, {1});
    } else {
      b.Output(b.Constant<float>("out", {1}, {1}));
    }
    EXPECT_THAT(CompileError(b.Build()).message(),
                AllOf(HasSubstr("the first call (subgraph 1) has 1"), HasSubstr("0 are needed")));
  }
}

}  // namespace
}  // namespace octet::testing
