#include "server/services/tensor_parameters.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

using inference::InferParameter;

constexpr char kRegion[] = "shared_memory_region";
constexpr char kOffset[] = "shared_memory_offset";
constexpr char kByteSize[] = "shared_memory_byte_size";

}  // namespace

absl::StatusOr<bool> BoolParameter(const InferParameters& parameters, const std::string& key) {
  const auto it = parameters.find(key);
  if (it == parameters.end()) return false;
  if (it->second.parameter_choice_case() != InferParameter::kBoolParam) {
    return absl::InvalidArgumentError(absl::StrCat("parameter '", key, "' must be a bool_param"));
  }
  return it->second.bool_param();
}

absl::StatusOr<std::optional<int64_t>> IntParameter(const InferParameters& parameters,
                                                    const std::string& key) {
  const auto it = parameters.find(key);
  if (it == parameters.end()) return std::nullopt;
  if (it->second.parameter_choice_case() != InferParameter::kInt64Param) {
    return absl::InvalidArgumentError(absl::StrCat("parameter '", key, "' must be an int64_param"));
  }
  return it->second.int64_param();
}

bool IsSharedMemoryParameter(const std::string& key) {
  return key == kRegion || key == kOffset || key == kByteSize;
}

bool IsRestParameter(const std::string& key) {
  return key == "binary_data" || key == "binary_data_size";
}

absl::StatusOr<std::optional<SharedMemoryPart>> ParseSharedMemory(const InferParameters& parameters,
                                                                  const SharedMemory* memory) {
  const auto name = parameters.find(kRegion);
  const absl::StatusOr<std::optional<int64_t>> offset = IntParameter(parameters, kOffset);
  if (!offset.ok()) return offset.status();
  const absl::StatusOr<std::optional<int64_t>> byte_size = IntParameter(parameters, kByteSize);
  if (!byte_size.ok()) return byte_size.status();
  if (name == parameters.end()) {
    if (!offset->has_value() && !byte_size->has_value()) return std::nullopt;
    return absl::InvalidArgumentError(absl::StrCat("parameter '", kRegion, "' is missing"));
  }
  if (memory == nullptr) {
    return absl::UnimplementedError(
        "shared memory is not served: --enable-shared-memory turns it on");
  }
  if (name->second.parameter_choice_case() != InferParameter::kStringParam) {
    return absl::InvalidArgumentError(
        absl::StrCat("parameter '", kRegion, "' must be a string_param"));
  }
  if (!byte_size->has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("parameter '", kByteSize, "' is missing"));
  }
  SharedMemoryPart part{.region_name = name->second.string_param(),
                        .offset = offset->value_or(0),
                        .byte_size = **byte_size};
  absl::StatusOr<SharedMemoryHandle> region = memory->Find(part.region_name);
  if (!region.ok()) return region.status();
  part.region = *std::move(region);
  absl::Status within = part.region->CheckPart(part.offset, part.byte_size);
  if (!within.ok()) return within;
  return part;
}

}  // namespace octet::server
