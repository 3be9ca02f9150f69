#include "engine/quantize/transform/integer_constants.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/activation_scale.h"
#include "engine/quantize/transform/weight_quantizer.h"
#include "engine/quantize/transform/weight_rules.h"

namespace octet {
namespace {

// Codes of a constant as some operator wants them.
struct Encoding {
  TensorRole role = TensorRole::kConstant;
  DataType type = DataType::kInt8;
  std::vector<float> scales;
  int32_t zero_point = 0;
  int quantized_dimension = 0;
  ChannelLayout layout;        // of weights
  WeightScales weight_scales;  // of weights
  std::vector<float> bias;     // values of a bias

  bool SameAs(const Encoding& other) const {
    return role == other.role && type == other.type && scales == other.scales &&
           zero_point == other.zero_point && quantized_dimension == other.quantized_dimension &&
           bias == other.bias;
  }
};

struct Wish {
  Reader reader;
  Encoding encoding;
};

tflite::TensorType FileType(DataType type) {
  switch (type) {
    case DataType::kInt16:
      return tflite::TensorType::INT16;
    case DataType::kInt32:
      return tflite::TensorType::INT32;
    case DataType::kInt64:
      return tflite::TensorType::INT64;
    default:
      return tflite::TensorType::INT8;
  }
}

class ConstantEdit {
 public:
  ConstantEdit(const Model& model, const IntegerPlan& plan, const QuantizeOptions& options,
               const CorrectedBiases& corrected, ThreadPool* pool, FileDraft& draft)
      : graph_(model.main()),
        plan_(plan),
        options_(options),
        corrected_(corrected),
        pool_(pool),
        draft_(draft),
        wide_(options.mode == QuantizationMode::kInt16x8),
        wishes_(graph_.tensors.size()) {}

  absl::Status Collect() {
    for (size_t o = 0; o < graph_.operators.size(); ++o) {
      if (!plan_.choices[o].integer) continue;
      OCTET_RETURN_IF_ERROR(CollectFrom(static_cast<int32_t>(o)));
    }
    return absl::OkStatus();
  }

  EditedTensor Apply(int32_t tensor) {
    const TensorDef& def = graph_.tensors[tensor];
    EditedTensor edited{.row = FloatConstantRow(def)};
    TensorReport& row = edited.row;
    const auto& readers = plan_.uses[tensor].readers;
    row.op = std::string(BuiltinOpName(graph_.operators[readers[0].op].op));
    FillRange(def, row);
    bool stays_float = plan_.uses[tensor].is_output;
    for (const Reader& reader : readers) {
      if (plan_.choices[reader.op].integer) continue;
      stays_float = true;
      if (row.reason.empty()) {
        row.reason = absl::StrCat(row.op, " stays float: ", plan_.choices[reader.op].reason);
      }
    }
    if (!wishes_[tensor].empty()) {
      row.bytes_after = stays_float ? row.bytes_before : 0;
      row.reason.clear();
    }
    std::vector<std::pair<const Encoding*, int32_t>> made;
    for (const Wish& wish : wishes_[tensor]) {
      int32_t target = -1;
      for (const auto& [encoding, index] : made) {
        if (encoding->SameAs(wish.encoding)) target = index;
      }
      if (target < 0) {
        tflite::SubGraphT& file = *draft_.model.subgraphs[0];
        const bool in_place = made.empty() && !stays_float;
        target = in_place ? tensor
                          : AddTensorLike(file, tensor,
                                          absl::StrCat("/", DataTypeText(wish), "_", made.size()));
        Write(tensor, wish.encoding, *file.tensors[target], edited, made.empty());
        made.emplace_back(&wish.encoding, target);
      }
      draft_.model.subgraphs[0]->operators[wish.reader.op]->inputs[wish.reader.slot] = target;
    }
    return edited;
  }

 private:
  static std::string DataTypeText(const Wish& wish) {
    switch (wish.encoding.type) {
      case DataType::kInt16:
        return "int16";
      case DataType::kInt32:
        return "int32";
      case DataType::kInt64:
        return "int64";
      default:
        return "int8";
    }
  }

  void FillRange(const TensorDef& def, TensorReport& row) const {
    const WeightRange range =
        ScanWeights(def.values<float>(), LayoutOf(def.shape, kPerTensor), pool_);
    row.min = range.min;
    row.max = range.max;
  }

  absl::Status CollectFrom(int32_t op) {
    const OperatorDef& def = graph_.operators[op];
    const WeightRule* rule = FindWeightRule(def.op);
    const bool has_weights = rule != nullptr && rule->bias_input != kNoInput;
    if (has_weights) OCTET_RETURN_IF_ERROR(CollectWeights(op, *rule));
    for (size_t s = 0; s < def.inputs.size(); ++s) {
      const auto slot = static_cast<int32_t>(s);
      if (!IsFloatConstant(graph_, def.inputs[s])) continue;
      if (has_weights && (slot == rule->weight_input || slot == rule->bias_input)) continue;
      const ScaleChoice& scale = plan_.scales.inputs.at({op, slot});
      Encoding encoding;
      encoding.type = wide_ ? DataType::kInt16 : DataType::kInt8;
      encoding.scales = {scale.scale};
      encoding.zero_point = scale.zero_point;
      wishes_[def.inputs[s]].push_back({{op, slot}, std::move(encoding)});
    }
    return absl::OkStatus();
  }

  ScaleChoice ScaleOfInput(int32_t op, int32_t slot) const {
    const auto own = plan_.scales.inputs.find({op, slot});
    if (own != plan_.scales.inputs.end()) return own->second;
    return *plan_.scales.scales[graph_.operators[op].inputs[slot]];
  }

  absl::Status CollectWeights(int32_t op, const WeightRule& rule) {
    const OperatorDef& def = graph_.operators[op];
    const TensorDef& weights = graph_.tensors[def.inputs[rule.weight_input]];
    Encoding encoding{.role = TensorRole::kWeight};
    const int axis = options_.per_channel ? rule.axis : kPerTensor;
    encoding.quantized_dimension = std::max(axis, 0);
    encoding.layout = LayoutOf(weights.shape, axis);
    const WeightRange range = ScanWeights(weights.values<float>(), encoding.layout, pool_);
    if (range.first_non_finite >= 0) return absl::InternalError("a weight was not checked");
    WeightScales scales = ComputeScales(
        range.max_abs, wide_ ? WeightArithmetic::kFloatByHalf : WeightArithmetic::kFloat);

    const float input = ScaleOfInput(op, rule.activation_input).scale;
    const int32_t bias = static_cast<int>(def.inputs.size()) > rule.bias_input
                             ? def.inputs[rule.bias_input]
                             : kAbsentTensor;
    if (bias != kAbsentTensor) {
      const absl::Span<const float> source = graph_.tensors[bias].values<float>();
      std::vector<float> values(source.begin(), source.end());
      if (op < static_cast<int32_t>(corrected_.size()) && !corrected_[op].empty()) {
        values = corrected_[op];
      }
      if (scales.scales.size() != 1 && values.size() != scales.scales.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat(TensorLabel(0, bias, graph_.tensors[bias].name), ": ", values.size(),
                         " biases for ", scales.scales.size(), " channels"));
      }
      if (!wide_) KeepInHalfOfInt32(input, values, scales);
      Encoding bias_encoding = BiasEncoding(input, std::move(values), scales);
      for (const float scale : bias_encoding.scales) {
        if (std::isfinite(scale)) continue;
        return absl::InvalidArgumentError(absl::StrCat(
            TensorLabel(0, bias, graph_.tensors[bias].name), ": the scale of its input, ", input,
            ", times that of the weights is ", scale, ": the weights are too large"));
      }
      wishes_[bias].push_back({{op, rule.bias_input}, std::move(bias_encoding)});
    }
    encoding.scales = scales.scales;
    encoding.weight_scales = std::move(scales);
    wishes_[def.inputs[rule.weight_input]].push_back(
        {{op, rule.weight_input}, std::move(encoding)});
    return absl::OkStatus();
  }

  // Coarser weights where a channel's bias would not fit.
  static void KeepInHalfOfInt32(float input, const std::vector<float>& bias, WeightScales& scales) {
    for (size_t c = 0; c < scales.scales.size(); ++c) {
      float largest = 0;
      if (scales.scales.size() == 1) {
        for (const float b : bias) largest = std::max(largest, std::abs(b));
      } else {
        largest = std::abs(bias[c]);
      }
      const float scale = WeightScaleForBias(input, scales.scales[c], largest);
      if (scale == scales.scales[c]) continue;
      scales.scales[c] = scale;
      scales.multipliers[c] = 1 / scale;
    }
  }

  Encoding BiasEncoding(float input, std::vector<float> values, const WeightScales& weights) const {
    Encoding encoding{.role = TensorRole::kBias};
    encoding.type = wide_ ? DataType::kInt64 : DataType::kInt32;
    encoding.scales =
        wide_ ? Int64BiasScales(input, weights.scales) : Int32BiasScales(input, weights.scales);
    encoding.bias = std::move(values);
    return encoding;
  }

  // Gives `target` the codes of the constant, and the row what it wants to know.
  void Write(int32_t tensor, const Encoding& encoding, tflite::TensorT& target,
             EditedTensor& edited, bool first) {
    const TensorDef& def = graph_.tensors[tensor];
    const absl::Span<const float> values = def.values<float>();
    BufferContent content;
    std::shared_ptr<const Encoder> encoder;
    if (encoding.role == TensorRole::kWeight) {
      auto weights =
          std::make_shared<WeightEncoder>(values, encoding.layout, encoding.weight_scales);
      encoder = weights;
      content = BufferContent(std::move(weights));
    } else if (encoding.role == TensorRole::kBias) {
      content = wide_ ? BufferContent::Of(Int64BiasCodes(encoding.bias, encoding.scales))
                      : BufferContent::Of(Int32BiasCodes(encoding.bias, encoding.scales));
    } else {
      const ScaleChoice scale{encoding.scales[0], encoding.zero_point};
      content = wide_ ? BufferContent::Of(Int16Codes(values, scale))
                      : BufferContent::Of(Int8Codes(values, scale));
    }
    constexpr int64_t kBytesPerScale = sizeof(float) + sizeof(int64_t);  // with its zero point
    TensorReport& row = edited.row;
    row.bytes_after += content.bytes() + kBytesPerScale * encoding.scales.size();
    SetQuantized(target, FileType(encoding.type), encoding.scales,
                 std::vector<int64_t>(encoding.scales.size(), encoding.zero_point),
                 encoding.quantized_dimension);
    target.buffer = AddBuffer(draft_, std::move(content));
    if (!first) return;
    row.quantized = true;
    row.role = encoding.role;
    row.type = encoding.type;
    row.scales = static_cast<int32_t>(encoding.scales.size());
    row.quantized_dimension = encoding.quantized_dimension;
    row.scale = encoding.scales[0];
    row.zero_point = encoding.zero_point;
    edited.encoder = std::move(encoder);
    if (edited.encoder == nullptr)
      row.sqnr_db = SmallSqnr(draft_.contents[target.buffer], encoding, values);
  }

  // Of codes that are computed already.
  static double SmallSqnr(const BufferContent& content, const Encoding& encoding,
                          absl::Span<const float> values) {
    EncodingNoise noise;
    const auto* bytes = content.data().data();
    for (size_t i = 0; i < values.size(); ++i) {
      double code = 0;
      if (encoding.type == DataType::kInt8) code = reinterpret_cast<const int8_t*>(bytes)[i];
      if (encoding.type == DataType::kInt16) code = reinterpret_cast<const int16_t*>(bytes)[i];
      if (encoding.type == DataType::kInt32) code = reinterpret_cast<const int32_t*>(bytes)[i];
      if (encoding.type == DataType::kInt64) {
        code = static_cast<double>(reinterpret_cast<const int64_t*>(bytes)[i]);
      }
      const double value = values[i];
      const double scale = encoding.scales[encoding.scales.size() == 1 ? 0 : i];
      const double error = value - scale * (code - encoding.zero_point);
      noise.signal += value * value;
      noise.noise += error * error;
    }
    return noise.sqnr_db();
  }

  const SubgraphDef& graph_;
  const IntegerPlan& plan_;
  const QuantizeOptions& options_;
  const CorrectedBiases& corrected_;
  ThreadPool* const pool_;
  FileDraft& draft_;
  const bool wide_;                        // int16 activations
  std::vector<std::vector<Wish>> wishes_;  // by tensor
};

}  // namespace

absl::StatusOr<std::vector<EditedTensor>> ApplyIntegerConstants(
    const Model& model, const IntegerPlan& plan, const QuantizeOptions& options,
    const CorrectedBiases& corrected, ThreadPool* pool, TensorProgress progress, FileDraft& draft) {
  ConstantEdit edit(model, plan, options, corrected, pool, draft);
  OCTET_RETURN_IF_ERROR(edit.Collect());
  const SubgraphDef& graph = model.main();
  std::vector<EditedTensor> rows;
  const auto total = static_cast<int64_t>(graph.tensors.size());
  for (int32_t t = 0; t < total; ++t) {
    if (!IsFloatConstant(graph, t) || plan.uses[t].readers.empty()) continue;
    if (!progress(t, total, graph.tensors[t].name)) {
      return absl::CancelledError(
          absl::StrCat("cancelled before ", QuoteName(graph.tensors[t].name)));
    }
    rows.push_back(edit.Apply(t));
  }
  return rows;
}

}  // namespace octet
