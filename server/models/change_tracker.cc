#include "server/models/change_tracker.h"

#include <algorithm>
#include <set>
#include <utility>

namespace octet::server {
namespace {

const ModelFingerprint& Of(const RepositoryFingerprint& models, const std::string& name) {
  static const ModelFingerprint absent;
  const auto it = models.find(name);
  return it == models.end() ? absent : it->second;
}

}  // namespace

std::vector<std::string> ChangeTracker::Observe(const RepositoryFingerprint& disk,
                                                const RepositoryFingerprint& loaded,
                                                MonotonicTime now) {
  std::set<std::string> names;
  for (const auto& [name, files] : disk) names.insert(name);
  for (const auto& [name, files] : loaded) names.insert(name);
  std::map<std::string, Difference> differences;
  std::vector<std::string> settled;
  for (const std::string& name : names) {
    const ModelFingerprint& files = Of(disk, name);
    if (files == Of(loaded, name)) continue;
    const auto before = differences_.find(name);
    const bool same = before != differences_.end() && before->second.files == files;
    const MonotonicTime since = same ? before->second.since : now;
    if (now - since >= settle_) {
      settled.push_back(name);
    } else {
      differences[name] = {files, since};
    }
  }
  differences_ = std::move(differences);
  return settled;
}

MonotonicTime ChangeTracker::NextLook() const {
  MonotonicTime next = kNever;
  for (const auto& [name, difference] : differences_) {
    next = std::min(next, difference.since + settle_);
  }
  return next;
}

}  // namespace octet::server
