#include "engine/quantize/transform/dynamic_range.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/file_edit.h"
#include "engine/quantize/transform/runtime_version.h"
#include "engine/quantize/transform/weight_quantizer.h"
#include "engine/quantize/transform/weight_rules.h"

namespace octet {
namespace {

constexpr int32_t kDequantizeVersion = 2;  // the first that reads INT8
constexpr char kSuffix[] = "/int8";

class Transform {
 public:
  Transform(const Model& model, tflite::ModelT& file)
      : model_(model), file_(file), uses_before_(CountBufferUses(file)) {}

  absl::StatusOr<TensorReport> Apply(const ConstantPlan& plan) {
    const TensorDef& tensor = model_.subgraphs()[plan.subgraph].tensors[plan.tensor];
    TensorReport row = FloatRow(plan, tensor);
    for (const QuantizedCopy& copy : plan.copies) {
      OCTET_ASSIGN_OR_RETURN(const Constant* constant, ConstantFor(plan, tensor, copy.axis));
      OCTET_RETURN_IF_ERROR(Place(plan, copy, *constant));
      if (!row.quantized) {
        row.quantized = true;
        row.bytes_after = copy.in_place ? 0 : row.bytes_before;
        row.scales = static_cast<int32_t>(constant->weights.scales.size());
        row.quantized_dimension = std::max(copy.axis, 0);
        row.sqnr_db = constant->weights.sqnr_db;
      }
      constexpr int64_t kBytesPerScale = sizeof(float) + sizeof(int64_t);  // with its zero point
      row.bytes_after += row.elements + kBytesPerScale * constant->weights.scales.size();
    }
    return row;
  }

  void Finish() {
    InsertDequantize();
    if (!runtime_.empty()) RaiseMinRuntimeVersion(file_, runtime_);
    RemoveAbandonedBuffers(file_, uses_before_);
  }

 private:
  // Codes of a buffer in one layout, and the buffer that has them now.
  struct Constant {
    uint32_t buffer = 0;
    QuantizedWeights weights;
  };
  struct Dequantize {
    int32_t after = 0;  // operator
    int32_t input = 0;
    int32_t output = 0;
  };

  static TensorReport FloatRow(const ConstantPlan& plan, const TensorDef& tensor) {
    TensorReport row;
    row.tensor = tensor.name;
    row.op = std::string(BuiltinOpName(plan.first_op));
    row.reason = plan.reason;
    row.elements = tensor.shape.num_elements();
    row.bytes_before = static_cast<int64_t>(tensor.data.size());
    row.bytes_after = row.bytes_before;
    const absl::Span<const float> values = tensor.values<float>();
    if (!values.empty()) {
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      row.min = *low;
      row.max = *high;
    }
    return row;
  }

  // Tensors that share a buffer, of other subgraphs for one, share the codes.
  absl::StatusOr<const Constant*> ConstantFor(const ConstantPlan& plan, const TensorDef& tensor,
                                              int axis) {
    const absl::Span<const float> values = tensor.values<float>();
    const ChannelLayout layout = LayoutOf(tensor.shape, axis);
    const auto key = std::make_tuple(values.data(), layout.outer, layout.channels, layout.inner);
    const auto known = constants_.find(key);
    if (known != constants_.end()) return &known->second;
    if (const int64_t bad = FirstNonFinite(values); bad >= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(TensorLabel(plan.subgraph, plan.tensor, tensor.name), ": element ", bad,
                       " is ", values[bad], "; a weight that is not finite cannot be quantized"));
    }
    Constant constant{.weights = QuantizeWeights(values, layout)};
    constant.buffer = AddBuffer(file_, constant.weights.codes);
    return &constants_.emplace(key, std::move(constant)).first->second;
  }

  absl::Status Place(const ConstantPlan& plan, const QuantizedCopy& copy,
                     const Constant& constant) {
    tflite::SubGraphT& graph = *file_.subgraphs[plan.subgraph];
    const int32_t target = copy.in_place ? plan.tensor : AddTensorLike(graph, plan.tensor, kSuffix);
    SetInt8(*graph.tensors[target], constant.weights.scales, std::max(copy.axis, 0));
    graph.tensors[target]->buffer = constant.buffer;
    for (const Reader& reader : copy.readers) {
      tflite::OperatorT& op = *graph.operators[reader.op];
      op.inputs[reader.slot] = target;
      OCTET_RETURN_IF_ERROR(Tell(plan.subgraph, reader.op, constant.weights.scales, op));
    }
    return absl::OkStatus();
  }

  // What the operator's own entry must say once its weights are INT8.
  absl::Status Tell(int32_t subgraph, int32_t index, const std::vector<float>& scales,
                    tflite::OperatorT& op) {
    const BuiltinOp kind = model_.subgraphs()[subgraph].operators[index].op;
    const WeightRule& rule = *FindWeightRule(kind);
    const bool per_axis = scales.size() > 1;
    RaiseOperatorVersion(file_, op.opcode_index,
                         per_axis ? rule.per_axis_version : rule.per_tensor_version);
    NeedRuntime(per_axis ? rule.per_axis_runtime : rule.per_tensor_runtime);
    if (kind == BuiltinOp::kFullyConnected) {
      return SetAsymmetric<tflite::FullyConnectedOptionsT>(subgraph, index, op);
    }
    if (kind == BuiltinOp::kBatchMatmul) {
      return SetAsymmetric<tflite::BatchMatMulOptionsT>(subgraph, index, op);
    }
    if (kind == BuiltinOp::kGather) {
      // It copies codes: its output has the table's scale, and is made float again after it.
      tflite::SubGraphT& graph = *file_.subgraphs[subgraph];
      const int32_t output = op.outputs[0];
      const int32_t codes = AddTensorLike(graph, output, kSuffix);
      SetInt8(*graph.tensors[codes], scales, 0);
      op.outputs[0] = codes;
      dequantize_[subgraph].push_back({.after = index, .input = codes, .output = output});
    }
    return absl::OkStatus();
  }

  // In the operator's options, which are the defaults where the file has none.
  template <typename T>
  absl::Status SetAsymmetric(int32_t subgraph, int32_t index, tflite::OperatorT& op) const {
    if (op.builtin_options.type == tflite::BuiltinOptions::NONE) op.builtin_options.Set(T());
    if (op.builtin_options.type != tflite::BuiltinOptionsUnionTraits<T>::enum_value) {
      const BuiltinOp kind = model_.subgraphs()[subgraph].operators[index].op;
      return absl::InvalidArgumentError(
          absl::StrCat(OperatorLabel(subgraph, index, BuiltinOpName(kind)), ": has ",
                       tflite::EnumNameBuiltinOptions(op.builtin_options.type)));
    }
    static_cast<T*>(op.builtin_options.value)->asymmetric_quantize_inputs = true;
    return absl::OkStatus();
  }

  void NeedRuntime(absl::string_view version) {
    if (runtime_.empty() || CompareVersions(runtime_, version) < 0) runtime_ = version;
  }

  // Last, because operators are known by their index until then.
  void InsertDequantize() {
    for (auto& [subgraph, list] : dequantize_) {
      std::sort(list.begin(), list.end(),
                [](const Dequantize& a, const Dequantize& b) { return a.after > b.after; });
      auto& operators = file_.subgraphs[subgraph]->operators;
      const uint32_t code =
          OperatorCodeFor(file_, tflite::BuiltinOperator::DEQUANTIZE, kDequantizeVersion);
      for (const Dequantize& d : list) {
        auto op = std::make_unique<tflite::OperatorT>();
        op->opcode_index = code;
        op->inputs = {d.input};
        op->outputs = {d.output};
        operators.insert(operators.begin() + d.after + 1, std::move(op));
      }
    }
  }

  const Model& model_;
  tflite::ModelT& file_;
  const std::vector<int64_t> uses_before_;
  std::map<std::tuple<const float*, int64_t, int64_t, int64_t>, Constant> constants_;
  std::map<int32_t, std::vector<Dequantize>> dequantize_;  // by subgraph
  absl::string_view runtime_;
};

}  // namespace

absl::StatusOr<std::vector<TensorReport>> ApplyDynamicRange(const Model& model,
                                                            const std::vector<ConstantPlan>& plans,
                                                            TensorProgress progress,
                                                            tflite::ModelT& file) {
  Transform transform(model, file);
  std::vector<TensorReport> rows;
  rows.reserve(plans.size());
  const auto total = static_cast<int64_t>(plans.size());
  for (const ConstantPlan& plan : plans) {
    const TensorDef& tensor = model.subgraphs()[plan.subgraph].tensors[plan.tensor];
    if (!progress(static_cast<int64_t>(rows.size()), total, tensor.name)) {
      return absl::CancelledError(absl::StrCat("cancelled before ", QuoteName(tensor.name)));
    }
    OCTET_ASSIGN_OR_RETURN(TensorReport row, transform.Apply(plan));
    rows.push_back(std::move(row));
  }
  transform.Finish();
  return rows;
}

}  // namespace octet
