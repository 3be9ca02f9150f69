#include "engine/quantize/transform/integer_edit.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/quantize/transform/graph_insert.h"
#include "engine/quantize/transform/runtime_version.h"
#include "engine/quantize/transform/selection.h"

namespace octet {
namespace {

constexpr char kFloatSuffix[] = "/float32";
constexpr char kRequantizedSuffix[] = "/requantized";
constexpr int32_t kUint8Shift = 128;  // of a zero point, between the two kinds of 8-bit codes
constexpr int32_t kDequantizeInt8 = 2;
constexpr int32_t kDequantizeInt16 = 3;
constexpr int32_t kQuantize = 1;
constexpr int32_t kQuantizeInt16ToInt16 = 2;

class Rewrite {
 public:
  Rewrite(const Model& model, const IntegerPlan& plan, const QuantizeOptions& options,
          FileDraft& draft)
      : graph_(model.main()),
        plan_(plan),
        options_(options),
        wide_(options.mode == QuantizationMode::kInt16x8),
        draft_(draft),
        file_(*draft.model.subgraphs[0]) {
    edit_.codes.assign(graph_.tensors.size(), kNoTensor);
    edit_.reals.assign(graph_.tensors.size(), kNoTensor);
  }

  IntegerEdit Run() {
    for (size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (IsFloatValue(graph_, static_cast<int32_t>(t))) PlaceValue(static_cast<int32_t>(t));
    }
    for (size_t o = 0; o < graph_.operators.size(); ++o) {
      if (plan_.choices[o].has_reals) Rewire(static_cast<int32_t>(o));
      if (plan_.choices[o].integer) Tell(static_cast<int32_t>(o));
    }
    inserted_.Apply(file_);
    return std::move(edit_);
  }

  absl::string_view runtime() const { return runtime_; }

 private:
  bool IsInteger(int32_t op) const { return plan_.choices[op].integer; }

  EdgeType EdgeOf(const TensorUses& uses) const {
    if (uses.is_input) return options_.input_type;
    return uses.is_output ? options_.output_type : EdgeType::kFloat32;
  }

  int32_t FirstFloatReader(const TensorUses& uses) const {
    for (const Reader& reader : uses.readers) {
      if (!IsInteger(reader.op)) return reader.op;
    }
    return kNoOperator;
  }

  bool HasIntegerReader(const TensorUses& uses) const {
    return std::any_of(uses.readers.begin(), uses.readers.end(),
                       [this](const Reader& reader) { return IsInteger(reader.op); });
  }

  void SetCodes(int32_t tensor, const ScaleChoice& scale) {
    SetQuantized(*file_.tensors[tensor],
                 wide_ ? tflite::TensorType::INT16 : tflite::TensorType::INT8, {scale.scale},
                 {scale.zero_point}, 0);
  }

  int32_t NewCodes(int32_t like, const ScaleChoice& scale, const char* suffix) {
    const int32_t tensor = AddTensorLike(file_, like, suffix);
    SetCodes(tensor, scale);
    return tensor;
  }

  uint32_t QuantizeCode(int32_t version = kQuantize) {
    return OperatorCodeFor(draft_.model, tflite::BuiltinOperator::QUANTIZE, version);
  }
  uint32_t DequantizeCode() {
    return OperatorCodeFor(draft_.model, tflite::BuiltinOperator::DEQUANTIZE,
                           wide_ ? kDequantizeInt16 : kDequantizeInt8);
  }

  // Decides which forms the value has, and puts the operators between them.
  void PlaceValue(int32_t value) {
    const TensorUses& uses = plan_.uses[value];
    const bool fed = uses.writer == kNoOperator;
    const bool written_as_codes = !fed && IsInteger(uses.writer);
    const EdgeType edge = EdgeOf(uses);
    const bool at_edge = uses.is_input || uses.is_output;
    const bool coded = written_as_codes || HasIntegerReader(uses) || edge != EdgeType::kFloat32;
    const absl::optional<ScaleChoice>& scale = plan_.scales.scales[value];
    if (!coded || !scale.has_value()) {
      edit_.reals[value] = value;
      return;
    }
    const int32_t float_reader = FirstFloatReader(uses);
    const bool written_as_reals = !fed && !written_as_codes;
    const bool reals = written_as_reals || float_reader != kNoOperator;
    const char* codes_suffix = wide_ ? "/int16" : "/int8";
    int32_t uint8_edge = kNoTensor;
    // The tensor at the edge keeps the name; inside, the one that the writer writes.
    if (at_edge ? edge == EdgeType::kFloat32 : written_as_reals) {
      edit_.reals[value] = value;
      edit_.codes[value] = NewCodes(value, *scale, codes_suffix);
    } else if (edge == EdgeType::kUint8) {
      edit_.codes[value] = NewCodes(value, *scale, codes_suffix);
      if (reals) edit_.reals[value] = AddTensorLike(file_, value, kFloatSuffix);
      uint8_edge = value;
      SetQuantized(*file_.tensors[value], tflite::TensorType::UINT8, {scale->scale},
                   {scale->zero_point + kUint8Shift}, 0);
    } else {
      if (reals) edit_.reals[value] = AddTensorLike(file_, value, kFloatSuffix);
      edit_.codes[value] = value;
      SetCodes(value, *scale);
    }
    Convert(value, uint8_edge, float_reader);
  }

  // QUANTIZE and DEQUANTIZE between the forms of a value that has codes.
  void Convert(int32_t value, int32_t uint8_edge, int32_t float_reader) {
    const TensorUses& uses = plan_.uses[value];
    const int32_t codes = edit_.codes[value];
    const int32_t reals = edit_.reals[value];
    const auto end = static_cast<int32_t>(graph_.operators.size());
    if (uses.writer == kNoOperator) {
      if (uint8_edge != kNoTensor) {
        inserted_.Before(0, QuantizeCode(), uint8_edge, codes);
      } else if (reals == value) {
        inserted_.Before(0, QuantizeCode(), reals, codes);
        return;  // fed as reals
      }
      if (reals != kNoTensor) inserted_.Before(float_reader, DequantizeCode(), codes, reals);
      return;
    }
    if (!IsInteger(uses.writer)) {
      inserted_.After(uses.writer, QuantizeCode(), reals, codes);
    } else if (reals != kNoTensor) {
      inserted_.Before(float_reader == kNoOperator ? end : float_reader, DequantizeCode(), codes,
                       reals);
    }
    if (uint8_edge != kNoTensor) inserted_.Before(end, QuantizeCode(), codes, uint8_edge);
  }

  void Rewire(int32_t op) {
    const OperatorDef& def = graph_.operators[op];
    tflite::OperatorT& file = *file_.operators[op];
    const std::vector<int32_t>& forms = IsInteger(op) ? edit_.codes : edit_.reals;
    for (size_t slot = 0; slot < def.inputs.size(); ++slot) {
      const int32_t input = def.inputs[slot];
      if (!IsFloatValue(graph_, input)) continue;
      const auto other = plan_.scales.inputs.find({op, static_cast<int32_t>(slot)});
      file.inputs[slot] = IsInteger(op) && other != plan_.scales.inputs.end()
                              ? Requantized(input, op, other->second)
                              : forms[input];
    }
    for (size_t slot = 0; slot < def.outputs.size(); ++slot) {
      if (IsFloatValue(graph_, def.outputs[slot])) file.outputs[slot] = forms[def.outputs[slot]];
    }
  }

  // The value's codes at another scale: made before the first operator that wants them so.
  int32_t Requantized(int32_t value, int32_t op, const ScaleChoice& scale) {
    const auto key = std::make_tuple(value, scale.scale, scale.zero_point);
    const auto known = requantized_.find(key);
    if (known != requantized_.end()) return known->second;
    const int32_t made = NewCodes(value, scale, kRequantizedSuffix);
    inserted_.Before(op, QuantizeCode(wide_ ? kQuantizeInt16ToInt16 : kQuantize),
                     edit_.codes[value], made);
    requantized_[key] = made;
    return made;
  }

  // What the operator's own entry must say.
  void Tell(int32_t op) {
    tflite::OperatorT& file = *file_.operators[op];
    const ActivationRule& rule = *plan_.choices[op].rule;
    RaiseOperatorVersion(draft_.model, file.opcode_index, VersionOf(rule, options_.mode));
    if (!wide_ && (runtime_.empty() || CompareVersions(runtime_, rule.int8_runtime) < 0)) {
      runtime_ = rule.int8_runtime;
    }
    if (!wide_) return;
    if (auto* conv = file.builtin_options.AsConv2DOptions()) {
      conv->quantized_bias_type = tflite::TensorType::INT64;
    } else if (auto* product = file.builtin_options.AsFullyConnectedOptions()) {
      product->quantized_bias_type = tflite::TensorType::INT64;
    } else if (auto* transposed = file.builtin_options.AsTransposeConvOptions()) {
      transposed->quantized_bias_type = tflite::TensorType::INT64;
    } else if (auto* add = file.builtin_options.AsAddOptions()) {
      add->pot_scale_int16 = false;
    } else if (auto* sub = file.builtin_options.AsSubOptions()) {
      sub->pot_scale_int16 = false;
    }
  }

  const SubgraphDef& graph_;
  const IntegerPlan& plan_;
  const QuantizeOptions& options_;
  const bool wide_;  // int16 activations
  FileDraft& draft_;
  tflite::SubGraphT& file_;
  InsertedOperators inserted_;
  std::map<std::tuple<int32_t, float, int32_t>, int32_t> requantized_;
  IntegerEdit edit_;
  absl::string_view runtime_;
};

}  // namespace

absl::StatusOr<IntegerEdit> ApplyInteger(const Model& model, const IntegerPlan& plan,
                                         const QuantizeOptions& options,
                                         const CorrectedBiases& corrected, ThreadPool* pool,
                                         TensorProgress progress, FileDraft& draft) {
  const std::vector<int64_t> uses_before = CountBufferUses(draft);
  OCTET_ASSIGN_OR_RETURN(
      std::vector<EditedTensor> constants,
      ApplyIntegerConstants(model, plan, options, corrected, pool, progress, draft));
  Rewrite rewrite(model, plan, options, draft);
  IntegerEdit edit = rewrite.Run();
  edit.constants = std::move(constants);
  if (!rewrite.runtime().empty()) RaiseMinRuntimeVersion(draft, rewrite.runtime());
  RemoveAbandonedBuffers(draft, uses_before);
  return edit;
}

}  // namespace octet
