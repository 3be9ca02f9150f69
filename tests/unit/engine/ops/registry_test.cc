#include "engine/ops/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "octet/engine.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(RegistryTest, RowsAreInTheOrderOfTheCodes) {
  const auto rows = ops::OpRows();
  ASSERT_FALSE(rows.empty());
  for (size_t i = 1; i < rows.size(); ++i) EXPECT_LE(rows[i - 1].op, rows[i].op);
}

TEST(RegistryTest, RowsAreWhole) {
  for (const ops::OpRow& row : ops::OpRows()) {
    EXPECT_NE(row.prepare, nullptr);
    EXPECT_GE(row.min_version, 1);
    EXPECT_LE(row.min_version, row.max_version);
    // What neither takes nor gives anything works on state.
    if (row.op != BuiltinOp::kCallOnce && row.op != BuiltinOp::kVarHandle) {
      EXPECT_FALSE(row.inputs.empty());
    }
    if (row.op != BuiltinOp::kCallOnce && row.op != BuiltinOp::kAssignVariable) {
      EXPECT_FALSE(row.outputs.empty());
    }
    for (size_t i = 0; i + 1 < row.inputs.size(); ++i) EXPECT_FALSE(row.inputs[i].repeats);
  }
}

TEST(RegistryTest, ListOpsSaysWhatTheRowsSay) {
  const auto list = ListOps();
  ASSERT_EQ(list.size(), ops::OpRows().size());
  std::set<std::string> names;
  for (const SupportedOp& op : list) names.insert(op.op);
  for (const char* name : {"ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D",
                           "DEPTHWISE_CONV_2D", "DEQUANTIZE", "FULLY_CONNECTED", "MAX_POOL_2D",
                           "MEAN", "PAD", "QUANTIZE", "RESHAPE", "SOFTMAX", "TRANSPOSE"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
  bool optional = false;
  bool repeated = false;
  for (const SupportedOp& op : list) {
    for (const std::string& input : op.inputs) {
      optional |= input.back() == '?';
      repeated |= input.size() > 3 && input.substr(input.size() - 3) == "...";
    }
  }
  EXPECT_TRUE(optional);
  EXPECT_TRUE(repeated);
}

std::string TwoToOne(BuiltinOp op, int version, DataType a, DataType b, DataType out) {
  ModelBuilder builder;
  const int x = builder.Input("left", a, {1, 2}, {1, 0});
  const int z = builder.Input("right", b, {1, 2}, {1, 0});
  const int y = builder.Tensor("sum", out, {1, 2}, {1, 0});
  builder.Op(op, version, {x, z}, {y}, AddOptions{});
  builder.Output(y);
  return builder.Build();
}

TEST(RegistryTest, AnUnknownOperatorIsNamed) {
  const auto error = CompileError(TwoToOne(BuiltinOp::kHashtableLookup, 1, DataType::kFloat32,
                                           DataType::kFloat32, DataType::kFloat32));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("operator 0"), HasSubstr("HASHTABLE_LOOKUP")));
}

TEST(RegistryTest, ACustomOperatorIsNamed) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1});
  const int y = b.Tensor("y", DataType::kFloat32, {1});
  b.CustomOp("Sharpen", {x}, {y});
  b.Output(y);
  const auto error = CompileError(b.Build());
  EXPECT_EQ(error.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(error.message(), HasSubstr("'Sharpen'"));
}

TEST(RegistryTest, ANewerVersionIsNamedWithTheNewestKnown) {
  const auto error = CompileError(
      TwoToOne(BuiltinOp::kAdd, 99, DataType::kFloat32, DataType::kFloat32, DataType::kFloat32));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnimplemented);
  int newest = 0;
  for (const ops::OpRow& row : ops::OpRows()) {
    if (row.op == BuiltinOp::kAdd) newest = std::max(newest, row.max_version);
  }
  EXPECT_THAT(error.message(), AllOf(HasSubstr("ADD"), HasSubstr("version 99"),
                                     HasSubstr("newest known is " + std::to_string(newest))));
}

TEST(RegistryTest, WrongTypesAreNamedWithTheirTensors) {
  const auto error = CompileError(
      TwoToOne(BuiltinOp::kAdd, 2, DataType::kInt8, DataType::kFloat32, DataType::kInt8));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr("operator 0 (ADD)"), HasSubstr("version 2"), HasSubstr("INT8 'left'"),
                    HasSubstr("FLOAT32 'right'"), HasSubstr("INT8 'sum'")));
}

TEST(RegistryTest, AMissingInputIsNoCrash) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 1, 1, 1});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 1, 1, 1});
  b.Op(BuiltinOp::kConv2d, 1, {x}, {y}, Conv2DOptions{});
  b.Output(y);
  EXPECT_EQ(CompileError(b.Build()).code(), absl::StatusCode::kUnimplemented);
  ModelBuilder absent;
  const int a = absent.Input("a", DataType::kFloat32, {1});
  const int c = absent.Tensor("c", DataType::kFloat32, {1});
  absent.Op(BuiltinOp::kAdd, 1, {a, kAbsentTensor}, {c}, AddOptions{});
  absent.Output(c);
  EXPECT_THAT(CompileError(absent.Build()).message(), HasSubstr("absent"));
}

TEST(RegistryTest, TooManyInputsAreRefused) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1});
  const int y = b.Tensor("y", DataType::kFloat32, {1});
  b.Op(BuiltinOp::kAdd, 1, {x, x, x}, {y}, AddOptions{});
  b.Output(y);
  EXPECT_EQ(CompileError(b.Build()).code(), absl::StatusCode::kUnimplemented);
}

TEST(RegistryTest, FusedActivationsThatAreNoClampsAreNamed) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1});
  const int y = b.Tensor("y", DataType::kFloat32, {1});
  AddOptions tanh;
  tanh.activation = Activation::kTanh;
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {y}, tanh);
  b.Output(y);
  EXPECT_EQ(CompileError(b.Build()).code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(CompileError(b.Build()).message(), AllOf(HasSubstr("ADD"), HasSubstr("TANH")));
}

}  // namespace
}  // namespace octet::testing
