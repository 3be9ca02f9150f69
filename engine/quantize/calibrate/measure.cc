#include "engine/quantize/calibrate/measure.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/quantize/calibrate/tensor_watch.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/runtime/edge.h"
#include "engine/runtime/io_names.h"

namespace octet {
namespace {

class ErrorSums {
 public:
  void Add(absl::Span<const float> reference, absl::Span<const float> got) {
    for (size_t i = 0; i < reference.size(); ++i) {
      const double r = reference[i];
      const double g = got[i];
      const double error = r - g;
      reference_ += r * r;
      got_ += g * g;
      product_ += r * g;
      error_ += error * error;
      max_abs_ = std::max(max_abs_, std::abs(error));
    }
  }

  ErrorMeasure measure() const {
    ErrorMeasure measure;
    measure.sqnr_db = error_ == 0 ? std::numeric_limits<double>::infinity()
                                  : 10 * std::log10(reference_ / error_);
    const double sizes = std::sqrt(reference_) * std::sqrt(got_);
    measure.cosine = sizes > 0 ? product_ / sizes : (error_ == 0 ? 1 : 0);
    measure.max_abs = max_abs_;
    return measure;
  }

 private:
  double reference_ = 0;
  double got_ = 0;
  double product_ = 0;
  double error_ = 0;
  double max_abs_ = 0;
};

// A tensor's values as floats.
absl::Status ToReals(const TensorDef& tensor, absl::Span<const std::byte> data,
                     std::vector<float>& reals) {
  if (tensor.type == DataType::kFloat32) {
    reals.resize(data.size() / sizeof(float));
    if (!data.empty()) std::memcpy(reals.data(), data.data(), data.size());
    return absl::OkStatus();
  }
  reals.resize(data.size() / DataTypeSize(tensor.type));
  const absl::Span<std::byte> bytes(reinterpret_cast<std::byte*>(reals.data()),
                                    reals.size() * sizeof(float));
  return EdgeDequantize(data, tensor.type, tensor.quantization, bytes);
}

bool IsComparable(const TensorDef& tensor) {
  return tensor.type == DataType::kFloat32 ||
         (tensor.quantization.scale.size() == 1 &&
          (tensor.type == DataType::kInt8 || tensor.type == DataType::kUint8 ||
           tensor.type == DataType::kInt16));
}

// Tensors to compare: of the float model, and what stands for each.
struct Pairs {
  std::vector<int32_t> reals;
  std::vector<int32_t> quantized;
};

Pairs FindPairs(const SubgraphDef& reals, const SubgraphDef& quantized,
                const std::vector<int32_t>& counterpart) {
  const std::vector<TensorUses> real_uses = FindUses(reals);
  const std::vector<TensorUses> quantized_uses = FindUses(quantized);
  Pairs pairs;
  const auto add = [&pairs](int32_t a, int32_t b) {
    pairs.reals.push_back(a);
    pairs.quantized.push_back(b);
  };
  for (size_t t = 0; t < reals.tensors.size(); ++t) {
    const auto tensor = static_cast<int32_t>(t);
    const int32_t other = counterpart[t];
    if (other < 0 || !IsFloatValue(reals, tensor) || real_uses[t].writer == kNoOperator) continue;
    if (quantized_uses[other].writer == kNoOperator || !IsComparable(quantized.tensors[other])) {
      continue;
    }
    add(tensor, other);
  }
  return pairs;
}

class Comparison {
 public:
  Comparison(const Model& reals, const Model& quantized, Pairs pairs, std::vector<size_t> outputs,
             const std::vector<TensorStatistics>& statistics)
      : reals_(reals),
        quantized_(quantized),
        pairs_(std::move(pairs)),
        output_pairs_(std::move(outputs)),
        sums_(pairs_.reals.size()),
        agreed_(output_pairs_.size()) {
    const auto histogram_of = [&statistics](int32_t tensor) {
      const bool seen = tensor < static_cast<int32_t>(statistics.size()) && statistics[tensor].seen;
      return seen ? ValueHistogram(statistics[tensor].range, kReportBins) : ValueHistogram();
    };
    for (const int32_t tensor : pairs_.reals) histograms_.push_back(histogram_of(tensor));
    for (const int32_t tensor : reals.main().inputs) {
      input_histograms_.push_back(histogram_of(tensor));
    }
  }

  absl::Status LookAtInputs(const SampleInputs& sample) {
    for (size_t i = 0; i < sample.size(); ++i) {
      if (input_histograms_[i].counts().empty()) continue;
      const TensorDef& input = reals_.main().tensors[reals_.main().inputs[i]];
      OCTET_RETURN_IF_ERROR(ToReals(input, sample[i], expected_));
      input_histograms_[i].Add(expected_);
    }
    return absl::OkStatus();
  }

  // After both have run; they watch the pairs from `first` on.
  absl::Status Look(const TensorWatch& reals, const TensorWatch& quantized, size_t first) {
    std::vector<bool> agree(pairs_.reals.size());
    for (size_t i = first; i < first + reals.tensors().size(); ++i) {
      OCTET_RETURN_IF_ERROR(
          ToReals(reals_.main().tensors[pairs_.reals[i]], reals.data(i - first), expected_));
      OCTET_RETURN_IF_ERROR(
          ToReals(quantized_.main().tensors[pairs_.quantized[i]], quantized.data(i - first), got_));
      if (expected_.size() != got_.size()) continue;  // of a shape that depends on data
      sums_[i].Add(expected_, got_);
      if (!histograms_[i].counts().empty()) histograms_[i].Add(expected_);
      const auto top = [](const std::vector<float>& v) {
        return std::max_element(v.begin(), v.end()) - v.begin();
      };
      agree[i] = top(expected_) == top(got_);
    }
    for (size_t o = 0; o < output_pairs_.size(); ++o) {
      if (output_pairs_[o] < agree.size() && agree[output_pairs_[o]]) ++agreed_[o];
    }
    return absl::OkStatus();
  }

  Measurement Result(int64_t samples) const {
    Measurement result;
    const size_t tensors = reals_.main().tensors.size();
    result.tensors.resize(tensors);
    result.histograms.resize(tensors);
    for (size_t i = 0; i < pairs_.reals.size(); ++i) {
      result.tensors[pairs_.reals[i]] = sums_[i].measure();
      result.histograms[pairs_.reals[i]] = histograms_[i].CountsWithZeros();
    }
    for (size_t i = 0; i < input_histograms_.size(); ++i) {
      result.histograms[reals_.main().inputs[i]] = input_histograms_[i].CountsWithZeros();
    }
    const std::vector<std::string> names = PublicNames(reals_).outputs;
    for (size_t o = 0; o < output_pairs_.size(); ++o) {
      if (output_pairs_[o] >= sums_.size()) continue;
      result.outputs.push_back({.output = names[o],
                                .error = sums_[output_pairs_[o]].measure(),
                                .agreement = static_cast<double>(agreed_[o]) / samples});
    }
    return result;
  }

 private:
  const Model& reals_;
  const Model& quantized_;
  const Pairs pairs_;
  const std::vector<size_t> output_pairs_;  // of each output of the model; SIZE_MAX: not compared
  std::vector<ErrorSums> sums_;
  std::vector<ValueHistogram> histograms_;        // by pair
  std::vector<ValueHistogram> input_histograms_;  // by input of the model
  std::vector<int64_t> agreed_;
  std::vector<float> expected_;
  std::vector<float> got_;
};

// Where each output of the model is among the pairs; appended where it is none of them yet.
std::vector<size_t> PairOutputs(const SubgraphDef& reals, const SubgraphDef& quantized,
                                Pairs& pairs) {
  std::vector<size_t> found;
  const std::vector<TensorUses> real_uses = FindUses(reals);
  const std::vector<TensorUses> quantized_uses = FindUses(quantized);
  for (size_t o = 0; o < reals.outputs.size(); ++o) {
    const int32_t a = reals.outputs[o];
    const int32_t b = quantized.outputs[o];
    found.push_back(SIZE_MAX);
    if (!IsFloatValue(reals, a) || !IsComparable(quantized.tensors[b]) ||
        quantized_uses[b].writer == kNoOperator || real_uses[a].writer == kNoOperator) {
      continue;
    }
    found.back() = pairs.reals.size();
    pairs.reals.push_back(a);
    pairs.quantized.push_back(b);
  }
  return found;
}

// A sample's inputs as the quantized model takes them.
class InputConverter {
 public:
  InputConverter(const SubgraphDef& reals, const SubgraphDef& quantized)
      : reals_(reals), quantized_(quantized), codes_(reals.inputs.size()) {}

  absl::StatusOr<SampleInputs> Convert(const SampleInputs& sample) {
    SampleInputs converted = sample;
    for (size_t i = 0; i < sample.size(); ++i) {
      const TensorDef& from = reals_.tensors[reals_.inputs[i]];
      const TensorDef& to = quantized_.tensors[quantized_.inputs[i]];
      if (from.type == to.type) continue;
      codes_[i].resize(from.shape.num_elements() * DataTypeSize(to.type));
      OCTET_RETURN_IF_ERROR(
          EdgeQuantize(sample[i], to.type, to.quantization, absl::MakeSpan(codes_[i])));
      converted[i] = codes_[i];
    }
    return converted;
  }

 private:
  const SubgraphDef& reals_;
  const SubgraphDef& quantized_;
  std::vector<std::vector<std::byte>> codes_;
};

}  // namespace

absl::StatusOr<Measurement> Measure(std::shared_ptr<const Model> reals,
                                    std::shared_ptr<const Model> quantized,
                                    const std::vector<int32_t>& counterpart,
                                    absl::Span<const SampleInputs> samples,
                                    const std::vector<TensorStatistics>& statistics,
                                    std::shared_ptr<ThreadPool> pool, RunProgress progress,
                                    int64_t max_kept_bytes) {
  Pairs pairs = FindPairs(reals->main(), quantized->main(), counterpart);
  std::vector<size_t> outputs = PairOutputs(reals->main(), quantized->main(), pairs);
  const auto groups = SplitBySize(reals->main(), pairs.reals, max_kept_bytes);
  InputConverter inputs(reals->main(), quantized->main());
  Comparison comparison(*reals, *quantized, pairs, std::move(outputs), statistics);
  const auto count = static_cast<int64_t>(samples.size());
  const int64_t total = count * static_cast<int64_t>(groups.size());
  int64_t done = 0;
  for (const SampleInputs& sample : samples) {
    OCTET_RETURN_IF_ERROR(comparison.LookAtInputs(sample));
  }
  size_t first = 0;
  for (const std::vector<int32_t>& group : groups) {
    const auto begin = pairs.quantized.begin() + static_cast<int64_t>(first);
    OCTET_ASSIGN_OR_RETURN(auto real_watch, TensorWatch::Create(reals, group, pool));
    OCTET_ASSIGN_OR_RETURN(
        auto quantized_watch,
        TensorWatch::Create(quantized, {begin, begin + static_cast<int64_t>(group.size())}, pool));
    for (const SampleInputs& sample : samples) {
      if (!progress(done++, total)) return absl::CancelledError("cancelled while measuring");
      OCTET_RETURN_IF_ERROR(real_watch->Run(sample));
      OCTET_ASSIGN_OR_RETURN(const SampleInputs converted, inputs.Convert(sample));
      OCTET_RETURN_IF_ERROR(quantized_watch->Run(converted));
      OCTET_RETURN_IF_ERROR(comparison.Look(*real_watch, *quantized_watch, first));
    }
    first += group.size();
  }
  return comparison.Result(count);
}

}  // namespace octet
