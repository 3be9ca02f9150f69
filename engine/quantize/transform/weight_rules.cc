#include "engine/quantize/transform/weight_rules.h"

#include <algorithm>

#include "engine/quantize/transform/weight_quantizer.h"

namespace octet {
namespace {

constexpr WeightRule kRules[] = {
    {.op = BuiltinOp::kConv2d,
     .weight_input = 1,
     .activation_input = 0,
     .bias_input = 2,
     .rank = 4,
     .axis = 0,
     .per_axis_version = 5,
     .per_axis_runtime = "2.4.0",
     .per_tensor_version = 2,
     .per_tensor_runtime = "1.14.0"},
    {.op = BuiltinOp::kDepthwiseConv2d,
     .weight_input = 1,
     .activation_input = 0,
     .bias_input = 2,
     .rank = 4,
     .axis = 3,
     .per_axis_version = 6,
     .per_axis_runtime = "2.3.0",
     .per_tensor_version = 4,
     .per_tensor_runtime = "2.2.0"},
    {.op = BuiltinOp::kFullyConnected,
     .weight_input = 1,
     .activation_input = 0,
     .bias_input = 2,
     .rank = 2,
     .axis = 0,
     .per_axis_version = 12,
     .per_axis_runtime = "2.17.0",
     .per_tensor_version = 9,
     .per_tensor_runtime = "2.3.0"},
    {.op = BuiltinOp::kTransposeConv,
     .weight_input = 1,
     .activation_input = 2,
     .bias_input = 3,
     .rank = 4,
     .axis = 0,
     .per_axis_version = 2,
     .per_axis_runtime = "2.2.0",
     .per_tensor_version = 2,
     .per_tensor_runtime = "2.2.0"},
    {.op = BuiltinOp::kBatchMatmul,
     .weight_input = 1,
     .activation_input = 0,
     .bias_input = kNoInput,
     .rank = kAnyRank,
     .axis = kPerTensor,
     .per_axis_version = 4,
     .per_axis_runtime = "2.5.0",
     .per_tensor_version = 4,
     .per_tensor_runtime = "2.5.0"},
    {.op = BuiltinOp::kGather,
     .weight_input = 0,
     .activation_input = kNoInput,
     .bias_input = kNoInput,
     .rank = kAnyRank,
     .axis = kPerTensor,
     .per_axis_version = 2,
     .per_axis_runtime = "1.14.0",
     .per_tensor_version = 2,
     .per_tensor_runtime = "1.14.0"},
};

constexpr int kLstmMatrices[] = {1, 2, 3, 4, 5, 6, 7, 8, 16};
constexpr int kLstmPeepholes[] = {9, 10, 11};
constexpr int kLstmBiases[] = {12, 13, 14, 15, 17};
constexpr int kSvdfMatrices[] = {1, 2};
constexpr int kSvdfBiases[] = {3};

constexpr RecurrentRule kRecurrentRules[] = {
    {.op = BuiltinOp::kUnidirectionalSequenceLstm,
     .matrices = kLstmMatrices,
     .peepholes = kLstmPeepholes,
     .biases = kLstmBiases,
     .version = 3,
     .runtime = "2.3.0"},
    {.op = BuiltinOp::kSvdf,
     .matrices = kSvdfMatrices,
     .peepholes = {},
     .biases = kSvdfBiases,
     .version = 4,
     .runtime = "2.3.0"},
};

template <typename Rule>
const Rule* Find(absl::Span<const Rule> rules, BuiltinOp op) {
  const auto it =
      std::find_if(rules.begin(), rules.end(), [op](const Rule& rule) { return rule.op == op; });
  return it == rules.end() ? nullptr : &*it;
}

}  // namespace

const WeightRule* FindWeightRule(BuiltinOp op) { return Find<WeightRule>(kRules, op); }

const RecurrentRule* FindRecurrentRule(BuiltinOp op) {
  return Find<RecurrentRule>(kRecurrentRules, op);
}

}  // namespace octet
