#include "server/services/model_override.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/json_util.h"
#include "server/models/repository_scan.h"

namespace octet::server {
namespace {

using Parameter = inference::ModelRepositoryParameter;

constexpr char kConfig[] = "config";
constexpr char kFile[] = "file:";
constexpr char kModelFile[] = "/model.tflite";

template <typename... Text>
absl::Status Wrong(const Text&... text) {
  return absl::InvalidArgumentError(absl::StrCat(text...));
}

absl::StatusOr<octet::v1::ModelSettings> ParseSettings(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Wrong("parameter 'config' must be a JSON object");
  // Clients that write configurations for other servers name these; here they say nothing new.
  for (const char* known : {"name", "backend", "platform"}) json.erase(known);
  octet::v1::ModelSettings settings;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json.dump(), &settings);
  if (!parsed.ok()) return Wrong("parameter 'config': ", std::string(parsed.message()));
  return settings;
}

absl::StatusOr<int64_t> ParseFileVersion(absl::string_view key) {
  absl::string_view rest = key;
  absl::StatusOr<int64_t> version = absl::InvalidArgumentError("");
  if (absl::ConsumePrefix(&rest, kFile) && absl::ConsumeSuffix(&rest, kModelFile)) {
    version = ParseVersion(rest);
  }
  if (version.ok()) return version;
  return Wrong("parameter '", key, "': must be file:VERSION/model.tflite with a positive integer");
}

}  // namespace

absl::StatusOr<ModelOverride> ParseModelOverride(
    const inference::RepositoryModelLoadRequest& request, bool allowed) {
  ModelOverride replaced;
  for (const auto& [key, value] : request.parameters()) {
    if (!allowed) {
      return absl::PermissionDeniedError(
          absl::StrCat("parameter '", key,
                       "': this server loads models as they lie in its repository; "
                       "--allow-model-override lets requests bring them"));
    }
    if (key == kConfig) {
      if (value.parameter_choice_case() != Parameter::kStringParam) {
        return Wrong("parameter 'config' must be a string_param");
      }
      absl::StatusOr<octet::v1::ModelSettings> settings = ParseSettings(value.string_param());
      if (!settings.ok()) return settings.status();
      replaced.settings = *std::move(settings);
    } else if (absl::StartsWith(key, kFile)) {
      absl::StatusOr<int64_t> version = ParseFileVersion(key);
      if (!version.ok()) return version.status();
      if (value.parameter_choice_case() != Parameter::kBytesParam) {
        return Wrong("parameter '", key, "' must be a bytes_param");
      }
      replaced.versions[*version] = std::make_shared<const std::string>(value.bytes_param());
    } else {
      return Wrong("unknown parameter '", key, "'; known are 'config' and 'file:...'");
    }
  }
  return replaced;
}

}  // namespace octet::server
