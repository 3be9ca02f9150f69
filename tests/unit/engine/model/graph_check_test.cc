#include "engine/model/graph_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace octet {
namespace {

using ::testing::HasSubstr;

// Tensors t0..tn of one element; t0 is the input, the last one the output.
SubgraphDef Graph(int tensors, std::vector<OperatorDef> operators) {
  SubgraphDef graph;
  for (int i = 0; i < tensors; ++i) {
    TensorDef tensor;
    tensor.name = absl::StrCat("t", i);
    tensor.shape = Shape({1});
    graph.tensors.push_back(tensor);
  }
  graph.operators = std::move(operators);
  graph.inputs = {0};
  graph.outputs = {tensors - 1};
  return graph;
}

OperatorDef Op(std::vector<int32_t> inputs, std::vector<int32_t> outputs) {
  return {.op = BuiltinOp::kAdd, .inputs = std::move(inputs), .outputs = std::move(outputs)};
}

absl::Status Check(SubgraphDef graph) {
  const std::vector<uint32_t> buffers(graph.tensors.size());
  return CheckGraph(2, buffers, graph);
}

void ExpectError(SubgraphDef graph, const std::string& text) {
  const absl::Status status = Check(std::move(graph));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(text));
}

TEST(CheckGraphTest, AcceptsChainAndAbsentInput) {
  EXPECT_TRUE(Check(Graph(3, {Op({0, kAbsentTensor}, {1}), Op({1, 0}, {2})})).ok());
}

TEST(CheckGraphTest, IndicesInRange) {
  ExpectError(Graph(2, {Op({0, 2}, {1})}),
              "subgraph 2, operator 0 (ADD): input tensor 2 of 2 does not exist");
  ExpectError(Graph(2, {Op({0, -2}, {1})}), "input tensor -2 of 2");
  ExpectError(Graph(2, {Op({0}, {-1})}), "output tensor -1 of 2");
  SubgraphDef graph = Graph(2, {Op({0}, {1})});
  graph.operators[0].intermediates = {5};
  ExpectError(graph, "intermediate tensor 5 of 2");
  graph = Graph(2, {Op({0}, {1})});
  graph.inputs = {-1};
  ExpectError(graph, "subgraph 2: input tensor -1 of 2");
  graph = Graph(2, {Op({0}, {1})});
  graph.outputs = {2};
  ExpectError(graph, "subgraph 2: output tensor 2 of 2");
}

TEST(CheckGraphTest, ReadsOnlyWhatIsThere) {
  ExpectError(
      Graph(3, {Op({1}, {2}), Op({0}, {1})}),
      "operator 0 (ADD): reads subgraph 2, tensor 1 't1', which no earlier operator writes");
  ExpectError(Graph(2, {Op({1}, {1})}), "reads subgraph 2, tensor 1 't1'");
}

TEST(CheckGraphTest, ConstantsAndVariablesAreThere) {
  SubgraphDef graph = Graph(4, {Op({0, 1, 2}, {3})});
  graph.tensors[1].is_constant = true;
  graph.tensors[2].is_variable = true;
  EXPECT_TRUE(Check(graph).ok());
}

TEST(CheckGraphTest, WritesOnceAndOnlyWhatIsComputed) {
  ExpectError(Graph(2, {Op({0}, {1}), Op({0}, {1})}),
              "operator 1 (ADD): writes subgraph 2, tensor 1 't1', which is written already");
  ExpectError(Graph(2, {Op({0}, {1, 1})}), "which is written already");
  ExpectError(Graph(2, {Op({0}, {0, 1})}), "tensor 0 't0', which is an input of the subgraph");
  SubgraphDef graph = Graph(3, {Op({0}, {1, 2})});
  graph.tensors[1].is_constant = true;
  ExpectError(graph, "tensor 1 't1', which is constant");
  graph.tensors[1].is_constant = false;
  graph.tensors[1].is_variable = true;
  ExpectError(graph, "tensor 1 't1', which is a variable");
}

TEST(CheckGraphTest, Interface) {
  SubgraphDef graph = Graph(2, {Op({0}, {1})});
  graph.inputs = {0, 0};
  ExpectError(graph, "tensor 0 't0': is an input twice");
  graph = Graph(2, {Op({0}, {1})});
  graph.tensors[0].is_constant = true;
  ExpectError(graph, "tensor 0 't0': is an input, but also a constant");
  graph = Graph(3, {Op({0}, {1})});
  ExpectError(graph, "tensor 2 't2': is an output of the subgraph, but no operator writes it");
  graph = Graph(2, {Op({0}, {1})});
  graph.outputs = {1, 1, 0};  // the same one twice, and an input passed through
  EXPECT_TRUE(Check(graph).ok());
}

TEST(CheckGraphTest, TensorWithoutElementsHoldsAllItsData) {
  SubgraphDef graph = Graph(3, {Op({0, 1}, {2})});
  graph.tensors[1].shape = Shape({0});
  const std::vector<uint32_t> buffers(3);
  ASSERT_TRUE(CheckGraph(0, buffers, graph).ok());
  EXPECT_TRUE(graph.tensors[1].is_constant);

  SubgraphDef computed = Graph(3, {Op({0}, {1}), Op({1}, {2})});
  computed.tensors[1].shape = Shape({0});
  ASSERT_TRUE(CheckGraph(0, buffers, computed).ok());
  EXPECT_FALSE(computed.tensors[1].is_constant);
}

}  // namespace
}  // namespace octet
