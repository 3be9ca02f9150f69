// What tells whether a model's files have changed, without reading them.
#ifndef OCTET_SERVER_MODELS_FINGERPRINT_H_
#define OCTET_SERVER_MODELS_FINGERPRINT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "server/models/repository_scan.h"

namespace octet::server {

// Zero for a file that is not there.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_ns = 0;  // the contents
  int64_t changed_ns = 0;   // contents, owner or links: cannot be set back by a copying program

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct ModelFingerprint {
  bool present = false;  // a directory or file of this name is there
  FileIdentity config;
  std::map<int64_t, FileIdentity> versions;

  friend bool operator==(const ModelFingerprint&, const ModelFingerprint&) = default;
};

using RepositoryFingerprint = std::map<std::string, ModelFingerprint>;

// Follows links: the identity of what they point at.
FileIdentity IdentifyFile(const std::string& path);

// Of a model that was found in the repository.
ModelFingerprint TakeFingerprint(const ModelFiles& files);

RepositoryFingerprint TakeFingerprints(const std::vector<ModelFiles>& models);

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_FINGERPRINT_H_
