#include "engine/quantize/transform/constant_edit.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/graph_insert.h"
#include "engine/quantize/transform/half.h"
#include "engine/quantize/transform/runtime_version.h"
#include "engine/quantize/transform/weight_quantizer.h"
#include "engine/quantize/transform/weight_rules.h"

namespace octet {
namespace {

// The first versions of DEQUANTIZE that read the type.
constexpr int32_t kDequantizeInt8 = 2;
constexpr int32_t kDequantizeHalf = 3;
constexpr int32_t kDequantizePerAxis = 5;
constexpr char kCodesSuffix[] = "/int8";
constexpr char kHalfSuffix[] = "/float16";
constexpr char kFloatSuffix[] = "/float32";

class Edit {
 public:
  Edit(const Model& model, QuantizationMode mode, ThreadPool* pool, FileDraft& draft)
      : model_(model),
        mode_(mode),
        pool_(pool),
        draft_(draft),
        inserted_(draft.model.subgraphs.size()),
        uses_before_(CountBufferUses(draft)) {}

  absl::StatusOr<EditedTensor> Apply(const ConstantPlan& plan) {
    const TensorDef& tensor = model_.subgraphs()[plan.subgraph].tensors[plan.tensor];
    EditedTensor edited{.row = FloatConstantRow(tensor)};
    TensorReport& row = edited.row;
    row.op = std::string(BuiltinOpName(plan.first_op));
    row.role = plan.role;
    row.reason = plan.reason;
    for (const QuantizedCopy& copy : plan.copies) {
      OCTET_ASSIGN_OR_RETURN(const Constant* constant, ConstantFor(plan, tensor, copy.axis));
      OCTET_RETURN_IF_ERROR(Place(plan, copy, *constant));
      if (!row.quantized) {
        row.quantized = true;
        row.type = mode_ == QuantizationMode::kFloat16 ? DataType::kFloat16 : DataType::kInt8;
        row.bytes_after = copy.in_place ? 0 : row.bytes_before;
        row.scales = static_cast<int32_t>(constant->scales.size());
        row.quantized_dimension = std::max(copy.axis, 0);
        row.scale = constant->scales.empty() ? 0 : constant->scales[0];
        row.min = constant->min;
        row.max = constant->max;
        edited.encoder = constant->encoder;
      }
      constexpr int64_t kBytesPerScale = sizeof(float) + sizeof(int64_t);  // with its zero point
      row.bytes_after += constant->encoder->bytes() + kBytesPerScale * constant->scales.size();
    }
    return edited;
  }

  void Finish() {
    for (size_t s = 0; s < inserted_.size(); ++s) {
      inserted_[s].Apply(*draft_.model.subgraphs[s]);
    }
    if (!runtime_.empty()) RaiseMinRuntimeVersion(draft_, runtime_);
    RemoveAbandonedBuffers(draft_, uses_before_);
  }

 private:
  // Codes of a buffer in one layout, and the buffer that has them now.
  struct Constant {
    uint32_t buffer = 0;
    std::vector<float> scales;
    float min = 0;
    float max = 0;
    std::shared_ptr<Encoder> encoder;
  };

  // Tensors that share a buffer, of other subgraphs for one, share the codes.
  absl::StatusOr<const Constant*> ConstantFor(const ConstantPlan& plan, const TensorDef& tensor,
                                              int axis) {
    const absl::Span<const float> values = tensor.values<float>();
    const ChannelLayout layout = LayoutOf(tensor.shape, axis);
    const auto key = std::make_tuple(values.data(), layout.outer, layout.channels, layout.inner);
    const auto known = constants_.find(key);
    if (known != constants_.end()) return &known->second;
    const WeightRange range = ScanWeights(values, layout, pool_);
    if (const int64_t bad = range.first_non_finite; bad >= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(TensorLabel(plan.subgraph, plan.tensor, tensor.name), ": element ", bad,
                       " is ", values[bad], "; a weight that is not finite cannot be quantized"));
    }
    Constant constant{.min = range.min, .max = range.max};
    if (mode_ == QuantizationMode::kFloat16) {
      constant.encoder = std::make_shared<HalfEncoder>(values);
    } else {
      WeightScales scales = ComputeScales(range.max_abs, WeightArithmetic::kDouble);
      constant.scales = scales.scales;
      constant.encoder = std::make_shared<WeightEncoder>(values, layout, std::move(scales));
    }
    constant.buffer = AddBuffer(draft_, BufferContent(constant.encoder));
    return &constants_.emplace(key, std::move(constant)).first->second;
  }

  absl::Status Place(const ConstantPlan& plan, const QuantizedCopy& copy,
                     const Constant& constant) {
    if (mode_ != QuantizationMode::kDynamicRange) {
      PlaceStored(plan, copy, constant);
      return absl::OkStatus();
    }
    tflite::SubGraphT& graph = *draft_.model.subgraphs[plan.subgraph];
    const int32_t target =
        copy.in_place ? plan.tensor : AddTensorLike(graph, plan.tensor, kCodesSuffix);
    SetCodes(*graph.tensors[target], copy, constant);
    for (const Reader& reader : copy.readers) {
      tflite::OperatorT& op = *graph.operators[reader.op];
      op.inputs[reader.slot] = target;
      OCTET_RETURN_IF_ERROR(Tell(plan.subgraph, reader.op, constant.scales, op));
    }
    return absl::OkStatus();
  }

  static void SetCodes(tflite::TensorT& tensor, const QuantizedCopy& copy,
                       const Constant& constant) {
    SetQuantized(tensor, tflite::TensorType::INT8, constant.scales,
                 std::vector<int64_t>(constant.scales.size()), std::max(copy.axis, 0));
    tensor.buffer = constant.buffer;
  }

  // Weights that a DEQUANTIZE makes float again: the readers stay as they are.
  void PlaceStored(const ConstantPlan& plan, const QuantizedCopy& copy, const Constant& constant) {
    const bool half = mode_ == QuantizationMode::kFloat16;
    tflite::SubGraphT& graph = *draft_.model.subgraphs[plan.subgraph];
    const int32_t codes = AddTensorLike(graph, plan.tensor, half ? kHalfSuffix : kCodesSuffix);
    if (half) {
      graph.tensors[codes]->type = tflite::TensorType::FLOAT16;
      graph.tensors[codes]->buffer = constant.buffer;
    } else {
      SetCodes(*graph.tensors[codes], copy, constant);
    }
    const int32_t reals =
        copy.in_place ? plan.tensor : AddTensorLike(graph, plan.tensor, kFloatSuffix);
    graph.tensors[reals]->buffer = 0;
    int32_t first = copy.readers[0].op;
    for (const Reader& reader : copy.readers) {
      graph.operators[reader.op]->inputs[reader.slot] = reals;
      first = std::min(first, reader.op);
    }
    const int32_t version = half                         ? kDequantizeHalf
                            : constant.scales.size() > 1 ? kDequantizePerAxis
                                                         : kDequantizeInt8;
    const uint32_t code =
        OperatorCodeFor(draft_.model, tflite::BuiltinOperator::DEQUANTIZE, version);
    // Halves first of all, as TensorFlow's converter has them.
    inserted_[plan.subgraph].Before(half ? 0 : first, code, codes, reals);
  }

  // What the operator's own entry must say once its weights are INT8.
  absl::Status Tell(int32_t subgraph, int32_t index, const std::vector<float>& scales,
                    tflite::OperatorT& op) {
    const BuiltinOp kind = model_.subgraphs()[subgraph].operators[index].op;
    if (const RecurrentRule* recurrent = FindRecurrentRule(kind)) {
      RaiseOperatorVersion(draft_.model, op.opcode_index, recurrent->version);
      NeedRuntime(recurrent->runtime);
      return kind == BuiltinOp::kSvdf
                 ? SetAsymmetric<tflite::SVDFOptionsT>(subgraph, index, op)
                 : SetAsymmetric<tflite::UnidirectionalSequenceLSTMOptionsT>(subgraph, index, op);
    }
    const WeightRule& rule = *FindWeightRule(kind);
    const bool per_axis = scales.size() > 1;
    RaiseOperatorVersion(draft_.model, op.opcode_index,
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
      tflite::SubGraphT& graph = *draft_.model.subgraphs[subgraph];
      const int32_t output = op.outputs[0];
      const int32_t codes = AddTensorLike(graph, output, kCodesSuffix);
      SetQuantized(*graph.tensors[codes], tflite::TensorType::INT8, scales,
                   std::vector<int64_t>(scales.size()), 0);
      op.outputs[0] = codes;
      const uint32_t code =
          OperatorCodeFor(draft_.model, tflite::BuiltinOperator::DEQUANTIZE, kDequantizeInt8);
      inserted_[subgraph].After(index, code, codes, output);
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

  const Model& model_;
  const QuantizationMode mode_;
  ThreadPool* const pool_;
  FileDraft& draft_;
  std::vector<InsertedOperators> inserted_;  // by subgraph
  const std::vector<int64_t> uses_before_;
  std::map<std::tuple<const float*, int64_t, int64_t, int64_t>, Constant> constants_;
  absl::string_view runtime_;
};

}  // namespace

TensorReport FloatConstantRow(const TensorDef& tensor) {
  TensorReport row;
  row.tensor = tensor.name;
  row.elements = tensor.shape.num_elements();
  row.bytes_before = static_cast<int64_t>(tensor.data.size());
  row.bytes_after = row.bytes_before;
  return row;
}

absl::StatusOr<std::vector<EditedTensor>> ApplyConstants(const Model& model,
                                                         const std::vector<ConstantPlan>& plans,
                                                         QuantizationMode mode, ThreadPool* pool,
                                                         TensorProgress progress,
                                                         FileDraft& draft) {
  Edit edit(model, mode, pool, draft);
  const int64_t total = static_cast<int64_t>(plans.size());
  std::vector<EditedTensor> rows;
  for (const ConstantPlan& plan : plans) {
    const TensorDef& tensor = model.subgraphs()[plan.subgraph].tensors[plan.tensor];
    if (!progress(static_cast<int64_t>(rows.size()), total, tensor.name)) {
      return absl::CancelledError(absl::StrCat("cancelled before ", QuoteName(tensor.name)));
    }
    OCTET_ASSIGN_OR_RETURN(EditedTensor row, edit.Apply(plan));
    if (!row.row.quantized && !tensor.data.empty()) {
      const WeightRange range =
          ScanWeights(tensor.values<float>(), LayoutOf(tensor.shape, kPerTensor), pool);
      row.row.min = range.min;
      row.row.max = range.max;
    }
    rows.push_back(std::move(row));
  }
  edit.Finish();
  if (mode == QuantizationMode::kFloat16) {
    SetMetadata(draft, "reduced_precision_support", "fp16accfp32");
  }
  return rows;
}

}  // namespace octet
