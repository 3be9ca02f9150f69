// IF and WHILE.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kBool = DataType::kBool;
constexpr auto kFloat = DataType::kFloat32;
constexpr auto kInt = DataType::kInt32;

Bytes Bool(bool value) { return ToBytes<uint8_t>({value}); }

absl::StatusOr<std::unique_ptr<ExecutionContext>> Start(const std::string& file,
                                                        const CompileOptions& options) {
  auto model = LoadModel(file);
  if (!model.ok()) return model.status();
  auto compiled = CompiledModel::Compile(*model, options);
  if (!compiled.ok()) return compiled.status();
  return ExecutionContext::Create(*compiled);
}

void Add(ModelBuilder& b, int x, int y, int sum) {
  b.Op(BuiltinOp::kAdd, 1, {x, y}, {sum}, AddOptions{});
}

// condition ? x + x : x followed by x; the condition has shape `condition`.
ModelBuilder TwiceOrDouble(std::vector<int32_t> condition) {
  ModelBuilder b;
  const int p = b.Input("p", kBool, std::move(condition));
  const int x = b.Input("x", kFloat, {2});
  const int y = b.Tensor("y", kFloat, {2});
  b.Op(BuiltinOp::kIf, 1, {p, x}, {y}, IfOptions{1, 2});
  b.Output(y);
  for (const char* branch : {"then", "else"}) {
    const bool is_then = b.Subgraph(branch) == 1;
    const int in = b.Input("in", kFloat, {2});
    const int out = b.Tensor("out", kFloat, {is_then ? 2 : 4});
    if (is_then) {
      Add(b, in, in, out);
    } else {
      b.Op(BuiltinOp::kConcatenation, 1, {in, in}, {out}, ConcatenationOptions{});
    }
    b.Output(out);
  }
  return b;
}

// The worked example of NUMERICS.md.
TEST(IfTest, EachBranchGivesItsOwnShape) {
  for (const std::vector<int32_t>& condition : {std::vector<int32_t>{}, {1}, {1, 1}}) {
    const std::string file = TwiceOrDouble(condition).Build();
    const auto then_run = RunModel(file, {Bool(true), ToBytes<float>({1, 2})});
    ASSERT_TRUE(then_run.ok()) << then_run.status();
    EXPECT_THAT(FromBytes<float>(then_run->outputs[0]), ElementsAre(2, 4));
    EXPECT_EQ(then_run->shapes[0], (Shape{2}));
    const auto else_run = RunModel(file, {Bool(false), ToBytes<float>({1, 2})});
    ASSERT_TRUE(else_run.ok()) << else_run.status();
    EXPECT_THAT(FromBytes<float>(else_run->outputs[0]), ElementsAre(1, 2, 1, 2));
    EXPECT_EQ(else_run->shapes[0], (Shape{4}));
  }
}

// A client may send any byte as a BOOL.
TEST(IfTest, AnyByteButZeroHolds) {
  const std::string file = TwiceOrDouble({}).Build();
  const auto run = RunModel(file, {ToBytes<uint8_t>({0x80}), ToBytes<float>({1, 2})});
  EXPECT_THAT(FromBytes<float>(FirstOutputOrFail(run)), ElementsAre(2, 4));
}

TEST(IfTest, AContextTakesEitherBranchAgainAndAgain) {
  const auto context = Start(TwiceOrDouble({}).Build(), CompileOptions());
  ASSERT_TRUE(context.ok()) << context.status();
  for (bool condition : {true, false, false, true, false}) {
    *reinterpret_cast<uint8_t*>((*context)->input(0).data()) = condition;
    std::memcpy((*context)->input(1).data(), ToBytes<float>({3, 4}).data(), 8);
    ASSERT_TRUE((*context)->Run().ok());
    EXPECT_EQ((*context)->output_shape(0), (condition ? Shape{2} : Shape{4}));
  }
}

TEST(IfTest, IsNotBatched) {
  const auto model = CompileBytes(TwiceOrDouble({1}).Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE((*model)->description().batchable);
  EXPECT_THAT((*model)->description().not_batchable_reason,
              AllOf(HasSubstr("IF"), HasSubstr("one condition decides for all rows")));
}

TEST(IfTest, AConditionIsOneValue) {
  EXPECT_THAT(CompileError(TwiceOrDouble({2}).Build()).message(),
              HasSubstr("a condition is one value; here it has shape [2]"));
  // The file says one, its operator gives two.
  ModelBuilder b;
  const int x = b.Input("x", kInt, {2});
  const int p = b.Tensor("p", kBool, {1});
  const int y = b.Tensor("y", kInt, {2});
  b.Op(BuiltinOp::kLess, 1, {x, b.Constant<int32_t>("five", {}, {5})}, {p});
  b.Op(BuiltinOp::kIf, 1, {p, x}, {y}, IfOptions{1, 1});
  b.Output(y);
  b.Subgraph("same");
  b.Output(b.Input("in", kInt, {2}));
  const auto run = RunModel(b.Build(), {ToBytes<int32_t>({1, 9})});
  EXPECT_EQ(run.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(run.status().message(), HasSubstr("shape [2]"));
}

// IF of a float by subgraphs with these inputs and outputs.
std::string IfOver(DataType condition, std::vector<DataType> inputs, std::vector<DataType> outputs,
                   IfOptions options) {
  ModelBuilder b;
  const int p = b.Input("p", condition, {});
  const int x = b.Input("x", kFloat, {2});
  const int y = b.Tensor("y", kFloat, {2});
  b.Op(BuiltinOp::kIf, 1, {p, x}, {y}, options);
  b.Output(y);
  b.Subgraph("good");
  b.Output(b.Input("in", kFloat, {2}));
  b.Subgraph("other");
  for (DataType type : inputs) b.Input("in", type, {2});
  for (DataType type : outputs) {
    b.Output(b.ConstantBytes("out", type, {2}, std::string(2 * DataTypeSize(type), '\0')));
  }
  return b.Build();
}

TEST(IfTest, MismatchesAreNamedWhenTheModelIsLoaded) {
  EXPECT_TRUE(CompileError(IfOver(kBool, {kFloat}, {kFloat}, {1, 2})).ok());
  const auto error = [](DataType condition, std::vector<DataType> inputs,
                        std::vector<DataType> outputs, IfOptions options) {
    return std::string(CompileError(IfOver(condition, inputs, outputs, options)).message());
  };
  EXPECT_THAT(error(kFloat, {kFloat}, {kFloat}, {1, 2}), HasSubstr("no kernel for inputs FLOAT32"));
  EXPECT_THAT(error(kBool, {kInt}, {kFloat}, {1, 2}),
              HasSubstr("input 0 of the else branch (subgraph 2) is INT32 'in'; the operator has "
                        "FLOAT32 'x'"));
  EXPECT_THAT(error(kBool, {kFloat}, {kInt}, {2, 1}),
              HasSubstr("output 0 of the then branch (subgraph 2) is INT32 'out'; the operator has "
                        "FLOAT32 'y'"));
  EXPECT_THAT(error(kBool, {}, {kFloat}, {1, 2}),
              HasSubstr("the else branch (subgraph 2) has 0 inputs; 1 are needed"));
  EXPECT_THAT(error(kBool, {kFloat}, {kFloat, kFloat}, {1, 2}),
              HasSubstr("the else branch (subgraph 2) has 2 outputs; 1 are needed"));
  for (int32_t missing : {-1, 3}) {
    EXPECT_THAT(error(kBool, {kFloat}, {kFloat}, {1, missing}), HasSubstr("does not exist"));
  }
}

TEST(IfTest, AnAbsentArgumentIsRefused) {
  ModelBuilder b;
  const int p = b.Input("p", kBool, {});
  const int y = b.Tensor("y", kFloat, {2});
  b.Op(BuiltinOp::kIf, 1, {p, kAbsentTensor}, {y}, IfOptions{1, 1});
  b.Output(y);
  b.Subgraph("same");
  b.Output(b.Input("in", kFloat, {2}));
  EXPECT_THAT(CompileError(b.Build()).message(), HasSubstr("is absent"));
}

// i, n, x: as long as i < n, i + 1 and what `body` makes of x.
template <typename Body>
ModelBuilder CountedLoop(std::vector<int32_t> shape, Body body) {
  ModelBuilder b;
  std::vector<int> in = {b.Input("i", kInt, {}), b.Input("n", kInt, {}), b.Input("x", kInt, shape)};
  std::vector<int> out = {b.Tensor("i_out", kInt, {}), b.Tensor("n_out", kInt, {}),
                          b.Tensor("x_out", kInt, shape)};
  b.Op(BuiltinOp::kWhile, 1, in, out, WhileOptions{1, 2});
  for (int t : out) b.Output(t);
  b.Subgraph("condition");
  const int i = b.Input("i", kInt, {});
  const int n = b.Input("n", kInt, {});
  b.Input("x", kInt, shape);
  const int more = b.Tensor("more", kBool, {});
  b.Op(BuiltinOp::kLess, 1, {i, n}, {more});
  b.Output(more);
  b.Subgraph("body");
  const int j = b.Input("i", kInt, {});
  const int m = b.Input("n", kInt, {});
  const int x = b.Input("x", kInt, shape);
  const int next = b.Tensor("next", kInt, {});
  Add(b, j, b.Constant<int32_t>("one", {}, {1}), next);
  b.Output(next);
  b.Output(m);
  b.Output(body(b, x));
  return b;
}

ModelBuilder Doubling() {
  return CountedLoop({2}, [](ModelBuilder& b, int x) {
    const int y = b.Tensor("y", kInt, {2});
    Add(b, x, x, y);
    return y;
  });
}

ModelBuilder Growing() {
  return CountedLoop({1}, [](ModelBuilder& b, int x) {
    const int y = b.Tensor("y", kInt, {2});
    b.Op(BuiltinOp::kConcatenation, 1, {x, x}, {y}, ConcatenationOptions{});
    return y;
  });
}

std::vector<Bytes> LoopInputs(int32_t i, int32_t n, const std::vector<int32_t>& x) {
  return {ToBytes<int32_t>({i}), ToBytes<int32_t>({n}), ToBytes(x)};
}

// The worked example of NUMERICS.md.
TEST(WhileTest, RunsAsOftenAsItsConditionHolds) {
  const std::string file = Doubling().Build();
  for (int32_t n : {3, 1, 0, -5}) {
    const auto run = RunModel(file, LoopInputs(0, n, {1, -3}));
    ASSERT_TRUE(run.ok()) << run.status();
    const int32_t trips = std::max(n, 0);
    EXPECT_THAT(FromBytes<int32_t>(run->outputs[0]), ElementsAre(trips));
    EXPECT_THAT(FromBytes<int32_t>(run->outputs[1]), ElementsAre(n));
    EXPECT_THAT(FromBytes<int32_t>(run->outputs[2]), ElementsAre(1 << trips, -3 * (1 << trips)));
  }
}

TEST(WhileTest, ShapesMayChangeBetweenIterations) {
  const auto run = RunModel(Growing().Build(), LoopInputs(0, 3, {7}));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->shapes[2], (Shape{8}));
  EXPECT_EQ(FromBytes<int32_t>(run->outputs[2]), std::vector<int32_t>(8, 7));
}

// Results that pass through the body at another place must not overwrite each other.
TEST(WhileTest, ABodyMaySwapItsValues) {
  ModelBuilder b;
  std::vector<int> in = {b.Input("i", kInt, {}), b.Input("p", kFloat, {2}),
                         b.Input("q", kFloat, {2})};
  std::vector<int> out = {b.Tensor("i_out", kInt, {}), b.Tensor("p_out", kFloat, {2}),
                          b.Tensor("q_out", kFloat, {2})};
  b.Op(BuiltinOp::kWhile, 1, in, out, WhileOptions{1, 2});
  for (int t : out) b.Output(t);
  for (const char* name : {"condition", "body"}) {
    const bool is_body = b.Subgraph(name) == 2;
    const int i = b.Input("i", kInt, {});
    const int p = b.Input("p", kFloat, {2});
    const int q = b.Input("q", kFloat, {2});
    const int result = b.Tensor("result", is_body ? kInt : kBool, {});
    if (is_body) {
      Add(b, i, b.Constant<int32_t>("one", {}, {1}), result);
    } else {
      b.Op(BuiltinOp::kLess, 1, {i, b.Constant<int32_t>("three", {}, {3})}, {result});
    }
    b.Output(result);
    if (is_body) {
      b.Output(q);
      b.Output(p);
    }
  }
  const auto run =
      RunModel(b.Build(), {ToBytes<int32_t>({0}), ToBytes<float>({1, 2}), ToBytes<float>({3, 4})});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(FromBytes<float>(run->outputs[1]), ElementsAre(3, 4));
  EXPECT_THAT(FromBytes<float>(run->outputs[2]), ElementsAre(1, 2));
}

// x is doubled n times, n times over.
TEST(WhileTest, LoopsNest) {
  ModelBuilder b = CountedLoop({1}, [](ModelBuilder& b, int x) {
    const int zero = b.Constant<int32_t>("zero", {}, {0});
    const int two = b.Constant<int32_t>("two", {}, {2});
    const int i = b.Tensor("i", kInt, {});
    const int n = b.Tensor("n", kInt, {});
    const int y = b.Tensor("y", kInt, {1});
    // The condition is that of the outer loop.
    b.Op(BuiltinOp::kWhile, 1, {zero, two, x}, {i, n, y}, WhileOptions{1, 3});
    return y;
  });
  b.Subgraph("inner body");
  const int i = b.Input("i", kInt, {});
  const int n = b.Input("n", kInt, {});
  const int x = b.Input("x", kInt, {1});
  const int next = b.Tensor("next", kInt, {});
  const int y = b.Tensor("y", kInt, {1});
  Add(b, i, b.Constant<int32_t>("one", {}, {1}), next);
  Add(b, x, x, y);
  b.Output(next);
  b.Output(n);
  b.Output(y);
  const auto run = RunModel(b.Build(), LoopInputs(0, 3, {5}));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(FromBytes<int32_t>(run->outputs[2]), ElementsAre(5 * 64));
}

absl::Status RunLoop(const std::string& file, const CompileOptions& options, int32_t n, int32_t x) {
  const auto context = Start(file, options);
  if (!context.ok()) return context.status();
  const std::vector<Bytes> inputs = LoopInputs(0, n, {x});
  for (int run = 0; run < 2; ++run) {
    for (int i = 0; i < 3; ++i) {
      std::memcpy((*context)->input(i).data(), inputs[i].data(), 4);
    }
    const absl::Status status = (*context)->Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

TEST(WhileTest, ALoopWithoutEndIsAnError) {
  CompileOptions options;
  options.max_subgraph_runs = 1000;
  const std::string file = Doubling().Build();
  // A condition and a body each; the last condition fails. Each run counts anew.
  EXPECT_TRUE(RunLoop(file, options, 499, 1).ok());
  const absl::Status status = RunLoop(file, options, 500, 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("operator 0 (WHILE)"),
                    HasSubstr("more than 1000 runs of subgraphs in one run of the model")));
}

TEST(WhileTest, ALoopWithoutEndIsAnErrorByDefault) {
  const absl::Status status =
      RunLoop(Doubling().Build(), CompileOptions(), std::numeric_limits<int32_t>::max(), 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
}

TEST(WhileTest, MemoryIsBoundedAcrossIterations) {
  CompileOptions options;
  options.max_arena_bytes = 1 << 20;
  const std::string file = Growing().Build();
  EXPECT_TRUE(RunLoop(file, options, 10, 1).ok());
  const absl::Status status = RunLoop(file, options, 40, 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("memory limit"));
}

TEST(WhileTest, IsNotBatched) {
  const auto model = CompileBytes(Doubling().Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT((*model)->description().not_batchable_reason,
              AllOf(HasSubstr("WHILE"), HasSubstr("one condition decides for all rows")));
}

// WHILE over one float; the condition gives `condition`, the body takes `in` and gives `out`.
std::string WhileOver(std::vector<DataType> condition, std::vector<int32_t> condition_shape,
                      DataType in, DataType out) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, {});
  const int y = b.Tensor("y", kFloat, {});
  b.Op(BuiltinOp::kWhile, 1, {x}, {y}, WhileOptions{1, 2});
  b.Output(y);
  b.Subgraph("condition");
  b.Input("x", kFloat, {});
  for (DataType type : condition) {
    const size_t bytes = Shape::Create(condition_shape)->num_elements() * DataTypeSize(type);
    b.Output(b.ConstantBytes("more", type, condition_shape, std::string(bytes, '\0')));
  }
  b.Subgraph("body");
  b.Input("x", in, {});
  b.Output(b.ConstantBytes("next", out, {}, std::string(DataTypeSize(out), '\0')));
  return b.Build();
}

TEST(WhileTest, MismatchesAreNamedWhenTheModelIsLoaded) {
  const auto error = [](const std::string& file) {
    return std::string(CompileError(file).message());
  };
  EXPECT_EQ(error(WhileOver({kBool}, {}, kFloat, kFloat)), "");
  EXPECT_THAT(error(WhileOver({kInt}, {}, kFloat, kFloat)),
              HasSubstr("the condition (subgraph 1) gives INT32 'more'; a BOOL is needed"));
  EXPECT_THAT(error(WhileOver({kBool}, {3}, kFloat, kFloat)),
              HasSubstr("a condition is one value; here it has shape [3]"));
  EXPECT_THAT(error(WhileOver({kBool, kBool}, {}, kFloat, kFloat)),
              HasSubstr("the condition (subgraph 1) has 2 outputs; 1 is needed"));
  EXPECT_THAT(error(WhileOver({}, {}, kFloat, kFloat)), HasSubstr("has 0 outputs; 1 is needed"));
  EXPECT_THAT(error(WhileOver({kBool}, {}, kInt, kFloat)),
              HasSubstr("input 0 of the body (subgraph 2) is INT32 'x'"));
  EXPECT_THAT(error(WhileOver({kBool}, {}, kFloat, kInt)),
              HasSubstr("output 0 of the body (subgraph 2) is INT32 'next'"));
}

// One that is declared to give one value, and gives two.
TEST(WhileTest, AConditionIsOneValueWhenItRuns) {
  ModelBuilder b;
  const int x = b.Input("x", kInt, {2});
  const int y = b.Tensor("y", kInt, {2});
  b.Op(BuiltinOp::kWhile, 1, {x}, {y}, WhileOptions{1, 2});
  b.Output(y);
  b.Subgraph("condition");
  const int more = b.Tensor("more", kBool, {});
  const int value = b.Input("x", kInt, {2});
  b.Op(BuiltinOp::kLess, 1, {value, b.Constant<int32_t>("zero", {}, {0})}, {more});
  b.Output(more);
  b.Subgraph("body");
  b.Output(b.Input("x", kInt, {2}));
  const auto run = RunModel(b.Build(), {ToBytes<int32_t>({1, 2})});
  EXPECT_EQ(run.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(run.status().message(), HasSubstr("a condition is one value"));
}

}  // namespace
}  // namespace octet::testing
