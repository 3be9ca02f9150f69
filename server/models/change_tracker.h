// When a change in the repository is worth a load: a decision without threads, files or clocks.
#ifndef OCTET_SERVER_MODELS_CHANGE_TRACKER_H_
#define OCTET_SERVER_MODELS_CHANGE_TRACKER_H_

#include <map>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/models/fingerprint.h"

namespace octet::server {

// Follows how a repository differs from what was loaded of it. A difference counts once it has
// stayed the same for the settle time: a file that is still being written changes its size or time.
class ChangeTracker {
 public:
  explicit ChangeTracker(Nanoseconds settle) : settle_(settle) {}

  // `disk` is the repository at `now`, `loaded` what the last load of each model saw. Returns the
  // models to load or unload now, by name.
  std::vector<std::string> Observe(const RepositoryFingerprint& disk,
                                   const RepositoryFingerprint& loaded, MonotonicTime now);

  // When to look again because a difference may have settled by then; kNever where none waits.
  MonotonicTime NextLook() const;

 private:
  struct Difference {
    ModelFingerprint files;
    MonotonicTime since;
  };

  const Nanoseconds settle_;
  std::map<std::string, Difference> differences_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_CHANGE_TRACKER_H_
