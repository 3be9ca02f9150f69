#include "server/models/repository.h"

#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/models/model_store.h"

namespace octet::server {
namespace {

std::string Milliseconds(Nanoseconds duration) {
  return absl::StrCat(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

absl::Status Annotate(const absl::Status& status, absl::string_view name, int64_t version) {
  return absl::Status(status.code(),
                      absl::StrCat("model '", name, "' version ", version, ": ", status.message()));
}

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

ModelRepository::ModelRepository(std::string directory, ServingOptions options, Clock* clock,
                                 Metrics* metrics, Logger* logger, std::function<void()> on_change)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      clock_(clock),
      metrics_(metrics),
      logger_(logger),
      on_change_(std::move(on_change)),
      reaper_(1, std::numeric_limits<size_t>::max()) {}

ModelRepository::~ModelRepository() {
  std::map<std::string, Record> models;
  absl::MutexLock lock(&mutex_);
  models.swap(models_);
}

absl::Status ModelRepository::LoadAll(const std::function<bool()>& stop) {
  absl::MutexLock load(&load_mutex_);
  absl::StatusOr<std::vector<ModelFiles>> models = ScanRepository(directory_);
  if (!models.ok()) return models.status();
  for (const ModelFiles& files : *models) {
    if (stop()) return absl::OkStatus();
    LoadFiles(files).IgnoreError();  // logged, and kept in the entry, where it happened
  }
  return absl::OkStatus();
}

absl::Status ModelRepository::Load(const std::string& name) {
  absl::MutexLock load(&load_mutex_);
  absl::StatusOr<ModelFiles> files = ScanModel(directory_, name);
  if (!files.ok()) return files.status();
  std::set<int64_t> gone;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [version, entry] : models_[name].versions) gone.insert(version);
  }
  for (const VersionFile& file : files->versions) gone.erase(file.version);
  const absl::Status status = LoadFiles(*files);
  if (files->status.ok()) {
    for (const int64_t version : gone) UnloadVersion(name, version);
  }
  return status;
}

absl::Status ModelRepository::LoadFiles(const ModelFiles& files) {
  {
    absl::MutexLock lock(&mutex_);
    models_[files.name].problem = std::string(files.status.message());
  }
  if (!files.status.ok()) {
    logger_->Error("model cannot be loaded",
                   {{"model", files.name}, {"reason", std::string(files.status.message())}});
    return files.status;
  }
  absl::StatusOr<ServingOptions> options =
      files.config_path.empty() ? options_ : WithModelSettings(options_, files.config_path);
  absl::Status first;
  for (const VersionFile& file : files.versions) {
    first.Update(LoadVersion(files.name, file, options));
  }
  return first;
}

absl::Status ModelRepository::LoadVersion(const std::string& name, const VersionFile& file,
                                          const absl::StatusOr<ServingOptions>& options) {
  std::shared_ptr<ModelMetrics> metrics;
  uint64_t generation = 0;
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = GetEntry(name, file.version);
    Apply(entry, ModelEvent::kLoadStarted, "");
    generation = ++entry.generation;
    metrics = entry.metrics;
  }
  on_change_();
  const MonotonicTime start = clock_->Now();
  absl::StatusOr<ModelHandle> model = Compile(name, file, options, metrics, generation);
  const Nanoseconds duration = clock_->Now() - start;
  metrics->ObserveLoad(duration);
  const std::string version = absl::StrCat(file.version);
  if (!model.ok()) {
    {
      absl::MutexLock lock(&mutex_);
      Apply(GetEntry(name, file.version), ModelEvent::kLoadFailed,
            std::string(model.status().message()));
    }
    on_change_();
    logger_->Error(
        "model cannot be loaded",
        {{"model", name}, {"version", version}, {"reason", std::string(model.status().message())}});
    return Annotate(model.status(), name, file.version);
  }
  const ModelDescription& description = (*model)->description();
  logger_->Info("model ready",
                {{"model", name},
                 {"version", version},
                 {"batchable", description.batchable
                                   ? std::string("yes")
                                   : absl::StrCat("no: ", description.not_batchable_reason)},
                 {"isa", description.isa},
                 {"load_ms", Milliseconds(duration)}});
  metrics->SetMemoryBytes((*model)->memory_bytes());
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = GetEntry(name, file.version);
    entry.model.swap(*model);
    Apply(entry, ModelEvent::kLoadSucceeded, "");
  }
  on_change_();
  return absl::OkStatus();
}

absl::StatusOr<ModelHandle> ModelRepository::Compile(const std::string& name,
                                                     const VersionFile& file,
                                                     const absl::StatusOr<ServingOptions>& options,
                                                     std::shared_ptr<ModelMetrics> metrics,
                                                     uint64_t generation) {
  if (!file.status.ok()) return file.status;
  if (!options.ok()) return options.status();
  absl::StatusOr<std::unique_ptr<ServedModel>> model =
      ServedModel::Load(name, file.version, file.path, *options, clock_, std::move(metrics));
  if (!model.ok()) return model.status();
  return ModelHandle(model->release(), [this, generation](ServedModel* last) {
    // Never refused: the reaper's queue has no bound.
    reaper_
        .Submit([this, generation, last] {
          const std::string name = last->name();
          const int64_t version = last->version();
          delete last;
          Drained(name, version, generation);
        })
        .IgnoreError();
  });
}

absl::Status ModelRepository::Unload(const std::string& name) {
  absl::MutexLock load(&load_mutex_);
  std::vector<int64_t> versions;
  {
    absl::MutexLock lock(&mutex_);
    const auto it = models_.find(name);
    if (it == models_.end()) {
      return absl::NotFoundError(absl::StrCat("no model '", name, "' in the repository"));
    }
    for (const auto& [version, entry] : it->second.versions) versions.push_back(version);
  }
  for (const int64_t version : versions) UnloadVersion(name, version);
  return absl::OkStatus();
}

void ModelRepository::UnloadVersion(const std::string& name, int64_t version) {
  ModelHandle model;  // let go of after the lock
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = GetEntry(name, version);
    if (!NextState(entry.state, ModelEvent::kUnloadStarted).has_value()) return;
    Apply(entry, ModelEvent::kUnloadStarted, "unloaded on request");
    model.swap(entry.model);
  }
  logger_->Info("model unloaded", {{"model", name}, {"version", absl::StrCat(version)}});
  on_change_();
}

void ModelRepository::Drained(const std::string& name, int64_t version, uint64_t generation) {
  {
    absl::MutexLock lock(&mutex_);
    const auto it = models_.find(name);
    if (it == models_.end()) return;
    Entry& entry = it->second.versions[version];
    if (entry.generation != generation || entry.state != ModelState::kDraining) return;
    Apply(entry, ModelEvent::kDrained, "unloaded on request");
    entry.metrics->SetMemoryBytes(0);
  }
  on_change_();
}

absl::StatusOr<int64_t> ModelRepository::StoreAndLoad(const std::string& name, int64_t version,
                                                      absl::string_view bytes) {
  absl::MutexLock load(&load_mutex_);
  absl::StatusOr<int64_t> stored = StoreVersion(directory_, name, version, bytes);
  if (!stored.ok()) return stored.status();
  absl::StatusOr<ModelFiles> files = ScanModel(directory_, name);
  if (!files.ok()) return files.status();
  absl::StatusOr<ServingOptions> options =
      files->config_path.empty() ? options_ : WithModelSettings(options_, files->config_path);
  for (const VersionFile& file : files->versions) {
    if (file.version != *stored) continue;
    {
      absl::MutexLock lock(&mutex_);
      models_[name].problem.clear();
    }
    if (absl::Status status = LoadVersion(name, file, options); !status.ok()) {
      RemoveVersion(directory_, name, *stored);
      Forget(name, *stored);
      return status;
    }
  }
  return *stored;
}

void ModelRepository::Forget(const std::string& name, int64_t version) {
  {
    absl::MutexLock lock(&mutex_);
    Record& record = models_[name];
    record.versions[version].metrics->SetState(ModelStateName(ModelState::kUnavailable));
    record.versions.erase(version);
    if (record.versions.empty()) models_.erase(name);
  }
  on_change_();
}

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

ModelRepository::Entry& ModelRepository::GetEntry(const std::string& name, int64_t version) {
  Entry& entry = models_[name].versions[version];
  if (entry.metrics == nullptr) entry.metrics = metrics_->ForModel(name, absl::StrCat(version));
  return entry;
}

void ModelRepository::Apply(Entry& entry, ModelEvent event, std::string reason) {
  // Loads and unloads take turns, so that an event which cannot happen is a fault in this file.
  entry.state = NextState(entry.state, event).value();
  entry.reason = std::move(reason);
  entry.metrics->SetState(ModelStateName(entry.state));
}

}  // namespace octet::server
