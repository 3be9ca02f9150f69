#include "engine/runtime/io_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using testing::ModelBuilder;

IoNames Names(const ModelBuilder& builder) {
  const auto model = ReadModel(builder.Build());
  EXPECT_TRUE(model.ok()) << model.status();
  return PublicNames(**model);
}

// Two inputs, three outputs of equal shape, by these names.
ModelBuilder Model(std::vector<std::string> inputs, std::vector<std::string> outputs) {
  ModelBuilder b;
  int x = 0;
  for (const std::string& name : inputs) x = b.Input(name, DataType::kFloat32, {1});
  for (const std::string& name : outputs) {
    const int y = b.Tensor(name, DataType::kFloat32, {1});
    b.Op(BuiltinOp::kAdd, 1, {x, x}, {y}, AddOptions{});
    b.Output(y);
  }
  return b;
}

TEST(IoNamesTest, TensorsOwnNames) {
  const IoNames names = Names(Model({"left", "right"}, {"a", "b"}));
  EXPECT_THAT(names.inputs, ElementsAre("left", "right"));
  EXPECT_THAT(names.outputs, ElementsAre("a", "b"));
}

TEST(IoNamesTest, EqualNamesGetASuffix) {
  EXPECT_THAT(Names(Model({"x"}, {"Identity", "Identity", "Identity"})).outputs,
              ElementsAre("Identity", "Identity_1", "Identity_2"));
  EXPECT_THAT(Names(Model({"x"}, {"Identity", "Identity", "Identity_1"})).outputs,
              ElementsAre("Identity", "Identity_1", "Identity_1_1"));
  // An input and an output may share a name.
  EXPECT_THAT(Names(Model({"x"}, {"x"})).outputs, ElementsAre("x"));
}

TEST(IoNamesTest, TensorsWithoutANameGetOneByPosition) {
  const IoNames names = Names(Model({"", "x"}, {"y", ""}));
  EXPECT_THAT(names.inputs, ElementsAre("input_0", "x"));
  EXPECT_THAT(names.outputs, ElementsAre("y", "output_1"));
}

TEST(IoNamesTest, TheSignaturesNamesInTheOrderOfTheFile) {
  ModelBuilder b = Model({"serving_default_a:0", "serving_default_b:0"}, {"Identity", "Identity"});
  // The signature lists them the other way round: tensors 0 and 1 are inputs, 2 and 3 outputs.
  b.Signature("serving_default", {{"second", 1}, {"first", 0}}, {{"scores", 3}, {"boxes", 2}});
  const IoNames names = Names(b);
  EXPECT_THAT(names.inputs, ElementsAre("first", "second"));
  EXPECT_THAT(names.outputs, ElementsAre("boxes", "scores"));
}

TEST(IoNamesTest, OneTensorUnderTwoNames) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1});
  const int y = b.Tensor("y", DataType::kFloat32, {1});
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {y}, AddOptions{});
  b.Output(y);
  b.Output(y);
  b.Signature("serving_default", {{"in", x}}, {{"one", y}, {"two", y}});
  EXPECT_THAT(Names(b).outputs, ElementsAre("one", "two"));
}

}  // namespace
}  // namespace octet
