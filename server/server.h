// The daemon: start, ready, drain, stop.
#ifndef OCTET_SERVER_SERVER_H_
#define OCTET_SERVER_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/base/logging.h"
#include "server/options.h"

namespace octet::server {

// Everything that runs, wired together.
class Server {
 public:
  // Listens, and begins to load the repository: the daemon is live at once and ready when all of it
  // has been tried. Errors are those of the settings: an unusable instruction set, an unreadable
  // repository, an address that is taken, broken certificates. `logger` outlives the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       Logger* logger);
  // Requires Drain to have returned.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Not ready from now on. Serves until half a second has passed without a call or most of
  // `drain_seconds` is over, then takes no more and finishes what is under way; calls that are not
  // done when `drain_seconds` are over are cancelled.
  void Drain();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVER_H_
