#include "server/services/quantize_worker.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/services/quantize_latency.h"

namespace octet::server {
namespace {

constexpr int kNice = 10;
// Of the progress, where latency is measured at all; the rest is the engine's.
constexpr double kLatencyShare = 0.1;
// Before so much is done, a guess of the time left would jump about.
constexpr double kLeastForEta = 0.02;

void LowerPriority() {
  pthread_setname_np(pthread_self(), "quantize");
  // On Linux this is the calling thread's alone. It cannot fail: everyone may be nicer.
  const int now = getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, 0, std::min(now + kNice, 19));
}

// Progress from the thread that works to the one that tells it.
class ProgressRelay {
 public:
  // Replaces what was not told yet. False where the work shall end.
  bool Put(octet::v1::QuantizeProgress progress) {
    absl::MutexLock lock(&mutex_);
    newest_ = std::move(progress);
    changed_.Signal();
    return !stopped_;
  }

  // Nothing more will be put.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    changed_.Signal();
  }

  // Tells what is put until the relay is closed.
  void TellAll(const ReportProgress& progress) {
    while (const std::optional<octet::v1::QuantizeProgress> next = Take()) {
      if (progress(*next)) continue;
      absl::MutexLock lock(&mutex_);
      stopped_ = true;
    }
  }

 private:
  std::optional<octet::v1::QuantizeProgress> Take() {
    absl::MutexLock lock(&mutex_);
    while (!newest_.has_value() && !closed_) changed_.Wait(&mutex_);
    return std::exchange(newest_, std::nullopt);
  }

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::optional<octet::v1::QuantizeProgress> newest_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

class Worker {
 public:
  Worker(const QuantizeWork& work, ProgressRelay& relay)
      : work_(work), relay_(relay), begin_(work.clock.Now()) {}

  absl::StatusOr<QuantizeOutcome> Run() {
    const double share = work_.measure_latency ? 1 - kLatencyShare : 1;
    QuantizeResources resources;
    resources.samples = work_.samples;
    resources.progress = [this, share](const QuantizeProgress& progress) {
      return Tell(QuantizeStageName(progress.stage), progress.tensor, progress.fraction * share);
    };
    absl::StatusOr<QuantizedModel> quantized =
        QuantizeModel(work_.source, work_.options, resources);
    if (!quantized.ok()) return quantized.status();
    QuantizeOutcome outcome{*std::move(quantized), std::nullopt, std::nullopt};
    if (!work_.measure_latency) return outcome;
    outcome.latency_before = Time(work_.source, share);
    outcome.latency_after = Time(outcome.quantized.bytes, share + kLatencyShare / 2);
    if (!Tell("latency", "", 1)) return absl::CancelledError("cancelled");
    return outcome;
  }

 private:
  std::optional<octet::v1::RunTime> Time(absl::string_view model, double fraction) {
    const auto go_on = [this, fraction] { return Tell("latency", "", fraction); };
    if (!go_on()) return std::nullopt;
    CompileOptions compile = work_.compile;
    compile.pool = nullptr;
    compile.max_rows = 1;
    return MeasureRunTime(model, compile, work_.clock, go_on);
  }

  bool Tell(absl::string_view stage, absl::string_view tensor, double fraction) {
    octet::v1::QuantizeProgress message;
    message.set_stage(std::string(stage));
    message.set_tensor(std::string(tensor));
    message.set_fraction(fraction);
    if (fraction >= kLeastForEta) {
      const double elapsed = std::chrono::duration<double>(work_.clock.Now() - begin_).count();
      message.set_eta_seconds(elapsed * (1 - fraction) / fraction);
    }
    return relay_.Put(std::move(message));
  }

  const QuantizeWork& work_;
  ProgressRelay& relay_;
  const MonotonicTime begin_;
};

}  // namespace

absl::StatusOr<QuantizeOutcome> QuantizeAtLowPriority(const QuantizeWork& work,
                                                      const ReportProgress& progress) {
  ProgressRelay relay;
  absl::StatusOr<QuantizeOutcome> outcome = absl::UnknownError("");
  std::thread thread([&] {
    LowerPriority();
    outcome = Worker(work, relay).Run();
    relay.Close();
  });
  relay.TellAll(progress);
  thread.join();
  return outcome;
}

}  // namespace octet::server
