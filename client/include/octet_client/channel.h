// The way to a server: address, TLS, sizes.
#ifndef OCTET_CLIENT_CHANNEL_H_
#define OCTET_CLIENT_CHANNEL_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::client {

// Files in PEM. TLS is used where any of them is named.
struct TlsFiles {
  std::string ca;    // who may have signed the server's certificate; empty: the system's roots
  std::string cert;  // the client's own certificate, with `key`; empty: none is shown
  std::string key;

  bool any() const { return !ca.empty() || !cert.empty() || !key.empty(); }
};

struct ChannelOptions {
  std::string address = "127.0.0.1:8001";  // host:port, or unix:PATH
  TlsFiles tls;
  int64_t max_message_bytes = 256 << 20;  // of one message, either way
};

// Connects lazily: an unreachable server shows at the first call, as Unavailable.
// Errors: InvalidArgument for `cert` without `key` or the reverse, or an empty address;
// NotFound and others for a file that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateChannel(const ChannelOptions& options);

// Whether `address` names this machine alone; such a way never leads through a proxy.
bool IsLocalAddress(absl::string_view address);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CHANNEL_H_
