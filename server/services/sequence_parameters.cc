#include "server/services/sequence_parameters.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

using inference::InferParameter;

// As it is shown; empty for none. A number and a string of the same digits are different names.
absl::StatusOr<std::string> ParseId(const InferParameter& id) {
  switch (id.parameter_choice_case()) {
    case InferParameter::kInt64Param:
      return id.int64_param() == 0 ? "" : absl::StrCat(id.int64_param());
    case InferParameter::kUint64Param:
      return id.uint64_param() == 0 ? "" : absl::StrCat(id.uint64_param());
    case InferParameter::kStringParam:
      if (id.string_param().size() > 128) {
        return absl::InvalidArgumentError("parameter 'sequence_id' has more than 128 bytes");
      }
      return id.string_param().empty() ? "" : absl::StrCat("'", id.string_param(), "'");
    default:
      return absl::InvalidArgumentError(
          "parameter 'sequence_id' must be an int64_param, a uint64_param or a string_param");
  }
}

absl::StatusOr<bool> ParseFlag(const inference::ModelInferRequest& request,
                               const std::string& key) {
  const auto it = request.parameters().find(key);
  if (it == request.parameters().end()) return false;
  if (it->second.parameter_choice_case() != InferParameter::kBoolParam) {
    return absl::InvalidArgumentError(absl::StrCat("parameter '", key, "' must be a bool_param"));
  }
  return it->second.bool_param();
}

}  // namespace

absl::StatusOr<std::optional<SequenceStep>> ParseSequence(
    const inference::ModelInferRequest& request) {
  const auto it = request.parameters().find("sequence_id");
  if (it == request.parameters().end()) return std::nullopt;
  absl::StatusOr<std::string> id = ParseId(it->second);
  if (!id.ok()) return id.status();
  if (id->empty()) return std::nullopt;
  const absl::StatusOr<bool> start = ParseFlag(request, "sequence_start");
  if (!start.ok()) return start.status();
  const absl::StatusOr<bool> end = ParseFlag(request, "sequence_end");
  if (!end.ok()) return end.status();
  return SequenceStep{*std::move(id), *start, *end};
}

}  // namespace octet::server
