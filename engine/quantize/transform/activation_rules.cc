#include "engine/quantize/transform/activation_rules.h"

#include <algorithm>
#include <iterator>

namespace octet {
namespace {

constexpr ActivationRule kRules[] = {
    {BuiltinOp::kAbs, ScaleRule::kOwn, 2, "2.4.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kAdd, ScaleRule::kOwn, 2, "1.14.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kArgMax, ScaleRule::kNoOutput, 2, "1.14.0", ScaleRule::kNoOutput, 0},
    {BuiltinOp::kArgMin, ScaleRule::kNoOutput, 2, "1.14.0", ScaleRule::kNoOutput, 0},
    {BuiltinOp::kAveragePool2d, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kBatchMatmul, ScaleRule::kOwn, 2, "2.3.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kBatchToSpaceNd, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kBroadcastTo, ScaleRule::kForward, 3, "2.5.0", ScaleRule::kForward, 3},
    {BuiltinOp::kConcatenation, ScaleRule::kJoint, 2, "1.14.0", ScaleRule::kJoint, 2},
    {BuiltinOp::kConv2d, ScaleRule::kOwn, 3, "1.14.0", ScaleRule::kOwn, 3},
    {BuiltinOp::kDepthToSpace, ScaleRule::kForward, 2, "2.5.0", ScaleRule::kForward, 0},
    {BuiltinOp::kDepthwiseConv2d, ScaleRule::kOwn, 3, "1.14.0", ScaleRule::kOwn, 3},
    {BuiltinOp::kDiv, ScaleRule::kOwn, 1, "", ScaleRule::kOwn, 0},
    {BuiltinOp::kDynamicUpdateSlice, ScaleRule::kJoint, 1, "", ScaleRule::kJoint, 0},
    {BuiltinOp::kEqual, ScaleRule::kNoOutput, 2, "1.14.0", ScaleRule::kNoOutput, 0},
    {BuiltinOp::kExp, ScaleRule::kOwn, 2, "2.12.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kExpandDims, ScaleRule::kForward, 1, "", ScaleRule::kForward, 1},
    {BuiltinOp::kFullyConnected, ScaleRule::kOwn, 4, "1.14.0", ScaleRule::kOwn, 4},
    {BuiltinOp::kGather, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kGatherNd, ScaleRule::kForward, 1, "1.14.0", ScaleRule::kForward, 3},
    {BuiltinOp::kGelu, ScaleRule::kOwn, 2, "2.9.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kGreater, ScaleRule::kNoOutput, 2, "1.14.0", ScaleRule::kNoOutput, 0},
    {BuiltinOp::kHardSwish, ScaleRule::kOwn, 1, "1.15.0", ScaleRule::kOwn, 0},
    {BuiltinOp::kL2Normalization,
     ScaleRule::kFixed,
     2,
     "1.14.0",
     ScaleRule::kFixed,
     0,
     {1.0f / 128, 0},
     {}},
    {BuiltinOp::kLeakyRelu, ScaleRule::kOwn, 1, "1.13.1", ScaleRule::kOwn, 2},
    {BuiltinOp::kLess, ScaleRule::kNoOutput, 2, "1.14.0", ScaleRule::kNoOutput, 0},
    {BuiltinOp::kLog, ScaleRule::kOwn, 2, "2.15.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kLogistic,
     ScaleRule::kFixed,
     2,
     "1.14.0",
     ScaleRule::kFixed,
     2,
     {1.0f / 256, -128},
     {1.0f / 32768, 0}},
    {BuiltinOp::kLogSoftmax,
     ScaleRule::kFixed,
     2,
     "1.14.0",
     ScaleRule::kFixed,
     0,
     {16.0f / 256, 127},
     {}},
    {BuiltinOp::kMaxPool2d, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kMaximum, ScaleRule::kJoint, 2, "1.14.0", ScaleRule::kJoint, 2},
    {BuiltinOp::kMean, ScaleRule::kOwn, 2, "1.14.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kMinimum, ScaleRule::kJoint, 2, "1.14.0", ScaleRule::kJoint, 2},
    {BuiltinOp::kMirrorPad, ScaleRule::kForward, 2, "2.3.0", ScaleRule::kForward, 2},
    {BuiltinOp::kMul, ScaleRule::kOwn, 2, "1.14.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kPack, ScaleRule::kJoint, 2, "1.14.0", ScaleRule::kJoint, 2},
    {BuiltinOp::kPad, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kPadv2, ScaleRule::kJoint, 2, "1.14.0", ScaleRule::kJoint, 2},
    {BuiltinOp::kPrelu, ScaleRule::kOwn, 1, "", ScaleRule::kOwn, 0},
    {BuiltinOp::kRank, ScaleRule::kNoOutput, 1, "", ScaleRule::kNoOutput, 1},
    {BuiltinOp::kReduceMax, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kReduceMin, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kReduceProd, ScaleRule::kOwn, 2, "2.6.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kRelu, ScaleRule::kOwn, 2, "2.1.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kRelu6, ScaleRule::kOwn, 2, "1.14.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kReluN1To1, ScaleRule::kOwn, 1, "1.5.0", ScaleRule::kOwn, 0},
    {BuiltinOp::kReshape, ScaleRule::kForward, 1, "1.5.0", ScaleRule::kForward, 1},
    {BuiltinOp::kResizeBilinear, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kResizeNearestNeighbor, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kReverseV2, ScaleRule::kForward, 3, "2.5.0", ScaleRule::kForward, 3},
    {BuiltinOp::kRsqrt, ScaleRule::kOwn, 2, "2.5.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kSelect, ScaleRule::kJoint, 1, "1.14.0", ScaleRule::kJoint, 1},
    {BuiltinOp::kSelectV2, ScaleRule::kJoint, 1, "", ScaleRule::kJoint, 1},
    {BuiltinOp::kShape, ScaleRule::kNoOutput, 1, "", ScaleRule::kNoOutput, 1},
    {BuiltinOp::kSlice, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kSoftmax,
     ScaleRule::kFixed,
     2,
     "1.14.0",
     ScaleRule::kFixed,
     2,
     {1.0f / 256, -128},
     {1.0f / 32768, 0}},
    {BuiltinOp::kSpaceToBatchNd, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kSpaceToDepth, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 0},
    {BuiltinOp::kSplit, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kSplitV, ScaleRule::kForward, 2, "2.3.0", ScaleRule::kForward, 2},
    {BuiltinOp::kSqrt, ScaleRule::kOwn, 2, "2.12.0", ScaleRule::kOwn, 0},
    {BuiltinOp::kSquaredDifference, ScaleRule::kOwn, 2, "2.5.0", ScaleRule::kOwn, 0},
    {BuiltinOp::kSqueeze, ScaleRule::kForward, 1, "", ScaleRule::kForward, 1},
    {BuiltinOp::kStridedSlice, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kSub, ScaleRule::kOwn, 2, "1.14.0", ScaleRule::kOwn, 2},
    {BuiltinOp::kSum, ScaleRule::kOwn, 2, "1.15.0", ScaleRule::kOwn, 0},
    {BuiltinOp::kTanh,
     ScaleRule::kFixed,
     2,
     "1.14.0",
     ScaleRule::kFixed,
     2,
     {1.0f / 128, 0},
     {1.0f / 32768, 0}},
    {BuiltinOp::kTile, ScaleRule::kForward, 3, "2.8.0", ScaleRule::kForward, 3},
    {BuiltinOp::kTopkV2, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 0},
    {BuiltinOp::kTranspose, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 2},
    {BuiltinOp::kTransposeConv, ScaleRule::kOwn, 3, "2.3.0", ScaleRule::kOwn, 3},
    {BuiltinOp::kUnpack, ScaleRule::kForward, 2, "1.14.0", ScaleRule::kForward, 1},
};

}  // namespace

const ActivationRule* FindActivationRule(BuiltinOp op) {
  const auto* it = std::find_if(std::begin(kRules), std::end(kRules),
                                [op](const ActivationRule& rule) { return rule.op == op; });
  return it == std::end(kRules) ? nullptr : it;
}

ScaleRule ScaleRuleOf(const ActivationRule& rule, QuantizationMode mode) {
  return mode == QuantizationMode::kInt16x8 ? rule.int16_rule : rule.int8_rule;
}

int VersionOf(const ActivationRule& rule, QuantizationMode mode) {
  return mode == QuantizationMode::kInt16x8 ? rule.int16_version : rule.int8_version;
}

ScaleChoice FixedScaleOf(const ActivationRule& rule, QuantizationMode mode) {
  return mode == QuantizationMode::kInt16x8 ? rule.int16_fixed : rule.int8_fixed;
}

}  // namespace octet
