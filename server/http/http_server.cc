#include "server/http/http_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/batching/retry_hint.h"
#include "server/http/http_status.h"
#include "server/http/json_infer.h"
#include "server/http/json_messages.h"

namespace octet::server {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::ordered_json;

constexpr char kJson[] = "application/json";
constexpr char kBinary[] = "application/octet-stream";
constexpr char kJsonLength[] = "Inference-Header-Content-Length";
constexpr int64_t kJsonShare = 8;

void SetJson(const ordered_json& json, Response& response) {
  response.set_content(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace), kJson);
}

void SetStatus(const absl::Status& status, Response& response) {
  response.status = HttpStatus(status.code());
  if (!status.ok()) SetJson({{"error", std::string(status.message())}}, response);
  const std::optional<int64_t> retry_ms = RetryPushbackMs(status);
  if (retry_ms.value_or(-1) < 0) return;
  response.set_header("Retry-After", absl::StrCat((*retry_ms + 999) / 1000));  // whole seconds
}

// The model and version that a path names; the version is empty where it names none.
template <typename Message>
Message Named(const Request& request) {
  Message message;
  message.set_name(request.matches[1]);
  message.set_version(request.matches[2]);
  return message;
}

// Reads a body of at most `limit` bytes.
absl::StatusOr<std::string> ReadBody(const httplib::ContentReader& read, int64_t limit) {
  std::string body;
  const bool whole = read([&](const char* data, size_t size) {
    if (body.size() + size > static_cast<size_t>(limit)) return false;
    body.append(data, size);
    return true;
  });
  if (whole) return body;
  return absl::ResourceExhaustedError(
      absl::StrCat("the body has more than ", limit, " bytes (max_message_bytes), or is cut off"));
}

absl::StatusOr<std::optional<size_t>> ParseJsonLength(const Request& request, size_t body_bytes,
                                                      int64_t limit) {
  std::optional<size_t> json_bytes;
  if (request.has_header(kJsonLength)) {
    uint64_t value = 0;
    if (!absl::SimpleAtoi(request.get_header_value(kJsonLength), &value)) {
      return absl::InvalidArgumentError(absl::StrCat(kJsonLength, " is no number"));
    }
    json_bytes = value;
  }
  if (json_bytes.value_or(body_bytes) > static_cast<size_t>(limit / kJsonShare)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("JSON may have ", limit / kJsonShare, " bytes: send tensors as binary data"));
  }
  return json_bytes;
}

// Runs the request to its end.
absl::Status Infer(const InferEnvironment& environment, const inference::ModelInferRequest& request,
                   inference::ModelInferResponse& response) {
  absl::Status result;
  absl::Notification done;
  InferCall::Start(environment, &request, &response, kNever, /*stream=*/nullptr,
                   [&](const absl::Status& status) {
                     result = status;
                     done.Notify();
                   });
  done.WaitForNotification();
  return result;
}

}  // namespace

class HttpServer::Implementation {
 public:
  Implementation(int64_t max_body_bytes, InferenceService* service)
      : max_body_bytes_(max_body_bytes), service_(service) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_keep_alive_timeout(1);  // an idle connection has a thread
    // Two daemons on one port would each take half of the clients.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    server_.set_tcp_nodelay(true);
    server_.set_error_handler([](const Request&, Response& response) {
      if (response.body.empty()) SetJson({{"error", "no such call"}}, response);
    });
    RouteServer();
    RouteModels();
    RouteRepository();
  }
  ~Implementation() { Stop(); }

  absl::Status Listen(const ListenAddress& address) {
    port_ = address.port;
    const bool bound = address.port == 0 ? (port_ = server_.bind_to_any_port(address.host)) > 0
                                         : server_.bind_to_port(address.host, address.port);
    if (!bound) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(),
                                                 " (--http-address): it is in use, or no address "
                                                 "of this machine"));
    }
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    return absl::OkStatus();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    // Before it runs, it does not hear that it shall stop.
    while (!server_.is_running() && !ended_) std::this_thread::yield();
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }

 private:
  void RouteServer() {
    server_.Get("/v2", [this](const Request&, Response& response) {
      inference::ServerMetadataResponse message;
      service_->FillServerMetadata(message);
      SetJson(MessageToJson(message), response);
    });
    server_.Get("/v2/health/live", [](const Request&, Response& response) {
      SetJson({{"live", true}}, response);
    });
    server_.Get("/v2/health/ready", [this](const Request&, Response& response) {
      const bool ready = service_->ready();
      response.status = ready ? 200 : 503;
      SetJson({{"ready", ready}}, response);
    });
    server_.Get("/v2/models/stats", [this](const Request&, Response& response) {
      inference::ModelStatisticsResponse message;
      const absl::Status status = service_->FillStatistics({}, message);
      status.ok() ? SetJson(MessageToJson(message), response) : SetStatus(status, response);
    });
  }

  // NAME is matches[1] and VERSION, empty where it is not given, matches[2].
  static std::string ModelPath(const char* rest) {
    return absl::StrCat(R"(/v2/models/([^/]+)(?:/versions/([^/]+))?)", rest);
  }

  void RouteModels() {
    server_.Get(ModelPath(""), [this](const Request& request, Response& response) {
      inference::ModelMetadataResponse message;
      const absl::Status status =
          service_->FillMetadata(Named<inference::ModelMetadataRequest>(request), message);
      status.ok() ? SetJson(MessageToJson(message), response) : SetStatus(status, response);
    });
    server_.Get(ModelPath("/ready"), [this](const Request& request, Response& response) {
      const absl::StatusOr<bool> ready =
          service_->IsModelReady(request.matches[1], request.matches[2].str());
      if (!ready.ok()) return SetStatus(ready.status(), response);
      response.status = *ready ? 200 : 503;
      SetJson({{"name", request.matches[1].str()}, {"ready", *ready}}, response);
    });
    server_.Get(ModelPath("/config"), [this](const Request& request, Response& response) {
      inference::ModelConfigResponse message;
      const absl::Status status =
          service_->FillConfig(Named<inference::ModelConfigRequest>(request), message);
      status.ok() ? SetJson(MessageToJson(message.config()), response)
                  : SetStatus(status, response);
    });
    server_.Get(ModelPath("/stats"), [this](const Request& request, Response& response) {
      inference::ModelStatisticsResponse message;
      const absl::Status status =
          service_->FillStatistics(Named<inference::ModelStatisticsRequest>(request), message);
      status.ok() ? SetJson(MessageToJson(message), response) : SetStatus(status, response);
    });
    server_.Post(ModelPath("/infer"), [this](const Request& request, Response& response,
                                             const httplib::ContentReader& read) {
      if (absl::Status status = AnswerInfer(request, read, response); !status.ok()) {
        SetStatus(status, response);
      }
    });
  }

  absl::Status AnswerInfer(const Request& request, const httplib::ContentReader& read,
                           Response& response) {
    absl::StatusOr<std::string> body = ReadBody(read, max_body_bytes_);
    if (!body.ok()) return body.status();
    const absl::StatusOr<std::optional<size_t>> json_bytes =
        ParseJsonLength(request, body->size(), max_body_bytes_);
    if (!json_bytes.ok()) return json_bytes.status();
    absl::StatusOr<JsonInferRequest> parsed = ParseJsonInfer(*body, *json_bytes);
    if (!parsed.ok()) return parsed.status();
    body->clear();
    body->shrink_to_fit();
    parsed->message.set_model_name(request.matches[1]);
    parsed->message.set_model_version(request.matches[2]);
    inference::ModelInferResponse message;
    if (absl::Status run = Infer(service_->environment(), parsed->message, message); !run.ok()) {
      return run;
    }
    absl::StatusOr<JsonInferAnswer> answer = WriteJsonInfer(*parsed, message);
    if (!answer.ok()) return answer.status();
    if (answer->json_bytes.has_value()) {
      response.set_header(kJsonLength, absl::StrCat(*answer->json_bytes));
    }
    response.set_content(std::move(answer->body), answer->json_bytes.has_value() ? kBinary : kJson);
    return absl::OkStatus();
  }

  void RouteRepository() {
    server_.Post("/v2/repository/index", [this](const Request&, Response& response,
                                                const httplib::ContentReader& read) {
      const absl::StatusOr<std::string> body = ReadBody(read, max_body_bytes_);
      if (!body.ok()) return SetStatus(body.status(), response);
      const auto json = nlohmann::json::parse(*body, nullptr, /*allow_exceptions=*/false);
      const bool ready_only = json.is_object() && json.value("ready", nlohmann::json()) == true;
      inference::RepositoryIndexResponse message;
      service_->FillIndex(ready_only, message);
      SetJson(MessageToJson(message)["models"], response);
    });
    const std::string model = R"(/v2/repository/models/([^/]+))";
    server_.Post(model + "/load", [this](const Request& request, Response& response,
                                         const httplib::ContentReader& read) {
      const absl::StatusOr<std::string> body = ReadBody(read, max_body_bytes_);
      if (!body.ok()) return SetStatus(body.status(), response);
      SetStatus(service_->environment().repository->Load(request.matches[1]), response);
    });
    server_.Post(model + "/unload", [this](const Request& request, Response& response,
                                           const httplib::ContentReader& read) {
      const absl::StatusOr<std::string> body = ReadBody(read, max_body_bytes_);
      if (!body.ok()) return SetStatus(body.status(), response);
      SetStatus(service_->environment().repository->Unload(request.matches[1]), response);
    });
  }

  const int64_t max_body_bytes_;
  InferenceService* const service_;
  httplib::Server server_;
  int port_ = 0;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const ListenAddress& address,
                                                              int64_t max_body_bytes,
                                                              InferenceService* service) {
  auto implementation = std::make_unique<Implementation>(max_body_bytes, service);
  if (absl::Status listen = implementation->Listen(address); !listen.ok()) return listen;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(implementation)));
}

int HttpServer::port() const { return implementation_->port(); }
void HttpServer::Stop() { implementation_->Stop(); }

}  // namespace octet::server
