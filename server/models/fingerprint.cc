#include "server/models/fingerprint.h"

#include <sys/stat.h>

namespace octet::server {
namespace {

int64_t InNanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileIdentity IdentifyFile(const std::string& path) {
  struct stat info;
  if (path.empty() || stat(path.c_str(), &info) != 0) return {};
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .size = info.st_size,
          .modified_ns = InNanoseconds(info.st_mtim),
          .changed_ns = InNanoseconds(info.st_ctim)};
}

ModelFingerprint TakeFingerprint(const ModelFiles& files) {
  ModelFingerprint fingerprint{.present = true, .config = IdentifyFile(files.config_path)};
  for (const VersionFile& file : files.versions) {
    fingerprint.versions[file.version] = IdentifyFile(file.path);
  }
  return fingerprint;
}

RepositoryFingerprint TakeFingerprints(const std::vector<ModelFiles>& models) {
  RepositoryFingerprint fingerprints;
  for (const ModelFiles& files : models) fingerprints[files.name] = TakeFingerprint(files);
  return fingerprints;
}

}  // namespace octet::server
