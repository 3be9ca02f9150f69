#include "engine/quantize/calibrate/sample_check.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/runtime/io_names.h"

namespace octet {
namespace {

constexpr size_t kMissing = SIZE_MAX;

size_t IndexOf(const std::vector<std::string>& names, const std::string& name) {
  if (name.empty() && names.size() == 1) return 0;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return i;
  }
  return kMissing;
}

absl::Status CheckFinite(const SampleTensor& tensor, const std::string& label) {
  if (tensor.type != DataType::kFloat32) return absl::OkStatus();
  for (size_t i = 0; i < tensor.data.size() / sizeof(float); ++i) {
    float value = 0;
    std::memcpy(&value, tensor.data.data() + i * sizeof(float), sizeof(value));
    if (std::isfinite(value)) continue;
    return absl::InvalidArgumentError(absl::StrCat(label, ": element ", i, " is ", value));
  }
  return absl::OkStatus();
}

absl::Status CheckTensor(const SampleTensor& tensor, const TensorDef& expected,
                         const std::string& label) {
  if (tensor.type != expected.type) {
    return absl::InvalidArgumentError(absl::StrCat(label, " is ", DataTypeName(tensor.type),
                                                   "; the model takes ",
                                                   DataTypeName(expected.type)));
  }
  if (tensor.shape != expected.shape) {
    return absl::InvalidArgumentError(absl::StrCat(label, " has shape ", tensor.shape.ToString(),
                                                   "; the model takes ",
                                                   expected.shape.ToString()));
  }
  const uint64_t bytes = tensor.shape.num_elements() * DataTypeSize(tensor.type);
  if (tensor.data.size() != bytes) {
    return absl::InvalidArgumentError(absl::StrCat(label, " has ", tensor.data.size(),
                                                   " bytes; its shape and type need ", bytes));
  }
  return CheckFinite(tensor, label);
}

}  // namespace

absl::StatusOr<std::vector<SampleInputs>> OrderSamples(
    const Model& model, absl::Span<const CalibrationSample> samples) {
  const std::vector<std::string> names = PublicNames(model).inputs;
  const SubgraphDef& graph = model.main();
  std::vector<SampleInputs> ordered;
  for (size_t s = 0; s < samples.size(); ++s) {
    SampleInputs inputs(names.size());
    std::vector<bool> given(names.size());
    for (const SampleTensor& tensor : samples[s].inputs) {
      const std::string label = absl::StrCat("sample ", s, ", input ", QuoteName(tensor.name));
      const size_t index = IndexOf(names, tensor.name);
      if (index == kMissing) {
        return absl::InvalidArgumentError(absl::StrCat(
            label, ": the model has no such input; it has ", absl::StrJoin(names, ", ")));
      }
      if (given[index]) return absl::InvalidArgumentError(absl::StrCat(label, " is there twice"));
      given[index] = true;
      OCTET_RETURN_IF_ERROR(CheckTensor(tensor, graph.tensors[graph.inputs[index]], label));
      inputs[index] = tensor.data;
    }
    for (size_t i = 0; i < names.size(); ++i) {
      if (given[i]) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("sample ", s, ": input ", QuoteName(names[i]), " is missing"));
    }
    ordered.push_back(std::move(inputs));
  }
  return ordered;
}

}  // namespace octet
