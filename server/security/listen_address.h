// Addresses that the daemon listens on.
#ifndef OCTET_SERVER_SECURITY_LISTEN_ADDRESS_H_
#define OCTET_SERVER_SECURITY_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::server {

struct ListenAddress {
  std::string host;  // a name or number, an IPv6 one without brackets; a path for a unix socket
  int port = 0;      // 0: any free one
  bool unix_socket = false;

  // Reached from this machine alone.
  bool IsLocal() const;
  // "127.0.0.1:8001", "[::1]:8001", "unix:/run/octet.sock".
  std::string ToString() const;
};

// HOST:PORT, [IPV6]:PORT or unix:PATH; InvalidArgument otherwise.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace octet::server

#endif  // OCTET_SERVER_SECURITY_LISTEN_ADDRESS_H_
