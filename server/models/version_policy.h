// Which of a model's versions are served.
#ifndef OCTET_SERVER_MODELS_VERSION_POLICY_H_
#define OCTET_SERVER_MODELS_VERSION_POLICY_H_

#include <cstdint>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "octet/v1/config.pb.h"
#include "server/models/repository_scan.h"

namespace octet::server {

struct VersionPolicy {
  enum class Kind { kAll, kLatest, kSpecific };
  Kind kind = Kind::kAll;
  int64_t count = 1;           // of kLatest, >= 1
  std::set<int64_t> versions;  // of kSpecific, not empty, each >= 1
};

// InvalidArgument, naming the field, for numbers that no version can have.
absl::StatusOr<VersionPolicy> ParseVersionPolicy(const octet::v1::VersionPolicy& message);

// Those of `files` (ascending) that `policy` chooses, ascending. A specific version that is not
// there is in the result with the status NotFound.
std::vector<VersionFile> SelectVersions(const VersionPolicy& policy,
                                        const std::vector<VersionFile>& files);

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_VERSION_POLICY_H_
