#include "server/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "octet/engine.h"
#include "octet/thread_pool.h"
#include "prometheus/exposer.h"
#include "server/base/clock.h"
#include "server/base/job_queue.h"
#include "server/http/http_server.h"
#include "server/metrics/metrics.h"
#include "server/metrics/process_collector.h"
#include "server/metrics/request_scope.h"
#include "server/models/repository.h"
#include "server/models/repository_watcher.h"
#include "server/security/credentials.h"
#include "server/services/evaluation_service.h"
#include "server/services/health_service.h"
#include "server/services/inference_service.h"
#include "server/services/quantization_service.h"
#include "server/services/server_state.h"
#include "server/version.h"

namespace octet::server {
namespace {

// Runs of one model at a time: each has memory of its own.
constexpr int kMaxWorkers = 8;
// Evaluations that run at the same time, and that wait.
constexpr int kJobThreads = 2;
constexpr size_t kMaxWaitingJobs = 16;
constexpr size_t kMaxWaitingLoads = 64;

constexpr std::chrono::milliseconds kQuiet(500);

// What the processor has and this program was built for.
std::string UsedIsas(const std::string& isa) {
  if (isa != "auto") return isa;
  const std::vector<std::string> built = absl::StrSplit(BuiltIsaNames(), ',');
  std::vector<std::string> found = absl::StrSplit(FoundIsaNames(), ',');
  found.erase(std::remove_if(found.begin(), found.end(),
                             [&built](const std::string& name) {
                               return std::find(built.begin(), built.end(), name) == built.end();
                             }),
              found.end());
  return absl::StrJoin(found, ",");
}

CompileOptions MakeCompileOptions(const ServerOptions& options, std::shared_ptr<ThreadPool> pool) {
  CompileOptions compile;
  compile.rounding = options.rounding;
  compile.isa = options.isa;
  compile.pool = std::move(pool);
  compile.max_rows = options.max_batch_size;
  return compile;
}

ServingOptions MakeServingOptions(const ServerOptions& options, std::shared_ptr<ThreadPool> pool) {
  ServingOptions serving;
  // A lone run gets all threads, and each of as many runs as threads one.
  serving.workers = std::min(kMaxWorkers, pool->threads());
  serving.slots = std::make_shared<RunSlots>(pool->threads());
  serving.compile = MakeCompileOptions(options, std::move(pool));
  serving.batch_timeout = std::chrono::microseconds(options.batch_timeout_us);
  serving.max_queue_rows = options.max_queue_rows;
  serving.max_queue_bytes = options.max_queue_bytes;
  serving.totals =
      std::make_shared<QueueBudgets>(options.max_total_queue_rows, options.max_total_queue_bytes);
  serving.capture_requests = options.capture_requests;
  serving.capture_bytes = options.capture_bytes;
  return serving;
}

}  // namespace

// In the order of dependence: destroyed from the last to the first.
struct Server::Parts {
  Parts(const ServerOptions& server_options, Logger* server_logger, int threads)
      : options(server_options),
        logger(server_logger),
        activity(&clock),
        metrics(kVersion, UsedIsas(options.isa)),
        inflight("bytes of requests and answers are under way", "--max-inflight-bytes",
                 options.max_inflight_bytes),
        pool(std::make_shared<ThreadPool>(threads)),
        repository(options.model_repository, MakeServingOptions(options, pool), &clock, &metrics,
                   logger, [this] { health.Notify(); }),
        health(&state, &repository),
        loads(1, kMaxWaitingLoads),
        jobs(kJobThreads, kMaxWaitingJobs),
        inference({&repository, &clock, &activity, shared_memory(), &inflight}, &state, &loads,
                  shared_memory(), options.allow_model_override, kVersion),
        quantization({repository, MakeCompileOptions(options, pool), clock}, &activity,
                     options.max_message_bytes),
        evaluation(&repository, &jobs, &activity) {}

  // Null where it is not served.
  SharedMemory* shared_memory() { return options.enable_shared_memory ? &memory : nullptr; }
  absl::Status ServeMetrics();
  absl::Status ServeGrpc();
  absl::Status ServeHttp();
  void LoadModels();

  const ServerOptions options;
  Logger* const logger;
  SystemClock clock;
  Activity activity;
  ServerState state;
  Metrics metrics;
  Budget inflight;
  const std::shared_ptr<ThreadPool> pool;
  ModelRepository repository;
  HealthService health;
  SharedMemory memory;
  JobQueue loads;
  JobQueue jobs;
  InferenceService inference;
  QuantizationService quantization;
  EvaluationService evaluation;
  std::shared_ptr<ProcessCollector> process = std::make_shared<ProcessCollector>();
  std::unique_ptr<prometheus::Exposer> exposer;
  std::unique_ptr<grpc::Server> grpc_server;
  std::unique_ptr<HttpServer> http_server;
  std::unique_ptr<RepositoryWatcher> watcher;  // once the first load is over
  std::thread first_load;
};

absl::Status Server::Parts::ServeMetrics() {
  ListenAddress address = options.metrics_address;
  if (address.host == "localhost") address.host = "127.0.0.1";  // the exposer knows numbers alone
  try {
    exposer = std::make_unique<prometheus::Exposer>(address.ToString());
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(),
                                               " (--metrics-address): it is in use, or no address "
                                               "of this machine"));
  }
  exposer->RegisterCollectable(metrics.registry());
  exposer->RegisterCollectable(process);
  return absl::OkStatus();
}

absl::Status Server::Parts::ServeGrpc() {
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials =
      MakeServerCredentials(options.tls);
  if (!credentials.ok()) return credentials.status();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  ListenAddress address = options.grpc_address;
  builder.AddListeningPort(address.ToString(), *credentials, &port);
  // Otherwise a second daemon on the same port would silently take half of the clients.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&inference);
  builder.RegisterService(&quantization);
  builder.RegisterService(&evaluation);
  builder.RegisterService(&health);
  grpc_server = builder.BuildAndStart();
  if (grpc_server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address.ToString(),
                     " (--grpc-address): it is in use, or no address "
                     "of this machine",
                     options.tls.cert.empty() ? "" : ", or certificate and key do not fit"));
  }
  if (!address.unix_socket) address.port = port;
  logger->Info(
      "listening",
      {{"grpc", address.ToString()},
       {"tls", options.tls.cert.empty()        ? "no"
               : options.tls.client_ca.empty() ? "yes"
                                               : "yes, with client certificates"},
       {"metrics", absl::StrCat("http://", options.metrics_address.ToString(), "/metrics")}});
  return absl::OkStatus();
}

absl::Status Server::Parts::ServeHttp() {
  if (!options.http_address.has_value()) return absl::OkStatus();
  ListenAddress address = *options.http_address;
  absl::StatusOr<std::unique_ptr<HttpServer>> server =
      HttpServer::Start(address, options.max_message_bytes, &inference);
  if (!server.ok()) return server.status();
  http_server = *std::move(server);
  address.port = http_server->port();
  logger->Info("listening", {{"http", absl::StrCat("http://", address.ToString(), "/v2")}});
  return absl::OkStatus();
}

void Server::Parts::LoadModels() {
  const absl::Status loaded = repository.LoadAll([this] { return state.draining(); });
  if (!loaded.ok()) logger->Error(loaded.message());
  state.FirstLoadEnded();
  health.Notify();
  if (state.draining()) return;
  if (options.reload != ReloadMode::kOff) {
    watcher = std::make_unique<RepositoryWatcher>(options.model_repository, options.reload,
                                                  &repository, &clock, logger);
  }
  int ready = 0;
  int failed = 0;
  for (const ModelIndexEntry& entry : repository.Index()) {
    ready += entry.state == ModelState::kReady;
    failed += entry.state == ModelState::kFailed;
  }
  if (ready == 0) {
    logger->Warning(
        "no model to serve; put files as DIR/<model>/<version>/model.tflite or "
        "DIR/<model>.tflite and load them with RepositoryModelLoad",
        {{"repository", options.model_repository}});
  }
  logger->Info("ready", {{"models", absl::StrCat(ready)}, {"failed", absl::StrCat(failed)}});
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      Logger* logger) {
  if (absl::Status isa = CheckIsa(options.isa); !isa.ok()) return isa;
  if (absl::Status scan = ScanRepository(options.model_repository).status(); !scan.ok()) {
    return scan;
  }
  const int threads = options.threads > 0 ? options.threads : ThreadPool::DefaultThreads();
  logger->Info(absl::StrCat("octetd ", kVersion, " starts"),
               {{"repository", options.model_repository},
                {"threads", absl::StrCat(threads)},
                {"isa", UsedIsas(options.isa)},
                {"rounding", std::string(RoundingName(options.rounding))},
                {"max_batch_size", absl::StrCat(options.max_batch_size)}});
  auto parts = std::make_unique<Parts>(options, logger, threads);
  if (absl::Status metrics = parts->ServeMetrics(); !metrics.ok()) return metrics;
  if (absl::Status grpc = parts->ServeGrpc(); !grpc.ok()) return grpc;
  if (absl::Status http = parts->ServeHttp(); !http.ok()) return http;
  parts->first_load = std::thread([p = parts.get()] { p->LoadModels(); });
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::Drain() {
  Parts& parts = *parts_;
  const auto now = [&parts] { return parts.clock.Now(); };
  const MonotonicTime begin = now();
  const auto seconds = [](double s) {
    return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(s));
  };
  parts.state.BeginDrain();
  parts.health.Notify();
  parts.logger->Info("draining: not ready any more, finishing what has begun",
                     {{"calls", absl::StrCat(parts.activity.calls())}});
  // A fifth of the time is kept for what comes last.
  const MonotonicTime close = begin + seconds(parts.options.drain_seconds * 0.8);
  // Who looks before each request shall have the time to see that it is not ready any more.
  const MonotonicTime seen = begin + kQuiet;
  while (now() < close && (now() < seen || !parts.activity.QuietFor(kQuiet))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  parts.health.EndWatches();
  if (parts.http_server != nullptr) parts.http_server->Stop();
  const MonotonicTime end = begin + seconds(parts.options.drain_seconds);
  parts.grpc_server->Shutdown(std::chrono::system_clock::now() +
                              std::max(end - now(), Nanoseconds(0)));
  parts.first_load.join();
  parts.watcher.reset();
  parts.logger->Info("stopped", {});
}

}  // namespace octet::server
