// The models that the daemon knows, and their comings and goings.
#ifndef OCTET_SERVER_MODELS_REPOSITORY_H_
#define OCTET_SERVER_MODELS_REPOSITORY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "octet/v1/config.pb.h"
#include "server/base/clock.h"
#include "server/base/job_queue.h"
#include "server/base/logging.h"
#include "server/metrics/metrics.h"
#include "server/models/fingerprint.h"
#include "server/models/model_state.h"
#include "server/models/repository_scan.h"
#include "server/models/served_model.h"

namespace octet::server {

// What a request for a model finds.
struct ModelLookup {
  // NotFound: no such model or version. InvalidArgument: the version is no number. Unavailable:
  // loading, draining or unloaded. FailedPrecondition: it could not be loaded (why).
  absl::StatusOr<ModelHandle> model = absl::UnknownError("");
  // Of the version that was meant, ready or not; null where there is none.
  std::shared_ptr<ModelMetrics> metrics;
};

struct ModelIndexEntry {
  std::string name;
  std::string version;  // empty for a model without versions
  ModelState state = ModelState::kUnavailable;
  std::string reason;  // why it is not ready, or what went wrong with a newer load
};

// What stands in place of a model's files in the repository.
struct ModelOverride {
  std::optional<octet::v1::ModelSettings> settings;                // of config.pbtxt
  std::map<int64_t, std::shared_ptr<const std::string>> versions;  // of all model.tflite

  bool empty() const { return !settings.has_value() && versions.empty(); }
};

// Thread-safe. Load, Refresh and Unload take turns and block; everything else is quick.
class ModelRepository {
 public:
  // `clock`, `metrics` and `logger` outlive the repository. `on_change` is called after each change
  // of a state, without locks held; it must not block.
  ModelRepository(std::string directory, ServingOptions options, Clock* clock, Metrics* metrics,
                  Logger* logger, std::function<void()> on_change);
  // No handle may be left.
  ~ModelRepository();
  ModelRepository(const ModelRepository&) = delete;
  ModelRepository& operator=(const ModelRepository&) = delete;

  // Loads every version of every model, skipping the rest once `stop` says so. What cannot be
  // loaded is logged and listed. An error only where the directory cannot be read.
  absl::Status LoadAll(const std::function<bool()>& stop);

  // Loads what is on disk for a model now, or what `replaced` has in its place: new versions, and
  // those that serve again, which they do until the new one takes over; versions that are gone, or
  // not chosen by the version policy, are unloaded. Returns the first failure, after which what
  // serves goes on serving. A model whose files are replaced need not be on disk.
  absl::Status Load(const std::string& name, const ModelOverride& replaced = {});

  // Does the same for what has changed on disk since the last load of the model; forgets a model
  // that is gone. Failures are logged, and listed in the index.
  void Refresh(const std::string& name);
  // The files of each model as its last load saw them.
  RepositoryFingerprint Seen() const;

  // Stops serving a model. Requests that have begun are finished. NotFound for an unknown name.
  absl::Status Unload(const std::string& name);

  // Stores `bytes` as a version of a model (the next free number where `version` is 0) and loads
  // it. InvalidArgument for an impossible name, AlreadyExists, PermissionDenied where the
  // repository is read-only. A model that was stored and cannot be loaded is removed again.
  absl::StatusOr<int64_t> StoreAndLoad(const std::string& name, int64_t version,
                                       absl::string_view bytes);

  // An empty version means the newest that is ready.
  ModelLookup Find(const std::string& name, absl::string_view version) const;
  // Whether the repository knows the model, ready or not.
  bool Knows(const std::string& name) const;
  // Ready versions of a model, or of all models where `name` is empty, oldest first.
  std::vector<ModelHandle> ReadyVersions(const std::string& name) const;
  // By name and version.
  std::vector<ModelIndexEntry> Index() const;

 private:
  struct Entry {
    ModelState state = ModelState::kUnavailable;
    std::string reason;
    ModelHandle model;        // set exactly in kReady
    uint64_t generation = 0;  // of the last load or unload
    bool retired = false;     // no longer to be served: forgotten once it is drained
    std::shared_ptr<ModelMetrics> metrics;
  };
  struct Record {
    std::string problem;  // of the model as a whole
    ModelFingerprint seen;
    std::map<int64_t, Entry> versions;
  };
  using Settings = absl::StatusOr<ServingOptions>;

  Settings ReadSettings(const ModelFiles& files, const ModelOverride& replaced) const;
  // Notes what was seen of a model; returns what was seen before.
  ModelFingerprint SetSeen(const std::string& name, const ModelFingerprint& seen);
  // Loads the chosen versions for which `wanted` holds, and retires those that are not chosen.
  absl::Status LoadFiles(const ModelFiles& files, const Settings& options,
                         const std::function<bool(const VersionFile&)>& wanted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(load_mutex_);
  // What serves is not taken away before what replaces it serves.
  void RetireOthers(const ModelFiles& files, const std::vector<VersionFile>& chosen)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(load_mutex_);
  void RetireVersion(const std::string& name, int64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(load_mutex_);
  bool IsReady(const std::string& name, int64_t version) const;
  // Known and not retired, loaded or not.
  bool IsListed(const std::string& name, int64_t version) const;
  absl::Status LoadVersion(const std::string& name, const VersionFile& file,
                           const Settings& options) ABSL_EXCLUSIVE_LOCKS_REQUIRED(load_mutex_);
  absl::StatusOr<ModelHandle> Compile(const std::string& name, const VersionFile& file,
                                      const Settings& options,
                                      std::shared_ptr<ModelMetrics> metrics, uint64_t generation);
  void UnloadVersion(const std::string& name, int64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(load_mutex_);
  // Takes a version that is not loaded out of the list.
  void Forget(const std::string& name, int64_t version) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drained(const std::string& name, int64_t version, uint64_t generation);
  // Null where there is none.
  const Entry* FindEntry(const std::string& name, int64_t version) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Entry& GetEntry(const std::string& name, int64_t version) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Apply(Entry& entry, ModelEvent event, std::string reason);

  const std::string directory_;
  const ServingOptions options_;
  Clock* const clock_;
  Metrics* const metrics_;
  Logger* const logger_;
  const std::function<void()> on_change_;

  absl::Mutex load_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // held through a load
  mutable absl::Mutex mutex_;                            // held for moments
  std::map<std::string, Record> models_ ABSL_GUARDED_BY(mutex_);

  // Destroys models when their last user is done: that joins threads, and the last user may be one
  // of those. Last member, so that it ends first.
  JobQueue reaper_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_REPOSITORY_H_
