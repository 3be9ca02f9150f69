#include "server/models/version_policy.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace octet::server {

absl::StatusOr<VersionPolicy> ParseVersionPolicy(const octet::v1::VersionPolicy& message) {
  VersionPolicy policy;
  switch (message.policy_choice_case()) {
    case octet::v1::VersionPolicy::kLatest:
      policy.kind = VersionPolicy::Kind::kLatest;
      if (message.latest().has_num_versions()) policy.count = message.latest().num_versions();
      if (policy.count < 1) {
        return absl::InvalidArgumentError(absl::StrCat("version_policy.latest.num_versions is ",
                                                       policy.count, ", must be at least 1"));
      }
      return policy;
    case octet::v1::VersionPolicy::kSpecific:
      policy.kind = VersionPolicy::Kind::kSpecific;
      if (message.specific().versions().empty()) {
        return absl::InvalidArgumentError("version_policy.specific.versions is empty");
      }
      for (const int64_t version : message.specific().versions()) {
        if (version < 1) {
          return absl::InvalidArgumentError(absl::StrCat("version_policy.specific.versions has ",
                                                         version, ", versions are at least 1"));
        }
        policy.versions.insert(version);
      }
      return policy;
    default:
      return policy;
  }
}

std::vector<VersionFile> SelectVersions(const VersionPolicy& policy,
                                        const std::vector<VersionFile>& files) {
  switch (policy.kind) {
    case VersionPolicy::Kind::kAll:
      return files;
    case VersionPolicy::Kind::kLatest: {
      const int64_t count = std::min<int64_t>(policy.count, files.size());
      return {files.end() - count, files.end()};
    }
    case VersionPolicy::Kind::kSpecific:
      break;
  }
  std::vector<VersionFile> chosen;
  for (const int64_t version : policy.versions) {
    const auto found = std::find_if(files.begin(), files.end(), [version](const VersionFile& file) {
      return file.version == version;
    });
    if (found != files.end()) {
      chosen.push_back(*found);
    } else {
      chosen.push_back({.version = version,
                        .status = absl::NotFoundError(
                            "version_policy names this version, which is not in the repository")});
    }
  }
  return chosen;
}

}  // namespace octet::server
