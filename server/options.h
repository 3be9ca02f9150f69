// What the daemon is asked to do: flags, environment, file, defaults, in this order.
#ifndef OCTET_SERVER_OPTIONS_H_
#define OCTET_SERVER_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "octet/engine.h"
#include "server/base/logging.h"
#include "server/models/repository_watcher.h"
#include "server/security/credentials.h"
#include "server/security/listen_address.h"

namespace octet::server {

struct ServerOptions {
  std::string model_repository;
  ListenAddress grpc_address{"127.0.0.1", 8001, false};
  ListenAddress metrics_address{"127.0.0.1", 8002, false};
  std::optional<ListenAddress> http_address;
  int threads = 0;  // 0: as many as the process may use
  std::string isa = "auto";
  Rounding rounding = Rounding::kFloat32;
  int max_batch_size = 16;
  int64_t batch_timeout_us = 0;
  int64_t max_queue_rows = 1024;
  int64_t max_queue_bytes = int64_t{256} << 20;
  int64_t max_total_queue_rows = 8192;
  int64_t max_total_queue_bytes = int64_t{512} << 20;
  int64_t max_inflight_bytes = int64_t{1} << 30;
  int64_t max_message_bytes = int64_t{256} << 20;
  int64_t capture_requests = 0;
  int64_t capture_bytes = int64_t{16} << 20;
  double drain_seconds = 10;
  bool insecure = false;
  TlsFiles tls;
  LogFormat log_format = LogFormat::kText;
  ReloadMode reload = ReloadMode::kWatch;
  bool allow_model_override = false;
  bool enable_shared_memory = false;
};

struct Command {
  enum class Kind { kServe, kListOps, kShowText };
  Kind kind = Kind::kServe;
  ServerOptions options;  // of kServe
  bool json = false;      // of kListOps
  std::string text;       // of kShowText: help or version
};

// The value of an environment variable.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// `args` without the program's name. InvalidArgument for bad usage, in a sentence that says what is
// right; other errors where the --config file cannot be read.
absl::StatusOr<Command> ParseCommand(const std::vector<std::string>& args, const Environment& env);

}  // namespace octet::server

#endif  // OCTET_SERVER_OPTIONS_H_
