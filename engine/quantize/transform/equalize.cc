#include "engine/quantize/transform/equalize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/file_draft.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/selection.h"
#include "engine/quantize/transform/weight_quantizer.h"
#include "engine/quantize/transform/writer.h"

namespace octet {
namespace {

constexpr int kRounds = 10;
constexpr double kStill = 1e-3;  // a factor nearer to 1 than this moves nothing

bool IsProduct(BuiltinOp op) {
  return op == BuiltinOp::kConv2d || op == BuiltinOp::kDepthwiseConv2d ||
         op == BuiltinOp::kFullyConnected;
}

Activation FusedActivation(const OperatorDef& op) {
  if (const auto* conv = std::get_if<Conv2DOptions>(&op.options)) return conv->activation;
  if (const auto* depthwise = std::get_if<DepthwiseConv2DOptions>(&op.options)) {
    return depthwise->activation;
  }
  if (const auto* product = std::get_if<FullyConnectedOptions>(&op.options)) {
    return product->activation;
  }
  return Activation::kNone;
}

// Dimension of the weights that counts the output's channels, or the input's.
int OutputAxis(BuiltinOp op) { return op == BuiltinOp::kDepthwiseConv2d ? 3 : 0; }
int InputAxis(BuiltinOp op) { return op == BuiltinOp::kFullyConnected ? 1 : 3; }

struct Pair {
  int32_t first = 0;  // operators
  int32_t second = 0;
};

class Equalizer {
 public:
  explicit Equalizer(const SubgraphDef& graph) : graph_(graph), uses_(FindUses(graph)) {}

  std::vector<Pair> FindPairs() const {
    std::vector<Pair> pairs;
    for (size_t o = 0; o < graph_.operators.size(); ++o) {
      const auto first = static_cast<int32_t>(o);
      if (!IsPlain(first)) continue;
      const TensorUses& between = uses_[graph_.operators[o].outputs[0]];
      if (between.is_output || between.readers.size() != 1 || between.readers[0].slot != 0)
        continue;
      const int32_t second = between.readers[0].op;
      if (IsPlain(second, /*any_activation=*/true) && Fit(first, second)) {
        pairs.push_back({first, second});
      }
    }
    return pairs;
  }

  // True where something moved.
  bool Equalize(const Pair& pair) {
    std::vector<double> made = Ranges(pair.first, /*outputs=*/true);
    std::vector<double> read = Ranges(pair.second, /*outputs=*/false);
    bool moved = false;
    std::vector<double> factors(made.size(), 1.0);
    for (size_t c = 0; c < made.size(); ++c) {
      if (made[c] <= 0 || read[c] <= 0) continue;
      factors[c] = std::sqrt(made[c] / read[c]);
      moved = moved || std::abs(factors[c] - 1) > kStill;
    }
    if (!moved) return false;
    Multiply(pair.first, /*outputs=*/true, factors, /*divide=*/true);
    Multiply(pair.second, /*outputs=*/false, factors, /*divide=*/false);
    const int32_t bias = Input(pair.first, 2);
    if (bias != kAbsentTensor) {
      std::vector<float>& values = Values(bias);
      for (size_t c = 0; c < values.size(); ++c) {
        values[c] = static_cast<float>(values[c] / factors[c]);
      }
    }
    return true;
  }

  // Largest range of the channels that the operator makes over the smallest.
  double Spread(int32_t op) {
    double low = 0;
    double high = 0;
    for (const double range : Ranges(op, /*outputs=*/true)) {
      if (range <= 0) continue;
      low = low == 0 ? range : std::min(low, range);
      high = std::max(high, range);
    }
    return low == 0 ? 1 : high / low;
  }

  const std::map<int32_t, std::vector<float>>& changed() const { return values_; }

 private:
  int32_t Input(int32_t op, size_t slot) const {
    const std::vector<int32_t>& inputs = graph_.operators[op].inputs;
    return slot < inputs.size() ? inputs[slot] : kAbsentTensor;
  }

  bool IsOwnConstant(int32_t tensor) const {
    return IsFloatConstant(graph_, tensor) && uses_[tensor].readers.size() == 1 &&
           !uses_[tensor].is_output;
  }

  // Its weights and bias are its own, and what follows keeps a positive factor.
  bool IsPlain(int32_t op, bool any_activation = false) const {
    const OperatorDef& def = graph_.operators[op];
    if (!IsProduct(def.op) || def.outputs.size() != 1) return false;
    const Activation activation = FusedActivation(def);
    if (!any_activation && activation != Activation::kNone && activation != Activation::kRelu) {
      return false;
    }
    const int32_t bias = Input(op, 2);
    const int rank = def.op == BuiltinOp::kFullyConnected ? 2 : 4;
    return IsOwnConstant(Input(op, 1)) && graph_.tensors[Input(op, 1)].shape.rank() == rank &&
           (bias == kAbsentTensor || IsOwnConstant(bias));
  }

  // Both count the channels between them alike.
  bool Fit(int32_t first, int32_t second) const {
    const BuiltinOp a = graph_.operators[first].op;
    const BuiltinOp b = graph_.operators[second].op;
    if ((a == BuiltinOp::kFullyConnected) != (b == BuiltinOp::kFullyConnected)) return false;
    const int32_t channels = graph_.tensors[Input(first, 1)].shape.dim(OutputAxis(a));
    const int32_t bias = Input(first, 2);
    return graph_.tensors[Input(second, 1)].shape.dim(InputAxis(b)) == channels &&
           (bias == kAbsentTensor || graph_.tensors[bias].shape.num_elements() == channels);
  }

  std::vector<float>& Values(int32_t tensor) {
    const auto known = values_.find(tensor);
    if (known != values_.end()) return known->second;
    const absl::Span<const float> source = graph_.tensors[tensor].values<float>();
    return values_[tensor] = std::vector<float>(source.begin(), source.end());
  }

  ChannelLayout Layout(int32_t op, bool outputs) const {
    const BuiltinOp kind = graph_.operators[op].op;
    return LayoutOf(graph_.tensors[Input(op, 1)].shape,
                    outputs ? OutputAxis(kind) : InputAxis(kind));
  }

  std::vector<double> Ranges(int32_t op, bool outputs) {
    const WeightRange range = ScanWeights(Values(Input(op, 1)), Layout(op, outputs));
    return std::vector<double>(range.max_abs.begin(), range.max_abs.end());
  }

  void Multiply(int32_t op, bool outputs, const std::vector<double>& factors, bool divide) {
    const ChannelLayout layout = Layout(op, outputs);
    std::vector<float>& values = Values(Input(op, 1));
    for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i) {
      const double factor = factors[i / layout.inner % layout.channels];
      values[i] = static_cast<float>(divide ? values[i] / factor : values[i] * factor);
    }
  }

  const SubgraphDef& graph_;
  const std::vector<TensorUses> uses_;
  std::map<int32_t, std::vector<float>> values_;  // by tensor, where they changed
};

absl::Status CheckFinite(const SubgraphDef& graph, int32_t tensor) {
  const TensorDef& def = graph.tensors[tensor];
  const absl::Span<const float> values = def.values<float>();
  const int64_t bad = ScanWeights(values, LayoutOf(def.shape, kPerTensor)).first_non_finite;
  if (bad < 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(TensorLabel(0, tensor, def.name), ": element ", bad, " is ", values[bad],
                   "; a weight that is not finite cannot be quantized"));
}

}  // namespace

absl::StatusOr<std::string> EqualizeLayers(const Model& model, absl::string_view source,
                                           ThreadPool* pool,
                                           std::vector<ImprovementReport>& improvements) {
  const SubgraphDef& graph = model.main();
  Equalizer equalizer(graph);
  const std::vector<Pair> pairs = equalizer.FindPairs();
  std::vector<double> before;
  for (const Pair& pair : pairs) {
    for (const int32_t op : {pair.first, pair.second}) {
      OCTET_RETURN_IF_ERROR(CheckFinite(graph, graph.operators[op].inputs[1]));
    }
    before.push_back(equalizer.Spread(pair.first));
  }
  bool moved = true;
  for (int round = 0; round < kRounds && moved; ++round) {
    moved = false;
    for (const Pair& pair : pairs) moved = equalizer.Equalize(pair) || moved;
  }
  for (size_t i = 0; i < pairs.size(); ++i) {
    const OperatorDef& op = graph.operators[pairs[i].first];
    improvements.push_back(
        {"cross-layer-equalization", graph.tensors[op.inputs[1]].name,
         absl::StrCat(KindOf(op), " before ", KindOf(graph.operators[pairs[i].second])), before[i],
         equalizer.Spread(pairs[i].first)});
  }
  OCTET_ASSIGN_OR_RETURN(FileDraft draft, OpenDraft(source));
  const std::vector<int64_t> uses_before = CountBufferUses(draft);
  for (const auto& [tensor, values] : equalizer.changed()) {
    draft.model.subgraphs[0]->tensors[tensor]->buffer = AddBuffer(draft, BufferContent::Of(values));
  }
  RemoveAbandonedBuffers(draft, uses_before);
  return WriteFile(draft, pool, [](uint64_t, uint64_t) { return true; });
}

}  // namespace octet
