// Hot reload: what changes in the repository's directory is loaded.
#ifndef OCTET_SERVER_MODELS_REPOSITORY_WATCHER_H_
#define OCTET_SERVER_MODELS_REPOSITORY_WATCHER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/clock.h"
#include "server/base/logging.h"
#include "server/models/change_tracker.h"
#include "server/models/directory_events.h"
#include "server/models/repository.h"

namespace octet::server {

enum class ReloadMode { kOff, kPoll, kWatch };

// "off", "poll" or "watch".
absl::StatusOr<ReloadMode> ParseReloadMode(absl::string_view text);

// Compares the directory with what the repository has seen of it, whenever the system tells of a
// change (kWatch) or every few seconds (kPoll; also where the system cannot tell), and refreshes
// the models whose files have changed and then stayed the same for a second.
class RepositoryWatcher {
 public:
  // Begins; `mode` is not kOff. All outlive the watcher.
  RepositoryWatcher(std::string directory, ReloadMode mode, ModelRepository* repository,
                    Clock* clock, Logger* logger);
  // Waits for a load that is under way.
  ~RepositoryWatcher();
  RepositoryWatcher(const RepositoryWatcher&) = delete;
  RepositoryWatcher& operator=(const RepositoryWatcher&) = delete;

 private:
  void Run();
  // Finds what has changed and refreshes what has settled.
  void Look();
  absl::StatusOr<std::vector<ModelFiles>> Scan();
  // Whether a directory was new.
  absl::StatusOr<bool> WatchDirectories(const std::vector<ModelFiles>& models);
  // Until it is worth to look again; false at the end.
  bool Wait();
  // True where `descriptor` (-1: none) became readable before `deadline`.
  bool WaitFor(int descriptor, MonotonicTime deadline);
  void StartPolling(const absl::Status& why);

  const std::string directory_;
  ModelRepository* const repository_;
  Clock* const clock_;
  Logger* const logger_;
  ChangeTracker tracker_;
  std::unique_ptr<DirectoryEvents> events_;  // null: polling
  const int stop_fd_;                        // readable once stopping_ is set
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_REPOSITORY_WATCHER_H_
