#include "server/models/repository_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

namespace fs = std::filesystem;

// A file that has not changed for this long is taken to be written.
constexpr std::chrono::milliseconds kSettle(1000);
// Events come in bursts: one look for each.
constexpr std::chrono::milliseconds kBurst(50);
constexpr std::chrono::seconds kPollInterval(2);
// Even a watched directory may change unheard: by a mount, or where a link points.
constexpr std::chrono::seconds kRecheckInterval(60);

void AddTargetDirectory(const std::string& path, std::set<std::string>& directories) {
  if (path.empty()) return;
  directories.insert(fs::path(path).parent_path().string());
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (!error) directories.insert(target.parent_path().string());
}

}  // namespace

absl::StatusOr<ReloadMode> ParseReloadMode(absl::string_view text) {
  if (text == "off") return ReloadMode::kOff;
  if (text == "poll") return ReloadMode::kPoll;
  if (text == "watch") return ReloadMode::kWatch;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is none of off, poll and watch"));
}

RepositoryWatcher::RepositoryWatcher(std::string directory, ReloadMode mode,
                                     ModelRepository* repository, Clock* clock, Logger* logger)
    : directory_(std::move(directory)),
      repository_(repository),
      clock_(clock),
      logger_(logger),
      tracker_(kSettle),
      stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (mode == ReloadMode::kWatch) {
    absl::StatusOr<std::unique_ptr<DirectoryEvents>> events = DirectoryEvents::Create(directory_);
    if (events.ok()) {
      events_ = *std::move(events);
    } else {
      StartPolling(events.status());
    }
  }
  thread_ = std::thread([this] { Run(); });
}

RepositoryWatcher::~RepositoryWatcher() {
  stopping_ = true;
  eventfd_write(stop_fd_, 1);
  thread_.join();
  if (stop_fd_ >= 0) close(stop_fd_);
}

void RepositoryWatcher::Run() {
  do {
    Look();
  } while (Wait());
}

void RepositoryWatcher::Look() {
  const absl::StatusOr<std::vector<ModelFiles>> models = Scan();
  // An unreadable repository is no reason to unload what serves.
  if (!models.ok()) return;
  const std::vector<std::string> settled =
      tracker_.Observe(TakeFingerprints(*models), repository_->Seen(), clock_->Now());
  for (const std::string& name : settled) {
    if (stopping_) return;
    logger_->Info("model has changed in the repository", {{"model", name}});
    repository_->Refresh(name);
  }
}

absl::StatusOr<std::vector<ModelFiles>> RepositoryWatcher::Scan() {
  while (true) {
    absl::StatusOr<std::vector<ModelFiles>> models = ScanRepository(directory_);
    if (!models.ok() || events_ == nullptr) return models;
    const absl::StatusOr<bool> added = WatchDirectories(*models);
    if (!added.ok()) StartPolling(added.status());
    // What came into a directory before it was watched was seen by the next scan at the latest.
    if (!added.ok() || !*added || stopping_) return models;
  }
}

absl::StatusOr<bool> RepositoryWatcher::WatchDirectories(const std::vector<ModelFiles>& models) {
  std::set<std::string> directories = {directory_};
  for (const ModelFiles& files : models) {
    directories.insert((fs::path(directory_) / files.name).string());
    AddTargetDirectory(files.config_path, directories);
    for (const VersionFile& file : files.versions) AddTargetDirectory(file.path, directories);
  }
  bool added = false;
  for (const std::string& directory : directories) {
    const absl::StatusOr<bool> is_new = events_->Watch(directory);
    if (!is_new.ok()) return is_new.status();
    added |= *is_new;
  }
  return added;
}

void RepositoryWatcher::StartPolling(const absl::Status& why) {
  events_.reset();
  logger_->Warning("looking for changes in the repository every few seconds",
                   {{"reason", std::string(why.message())}});
}

bool RepositoryWatcher::Wait() {
  const Nanoseconds interval = events_ == nullptr ? Nanoseconds(kPollInterval) : kRecheckInterval;
  const MonotonicTime deadline = std::min(clock_->Now() + interval, tracker_.NextLook());
  if (WaitFor(events_ == nullptr ? -1 : events_->descriptor(), deadline)) {
    WaitFor(-1, clock_->Now() + kBurst);
    events_->Clear();
  }
  return !stopping_;
}

bool RepositoryWatcher::WaitFor(int descriptor, MonotonicTime deadline) {
  pollfd descriptors[] = {{stop_fd_, POLLIN, 0}, {descriptor, POLLIN, 0}};
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
      std::max(deadline - clock_->Now(), Nanoseconds(0)));
  const int ready = poll(descriptors, 2, static_cast<int>(wait.count()));
  return ready > 0 && (descriptors[1].revents & POLLIN) != 0 && !stopping_;
}

}  // namespace octet::server
