#include "engine/quantize/transform/compatibility.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/selection.h"

namespace octet {
namespace {

constexpr absl::string_view kEdgeTpuOps[] = {"ADD",
                                             "AVERAGE_POOL_2D",
                                             "CONCATENATION",
                                             "CONV_2D",
                                             "DEPTHWISE_CONV_2D",
                                             "EXPAND_DIMS",
                                             "FULLY_CONNECTED",
                                             "L2_NORMALIZATION",
                                             "LOGISTIC",
                                             "MAXIMUM",
                                             "MAX_POOL_2D",
                                             "MEAN",
                                             "MINIMUM",
                                             "MUL",
                                             "PACK",
                                             "PAD",
                                             "PRELU",
                                             "QUANTIZE",
                                             "REDUCE_MAX",
                                             "REDUCE_MIN",
                                             "RELU",
                                             "RELU6",
                                             "RELU_N1_TO_1",
                                             "RESHAPE",
                                             "RESIZE_BILINEAR",
                                             "RESIZE_NEAREST_NEIGHBOR",
                                             "RSQRT",
                                             "SLICE",
                                             "SOFTMAX",
                                             "SPACE_TO_DEPTH",
                                             "SPLIT",
                                             "SQUARED_DIFFERENCE",
                                             "SQUEEZE",
                                             "STRIDED_SLICE",
                                             "SUB",
                                             "SUM",
                                             "TANH",
                                             "TRANSPOSE",
                                             "TRANSPOSE_CONV",
                                             "UNIDIRECTIONAL_SEQUENCE_LSTM"};

constexpr absl::string_view kMicroOps[] = {"ABS",
                                           "ADD",
                                           "ADD_N",
                                           "ARG_MAX",
                                           "ARG_MIN",
                                           "ASSIGN_VARIABLE",
                                           "AVERAGE_POOL_2D",
                                           "BATCH_MATMUL",
                                           "BATCH_TO_SPACE_ND",
                                           "BROADCAST_ARGS",
                                           "BROADCAST_TO",
                                           "CALL_ONCE",
                                           "CAST",
                                           "CEIL",
                                           "CONCATENATION",
                                           "CONV_2D",
                                           "COS",
                                           "CUMSUM",
                                           "DEPTHWISE_CONV_2D",
                                           "DEPTH_TO_SPACE",
                                           "DEQUANTIZE",
                                           "DIV",
                                           "DYNAMIC_UPDATE_SLICE",
                                           "ELU",
                                           "EMBEDDING_LOOKUP",
                                           "EQUAL",
                                           "EXP",
                                           "EXPAND_DIMS",
                                           "FILL",
                                           "FLOOR",
                                           "FLOOR_DIV",
                                           "FLOOR_MOD",
                                           "FULLY_CONNECTED",
                                           "GATHER",
                                           "GATHER_ND",
                                           "GREATER",
                                           "GREATER_EQUAL",
                                           "HARD_SWISH",
                                           "IF",
                                           "L2_NORMALIZATION",
                                           "L2_POOL_2D",
                                           "LEAKY_RELU",
                                           "LESS",
                                           "LESS_EQUAL",
                                           "LOG",
                                           "LOGICAL_AND",
                                           "LOGICAL_NOT",
                                           "LOGICAL_OR",
                                           "LOGISTIC",
                                           "LOG_SOFTMAX",
                                           "MAXIMUM",
                                           "MAX_POOL_2D",
                                           "MEAN",
                                           "MINIMUM",
                                           "MIRROR_PAD",
                                           "MUL",
                                           "NEG",
                                           "NOT_EQUAL",
                                           "PACK",
                                           "PAD",
                                           "PADV2",
                                           "PRELU",
                                           "QUANTIZE",
                                           "READ_VARIABLE",
                                           "REDUCE_ALL",
                                           "REDUCE_MAX",
                                           "REDUCE_MIN",
                                           "RELU",
                                           "RELU6",
                                           "RESHAPE",
                                           "RESIZE_BILINEAR",
                                           "RESIZE_NEAREST_NEIGHBOR",
                                           "REVERSE_V2",
                                           "ROUND",
                                           "RSQRT",
                                           "SELECT_V2",
                                           "SHAPE",
                                           "SIN",
                                           "SLICE",
                                           "SOFTMAX",
                                           "SPACE_TO_BATCH_ND",
                                           "SPACE_TO_DEPTH",
                                           "SPLIT",
                                           "SPLIT_V",
                                           "SQRT",
                                           "SQUARE",
                                           "SQUARED_DIFFERENCE",
                                           "SQUEEZE",
                                           "STRIDED_SLICE",
                                           "SUB",
                                           "SUM",
                                           "SVDF",
                                           "TANH",
                                           "TRANSPOSE",
                                           "TRANSPOSE_CONV",
                                           "UNIDIRECTIONAL_SEQUENCE_LSTM",
                                           "UNPACK",
                                           "VAR_HANDLE",
                                           "WHILE",
                                           "ZEROS_LIKE"};

template <size_t N>
bool Has(const absl::string_view (&list)[N], const std::string& kind) {
  return std::find(std::begin(list), std::end(list), kind) != std::end(list);
}

bool IsEightBit(DataType type) { return type == DataType::kInt8 || type == DataType::kUint8; }

bool IsReal(const TensorDef& tensor) {
  return tensor.type == DataType::kFloat32 || tensor.type == DataType::kFloat16 ||
         tensor.type == DataType::kFloat64 ||
         (tensor.type == DataType::kInt16 && tensor.quantization.is_quantized());
}

// The shape stands in for what the signature leaves open: right for a batch, which it makes 1.
bool HasOpenDimension(const TensorDef& tensor) {
  const std::vector<int32_t>& signature = tensor.shape_signature;
  return signature.size() > 1 &&
         std::any_of(signature.begin() + 1, signature.end(), [](int32_t dim) { return dim < 0; });
}

bool HasFusedActivation(const OpOptions& options) {
  return std::visit(
      [](const auto& o) {
        if constexpr (requires { o.activation; }) {
          return o.activation != Activation::kNone;
        } else {
          return false;
        }
      },
      options);
}

// One subgraph's look at one operator.
class OperatorCheck {
 public:
  OperatorCheck(const Model& model, int64_t subgraph, int64_t index, CompatibilityReport& report)
      : graph_(model.subgraphs()[subgraph]),
        op_(graph_.operators[index]),
        subgraph_(subgraph),
        index_(index),
        kind_(KindOf(op_)),
        report_(report) {}

  void Run() {
    CheckInt8();
    CheckEdgeTpu();
    CheckMicro();
  }

 private:
  template <typename F>
  const TensorDef* Find(F f) const {
    for (const auto* list : {&op_.inputs, &op_.outputs}) {
      for (const int32_t tensor : *list) {
        if (tensor != kAbsentTensor && f(graph_.tensors[tensor])) return &graph_.tensors[tensor];
      }
    }
    return nullptr;
  }

  void Add(std::vector<Obstacle>& list, const TensorDef* tensor, std::string reason) const {
    list.push_back(
        {subgraph_, index_, kind_, tensor == nullptr ? "" : tensor->name, std::move(reason)});
  }

  bool IsAtEdge() const {
    if (op_.op != BuiltinOp::kQuantize && op_.op != BuiltinOp::kDequantize) return false;
    const auto holds = [](const std::vector<int32_t>& list, int32_t tensor) {
      return std::find(list.begin(), list.end(), tensor) != list.end();
    };
    return holds(graph_.inputs, op_.inputs[0]) || holds(graph_.outputs, op_.outputs[0]);
  }

  void CheckInt8() {
    if (IsAtEdge()) return;  // the input or output says it
    const TensorDef* real = Find(IsReal);
    if (real != nullptr) {
      Add(report_.not_int8, real, absl::StrCat("works on ", DataTypeName(real->type)));
    }
  }

  void CheckEdgeTpu() {
    std::vector<Obstacle>& list = report_.edge_tpu;
    if (!Has(kEdgeTpuOps, kind_)) return Add(list, nullptr, "not among the compiler's operators");
    if (const TensorDef* real = Find(IsReal); real != nullptr) {
      return Add(list, real, absl::StrCat(DataTypeName(real->type), " runs on the CPU"));
    }
    if (const TensorDef* open = Find(HasOpenDimension); open != nullptr) {
      return Add(list, open, "its shape is open");
    }
    const TensorDef* deep = Find([](const TensorDef& tensor) {
      const int outer = std::max(tensor.shape.rank() - 3, 0);
      return IsEightBit(tensor.type) && !tensor.is_constant &&
             tensor.shape.OuterElements(outer) > 1;
    });
    if (deep != nullptr) {
      return Add(
          list, deep,
          absl::StrCat("more than three dimensions of ", deep->shape.ToString(), " are beyond 1"));
    }
    const bool plain = op_.op == BuiltinOp::kAveragePool2d || op_.op == BuiltinOp::kMaxPool2d ||
                       op_.op == BuiltinOp::kConcatenation;
    if (plain && HasFusedActivation(op_.options)) return Add(list, nullptr, "fused activation");
    if (HasComputedWeights()) Add(list, nullptr, "its weights are not constant");
  }

  bool HasComputedWeights() const {
    const bool weighted = op_.op == BuiltinOp::kConv2d || op_.op == BuiltinOp::kDepthwiseConv2d ||
                          op_.op == BuiltinOp::kFullyConnected ||
                          op_.op == BuiltinOp::kTransposeConv;
    return weighted && op_.inputs.size() > 1 && op_.inputs[1] != kAbsentTensor &&
           !graph_.tensors[op_.inputs[1]].is_constant;
  }

  void CheckMicro() {
    std::vector<Obstacle>& list = report_.micro;
    if (!Has(kMicroOps, kind_)) return Add(list, nullptr, "not among the registered operators");
    if (const TensorDef* open = Find(HasOpenDimension); open != nullptr) {
      return Add(list, open, "its shape is open");
    }
    if (op_.op == BuiltinOp::kDequantize) {
      const TensorDef& input = graph_.tensors[op_.inputs[0]];
      if (input.type == DataType::kFloat16) return Add(list, &input, "DEQUANTIZE of FLOAT16");
      if (input.quantization.is_per_axis())
        return Add(list, &input, "DEQUANTIZE of several scales");
    }
    if (op_.op == BuiltinOp::kQuantize &&
        graph_.tensors[op_.outputs[0]].quantization.scale.size() != 1) {
      return Add(list, &graph_.tensors[op_.outputs[0]], "QUANTIZE to other than one scale");
    }
    const bool product = op_.op == BuiltinOp::kConv2d || op_.op == BuiltinOp::kDepthwiseConv2d ||
                         op_.op == BuiltinOp::kFullyConnected ||
                         op_.op == BuiltinOp::kTransposeConv || op_.op == BuiltinOp::kBatchMatmul;
    if (!product) return;
    const TensorDef* codes = Find([](const TensorDef& t) { return IsEightBit(t.type); });
    const TensorDef* reals = Find([](const TensorDef& t) { return t.type == DataType::kFloat32; });
    if (codes != nullptr && reals != nullptr) {
      Add(list, codes, "float activations with 8-bit weights");
    }
  }

  const SubgraphDef& graph_;
  const OperatorDef& op_;
  const int64_t subgraph_;
  const int64_t index_;
  const std::string kind_;
  CompatibilityReport& report_;
};

void CheckEdges(const SubgraphDef& graph, CompatibilityReport& report) {
  for (const auto& [list, what] :
       {std::pair(&graph.inputs, "an input"), std::pair(&graph.outputs, "an output")}) {
    for (const int32_t tensor : *list) {
      if (tensor == kAbsentTensor || !IsReal(graph.tensors[tensor])) continue;
      const TensorDef& def = graph.tensors[tensor];
      report.not_int8.push_back(
          {0, -1, "", def.name, absl::StrCat(what, " of the model is ", DataTypeName(def.type))});
    }
  }
}

}  // namespace

CompatibilityReport CheckTargets(const Model& model) {
  CompatibilityReport report;
  CheckEdges(model.main(), report);
  if (model.subgraphs().size() > 1) {
    report.edge_tpu.push_back({1, -1, "", "", "more than one subgraph"});
  }
  for (size_t s = 0; s < model.subgraphs().size(); ++s) {
    for (size_t o = 0; o < model.subgraphs()[s].operators.size(); ++o) {
      OperatorCheck(model, static_cast<int64_t>(s), static_cast<int64_t>(o), report).Run();
    }
  }
  return report;
}

}  // namespace octet
