// octetd: serves quantized TensorFlow Lite models over gRPC.
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "octet/engine.h"
#include "server/base/logging.h"
#include "server/list_ops.h"
#include "server/options.h"
#include "server/server.h"

namespace octet::server {
namespace {

constexpr int kFailure = 1;
constexpr int kBadUsage = 2;

std::optional<std::string> GetEnvironment(const std::string& name) {
  const char* const value = getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "octetd: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kBadUsage : kFailure;
}

// A load that has begun cannot be stopped, and nobody waits for it any more.
constexpr double kSecondsPastDrain = 1;

// Ends the process at a second signal (whoever signals twice does not want to wait), or when the
// drain has had its time.
[[noreturn]] void EndInTime(const sigset_t& signals, double drain_seconds, Logger& logger) {
  const double seconds = drain_seconds + kSecondsPastDrain;
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(seconds);
  timeout.tv_nsec = static_cast<long>((seconds - static_cast<double>(timeout.tv_sec)) * 1e9);
  int second = 0;
  do {
    second = sigtimedwait(&signals, nullptr, &timeout);
  } while (second < 0 && errno == EINTR);
  if (second > 0) _exit(kFailure);
  logger.Warning("stopped: the drain is over, a load that is still under way is left");
  _exit(0);
}

int Serve(const ServerOptions& options) {
  // Signals are waited for, not handled: that works as process 1 too, for which the system has no
  // default actions. Threads inherit the mask, so it comes first.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write
  // As Debian builds it, Abseil looks for cycles among all locks, gRPC's too, at each lock of one.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // What gRPC would say of a failed start is said in one line by the server.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);

  Logger logger(options.log_format, stderr);
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options, &logger);
  if (!server.ok()) {
    logger.Error(server.status().message());
    return kFailure;
  }
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  std::thread([signals, &logger, seconds = options.drain_seconds] {
    EndInTime(signals, seconds, logger);
  }).detach();
  (*server)->Drain();
  server->reset();
  return 0;
}

int Main(const std::vector<std::string>& args) {
  const absl::StatusOr<Command> command = ParseCommand(args, GetEnvironment);
  if (!command.ok()) return Complain(command.status());
  switch (command->kind) {
    case Command::Kind::kShowText:
      std::fputs(command->text.c_str(), stdout);
      return 0;
    case Command::Kind::kListOps: {
      const std::string text = command->json ? FormatOpsJson(ListOps()) : FormatOpsText(ListOps());
      std::fputs(text.c_str(), stdout);
      return 0;
    }
    case Command::Kind::kServe:
      return Serve(command->options);
  }
  return kFailure;
}

}  // namespace
}  // namespace octet::server

int main(int argc, char** argv) {
  return octet::server::Main(std::vector<std::string>(argv + 1, argv + argc));
}
