#include "server/models/repository.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/models/model_store.h"

namespace octet::server {
namespace {

std::string Milliseconds(Nanoseconds duration) {
  return absl::StrFormat("%.3f", std::chrono::duration<double, std::milli>(duration).count());
}

std::string FirstRun(const absl::StatusOr<Nanoseconds>& took) {
  return took.ok() ? Milliseconds(*took) : absl::StrCat("failed: ", took.status().message());
}

absl::Status Annotate(const absl::Status& status, absl::string_view name, int64_t version) {
  return absl::Status(status.code(),
                      absl::StrCat("model '", name, "' version ", version, ": ", status.message()));
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
    SetSeen(files.name, TakeFingerprint(files));
    // Failures are logged, and kept in the entry, where they happen.
    LoadFiles(files, ReadSettings(files, {}), [](const VersionFile&) {
      return true;
    }).IgnoreError();
  }
  return absl::OkStatus();
}

absl::Status ModelRepository::Load(const std::string& name, const ModelOverride& replaced) {
  absl::MutexLock load(&load_mutex_);
  absl::StatusOr<ModelFiles> files = ScanModel(directory_, name);
  if (!files.ok() && (replaced.versions.empty() || !absl::IsNotFound(files.status()))) {
    return files.status();
  }
  SetSeen(name, files.ok() ? TakeFingerprint(*files) : ModelFingerprint());
  if (!replaced.versions.empty()) {
    files = ModelFiles{.name = name};
    for (const auto& [version, bytes] : replaced.versions) {
      files->versions.push_back({.version = version, .path = "", .status = {}, .bytes = bytes});
    }
  }
  return LoadFiles(*files, ReadSettings(*files, replaced), [](const VersionFile&) { return true; });
}

void ModelRepository::Refresh(const std::string& name) {
  absl::MutexLock load(&load_mutex_);
  absl::StatusOr<ModelFiles> files = ScanModel(directory_, name);
  if (!files.ok() && !absl::IsNotFound(files.status())) {
    logger_->Error("model cannot be read",
                   {{"model", name}, {"reason", files.status().ToString()}});
    return;
  }
  const ModelFingerprint now = files.ok() ? TakeFingerprint(*files) : ModelFingerprint();
  const ModelFingerprint before = SetSeen(name, now);
  if (!files.ok()) {
    RetireOthers({.name = name}, {});
    return;
  }
  const bool all = now.config != before.config;
  LoadFiles(*files, ReadSettings(*files, {}), [&](const VersionFile& file) {
    const auto old = before.versions.find(file.version);
    return all || old == before.versions.end() || old->second != IdentifyFile(file.path) ||
           !IsListed(name, file.version);
  }).IgnoreError();  // logged and kept where it happened
}

ModelRepository::Settings ModelRepository::ReadSettings(const ModelFiles& files,
                                                        const ModelOverride& replaced) const {
  if (replaced.settings.has_value()) {
    return WithModelSettings(options_, *replaced.settings, "config");
  }
  return files.config_path.empty() ? options_ : WithConfigFile(options_, files.config_path);
}

ModelFingerprint ModelRepository::SetSeen(const std::string& name, const ModelFingerprint& seen) {
  absl::MutexLock lock(&mutex_);
  return std::exchange(models_[name].seen, seen);
}

absl::Status ModelRepository::LoadFiles(const ModelFiles& files, const Settings& options,
                                        const std::function<bool(const VersionFile&)>& wanted) {
  {
    absl::MutexLock lock(&mutex_);
    models_[files.name].problem = std::string(files.status.message());
  }
  if (!files.status.ok()) {
    logger_->Error("model cannot be loaded",
                   {{"model", files.name}, {"reason", std::string(files.status.message())}});
    on_change_();
    return files.status;
  }
  const std::vector<VersionFile> chosen =
      options.ok() ? SelectVersions(options->versions, files.versions) : files.versions;
  absl::Status first;
  for (const VersionFile& file : chosen) {
    if (wanted(file)) first.Update(LoadVersion(files.name, file, options));
  }
  if (options.ok()) RetireOthers(files, chosen);
  return first;
}

void ModelRepository::RetireOthers(const ModelFiles& files,
                                   const std::vector<VersionFile>& chosen) {
  size_t ready = 0;
  std::set<int64_t> others;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [version, entry] : models_[files.name].versions) others.insert(version);
  }
  for (const VersionFile& file : chosen) {
    ready += IsReady(files.name, file.version);
    others.erase(file.version);
  }
  for (const int64_t version : others) {
    const bool on_disk =
        std::any_of(files.versions.begin(), files.versions.end(),
                    [version](const VersionFile& file) { return file.version == version; });
    // One that is not there any more goes as soon as anything can stand in for it; one that a newer
    // version replaces waits for that very version.
    const bool replaced = on_disk ? ready == chosen.size() : ready > 0 || chosen.empty();
    if (replaced || !IsReady(files.name, version)) RetireVersion(files.name, version);
  }
  absl::MutexLock lock(&mutex_);
  const auto record = models_.find(files.name);
  if (record == models_.end()) return;
  if (record->second.versions.empty() && !record->second.seen.present) models_.erase(record);
}

absl::Status ModelRepository::LoadVersion(const std::string& name, const VersionFile& file,
                                          const Settings& options) {
  std::shared_ptr<ModelMetrics> metrics;
  uint64_t generation = 0;
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = GetEntry(name, file.version);
    Apply(entry, ModelEvent::kLoadStarted, "");
    generation = ++entry.generation;
    entry.retired = false;
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
                 {"captures_requests", (*model)->capture() == nullptr
                                           ? std::string("no")
                                           : absl::StrCat((*model)->capture()->max_samples())},
                 {"isa", description.isa},
                 {"load_ms", Milliseconds(duration)},
                 {"first_run_ms", FirstRun((*model)->first_run())}});
  metrics->SetMemoryBytes((*model)->memory_bytes());
  metrics->SetCaptured(0, 0);
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
                                                     const Settings& options,
                                                     std::shared_ptr<ModelMetrics> metrics,
                                                     uint64_t generation) {
  if (!file.status.ok()) return file.status;
  if (!options.ok()) return options.status();
  absl::StatusOr<std::unique_ptr<ServedModel>> model =
      ServedModel::Load(name, file, *options, clock_, std::move(metrics));
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

void ModelRepository::RetireVersion(const std::string& name, int64_t version) {
  ModelHandle model;  // let go of after the lock
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = GetEntry(name, version);
    entry.retired = true;
    if (NextState(entry.state, ModelEvent::kUnloadStarted).has_value()) {
      Apply(entry, ModelEvent::kUnloadStarted, "no longer served");
      model.swap(entry.model);
    }
    if (entry.state != ModelState::kDraining) Forget(name, version);
  }
  logger_->Info("model no longer served", {{"model", name}, {"version", absl::StrCat(version)}});
  on_change_();
}

void ModelRepository::Drained(const std::string& name, int64_t version, uint64_t generation) {
  {
    absl::MutexLock lock(&mutex_);
    const auto it = models_.find(name);
    if (it == models_.end()) return;
    const auto found = it->second.versions.find(version);
    if (found == it->second.versions.end()) return;
    Entry& entry = found->second;
    if (entry.generation != generation || entry.state != ModelState::kDraining) return;
    Apply(entry, ModelEvent::kDrained, "unloaded on request");
    entry.metrics->SetMemoryBytes(0);
    entry.metrics->SetCaptured(0, 0);
    if (entry.retired) Forget(name, version);
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
  const Settings options = ReadSettings(*files, {});
  for (const VersionFile& file : files->versions) {
    if (file.version != *stored) continue;
    {
      absl::MutexLock lock(&mutex_);
      Record& record = models_[name];
      record.problem.clear();
      if (!record.seen.present) record.seen.config = IdentifyFile(files->config_path);
      record.seen.present = true;
      record.seen.versions[file.version] = IdentifyFile(file.path);
    }
    if (absl::Status status = LoadVersion(name, file, options); !status.ok()) {
      RemoveVersion(directory_, name, *stored);
      {
        absl::MutexLock lock(&mutex_);
        models_[name].seen.versions.erase(*stored);
        Forget(name, *stored);
      }
      on_change_();
      return status;
    }
  }
  const std::vector<VersionFile> chosen = SelectVersions(options->versions, files->versions);
  const bool by_policy = std::any_of(chosen.begin(), chosen.end(), [&](const VersionFile& file) {
    return file.version == *stored;
  });
  if (by_policy) RetireOthers(*files, chosen);
  return *stored;
}

void ModelRepository::Forget(const std::string& name, int64_t version) {
  Record& record = models_[name];
  record.versions[version].metrics->SetState(ModelStateName(ModelState::kUnavailable));
  record.versions.erase(version);
  // What is on disk without a version stays listed with its problem.
  if (record.versions.empty() && (!record.seen.present || record.problem.empty())) {
    models_.erase(name);
  }
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
