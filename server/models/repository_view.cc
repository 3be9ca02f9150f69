// What others see of the repository.
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/models/repository.h"

namespace octet::server {
namespace {

absl::Status NotReadyError(absl::string_view what, ModelState state, absl::string_view reason) {
  switch (state) {
    case ModelState::kFailed:
      return absl::FailedPreconditionError(absl::StrCat(what, " could not be loaded: ", reason));
    case ModelState::kUnavailable:
      return absl::UnavailableError(absl::StrCat(what, " is not loaded"));
    default:
      return absl::UnavailableError(absl::StrCat(what, " is ", ModelStateName(state)));
  }
}

}  // namespace

ModelLookup ModelRepository::Find(const std::string& name, absl::string_view version) const {
  ModelLookup found;
  absl::MutexLock lock(&mutex_);
  const auto it = models_.find(name);
  if (it == models_.end()) {
    found.model = absl::NotFoundError(absl::StrCat("no model '", name, "' in the repository"));
    return found;
  }
  const auto& versions = it->second.versions;
  if (versions.empty()) {
    found.model =
        NotReadyError(absl::StrCat("model '", name, "'"), ModelState::kFailed, it->second.problem);
    return found;
  }
  auto chosen = versions.end();
  if (version.empty()) {
    for (auto entry = versions.begin(); entry != versions.end(); ++entry) {
      if (entry->second.model != nullptr) chosen = entry;
    }
    if (chosen == versions.end()) --chosen;
  } else {
    absl::StatusOr<int64_t> number = ParseVersion(version);
    if (!number.ok()) {
      found.model =
          absl::InvalidArgumentError(absl::StrCat("model_version: ", number.status().message()));
      return found;
    }
    chosen = versions.find(*number);
    if (chosen == versions.end()) {
      found.model =
          absl::NotFoundError(absl::StrCat("model '", name, "' has no version ", *number));
      return found;
    }
  }
  const Entry& entry = chosen->second;
  found.metrics = entry.metrics;
  if (entry.model != nullptr) {
    found.model = entry.model;
  } else {
    found.model = NotReadyError(absl::StrCat("model '", name, "' version ", chosen->first),
                                entry.state, entry.reason);
  }
  return found;
}

bool ModelRepository::Knows(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  return models_.count(name) > 0;
}

std::vector<ModelHandle> ModelRepository::ReadyVersions(const std::string& name) const {
  std::vector<ModelHandle> ready;
  absl::MutexLock lock(&mutex_);
  for (const auto& [model, record] : models_) {
    if (!name.empty() && model != name) continue;
    for (const auto& [version, entry] : record.versions) {
      if (entry.model != nullptr) ready.push_back(entry.model);
    }
  }
  return ready;
}

std::vector<ModelIndexEntry> ModelRepository::Index() const {
  std::vector<ModelIndexEntry> index;
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, record] : models_) {
    if (record.versions.empty()) {
      index.push_back({name, "", ModelState::kFailed, record.problem});
    }
    for (const auto& [version, entry] : record.versions) {
      index.push_back({name, absl::StrCat(version), entry.state, entry.reason});
    }
  }
  return index;
}

RepositoryFingerprint ModelRepository::Seen() const {
  RepositoryFingerprint seen;
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, record] : models_) seen[name] = record.seen;
  return seen;
}

bool ModelRepository::IsReady(const std::string& name, int64_t version) const {
  absl::MutexLock lock(&mutex_);
  const Entry* const entry = FindEntry(name, version);
  return entry != nullptr && entry->model != nullptr;
}

bool ModelRepository::IsListed(const std::string& name, int64_t version) const {
  absl::MutexLock lock(&mutex_);
  const Entry* const entry = FindEntry(name, version);
  return entry != nullptr && !entry->retired;
}

const ModelRepository::Entry* ModelRepository::FindEntry(const std::string& name,
                                                         int64_t version) const {
  const auto record = models_.find(name);
  if (record == models_.end()) return nullptr;
  const auto entry = record->second.versions.find(version);
  return entry == record->second.versions.end() ? nullptr : &entry->second;
}

}  // namespace octet::server
