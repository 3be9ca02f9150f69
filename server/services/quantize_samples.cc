#include "server/services/quantize_samples.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/services/data_types.h"
#include "server/services/infer_request.h"

namespace octet::server {
namespace {

constexpr size_t kMaxInputs = 4096;  // of one sample

absl::StatusOr<Shape> ParseShape(absl::Span<const int64_t> given) {
  std::vector<int32_t> dims;
  for (const int64_t dim : given) {
    if (dim < 0 || dim > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(absl::StrCat("no dimension can be ", dim));
    }
    dims.push_back(static_cast<int32_t>(dim));
  }
  return Shape::Create(dims);
}

}  // namespace

std::string SampleCollector::Label(const std::string& name) const {
  return absl::StrCat("sample ", samples_.size() - 1, ", input '", name, "'");
}

absl::Status SampleCollector::CheckWhole(const Input& input) const {
  const int64_t have = static_cast<int64_t>(input.data.size());
  if (have == input.bytes()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(Label(input.name), " has ", have, " bytes; its shape ", input.shape.ToString(),
                   " and datatype ", ProtocolTypeName(input.type), " need ", input.bytes()));
}

absl::Status SampleCollector::Begin(const octet::v1::SamplePart& part) {
  if (!open_) samples_.emplace_back();
  open_ = true;
  std::vector<Input>& inputs = samples_.back();
  if (!inputs.empty()) {
    if (absl::Status whole = CheckWhole(inputs.back()); !whole.ok()) return whole;
  }
  if (inputs.size() >= kMaxInputs) {
    return absl::InvalidArgumentError(
        absl::StrCat("sample ", samples_.size() - 1, " has more than ", kMaxInputs, " inputs"));
  }
  const std::optional<DataType> type = ParseProtocolType(part.datatype());
  if (!type.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        Label(part.name()), ": datatype is '", part.datatype(), "', must be one as FP32 or INT32"));
  }
  const absl::Span<const int64_t> dims(part.shape().data(), part.shape_size());
  absl::StatusOr<Shape> shape = ParseShape(dims);
  if (!shape.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        Label(part.name()), ": shape is ", ShapeText(dims), ": ", shape.status().message()));
  }
  inputs.push_back({part.name(), *type, *std::move(shape), {}});
  return absl::OkStatus();
}

absl::Status SampleCollector::Add(const octet::v1::SamplePart& part) {
  if (!part.continued()) {
    if (absl::Status begun = Begin(part); !begun.ok()) return begun;
  } else if (!open_) {
    return absl::InvalidArgumentError("a sample's first part cannot be a continued one");
  }
  Input& input = samples_.back().back();
  held_ += static_cast<int64_t>(part.data().size());
  if (held_ > max_bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat("the samples have more than ", max_bytes_,
                                                     " bytes (max_message_bytes); send fewer"));
  }
  if (input.data.empty() && input.bytes() <= max_bytes_) input.data.reserve(input.bytes());
  input.data += part.data();
  const bool too_much = static_cast<int64_t>(input.data.size()) > input.bytes();
  if (too_much || part.last()) {
    if (absl::Status whole = CheckWhole(input); !whole.ok()) return whole;
  }
  if (part.last()) open_ = false;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CalibrationSample>> SampleCollector::Samples() const {
  if (open_) {
    return absl::InvalidArgumentError(
        absl::StrCat("sample ", samples_.size() - 1, " has no part with `last`"));
  }
  std::vector<CalibrationSample> views;
  for (const std::vector<Input>& inputs : samples_) {
    CalibrationSample& view = views.emplace_back();
    for (const Input& input : inputs) {
      view.inputs.push_back(
          {input.name,
           input.type,
           input.shape,
           {reinterpret_cast<const std::byte*>(input.data.data()), input.data.size()}});
    }
  }
  return views;
}

}  // namespace octet::server
