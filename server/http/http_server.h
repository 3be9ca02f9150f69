// The inference protocol's REST form, for people with curl: /v2/...
#ifndef OCTET_SERVER_HTTP_HTTP_SERVER_H_
#define OCTET_SERVER_HTTP_HTTP_SERVER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/security/listen_address.h"
#include "server/services/inference_service.h"

namespace octet::server {

// Translates each request into the message that a gRPC client would have sent, and hands it to the
// same code: what is checked, counted, limited and answered there is so here.
//
//   GET  /v2, /v2/health/live, /v2/health/ready, /v2/models/stats
//   GET  /v2/models/NAME[/versions/VERSION], and behind it /ready, /config, /stats
//   POST /v2/models/NAME[/versions/VERSION]/infer
//   POST /v2/repository/index, /v2/repository/models/NAME/load, /unload
//
// An error is {"error": TEXT} with the HTTP status that fits its gRPC code, and Retry-After where
// asking again later makes sense. One thread for each of
// at most kThreads connections; more wait.
class HttpServer {
 public:
  static constexpr int kThreads = 16;

  // Listens; `service` outlives the server. Unavailable where the address cannot be had.
  // `max_body_bytes` bounds a request's body, unpacked where it came packed; JSON in it may have an
  // eighth, because it takes many times its size in memory.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const ListenAddress& address,
                                                           int64_t max_body_bytes,
                                                           InferenceService* service);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;
  // Takes no more connections, and waits until the requests that have begun are answered.
  void Stop();

 private:
  class Implementation;
  explicit HttpServer(std::unique_ptr<Implementation> implementation);
  const std::unique_ptr<Implementation> implementation_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_HTTP_HTTP_SERVER_H_
