#include "octet_client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/lib/files.h"

namespace octet::client {
namespace {

constexpr int64_t kMaxPemBytes = 1 << 20;

// Leaves `out` alone where no file is named.
absl::Status ReadPem(const std::string& path, std::string& out) {
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> text = ReadFile(path, kMaxPemBytes);
  if (!text.ok()) return text.status();
  if (!absl::StrContains(*text, "-----BEGIN ")) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no PEM block (-----BEGIN …)"));
  }
  out = *std::move(text);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const TlsFiles& files) {
  if (!files.any()) return grpc::InsecureChannelCredentials();
  if (files.cert.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        "a client certificate needs its key, and a key its certificate");
  }
  grpc::SslCredentialsOptions options;
  absl::Status status = ReadPem(files.ca, options.pem_root_certs);
  status.Update(ReadPem(files.cert, options.pem_cert_chain));
  status.Update(ReadPem(files.key, options.pem_private_key));
  if (!status.ok()) return status;
  return grpc::SslCredentials(options);
}

}  // namespace

bool IsLocalAddress(absl::string_view address) {
  for (absl::string_view prefix :
       {"unix:", "unix-abstract:", "localhost:", "127.", "[::1]:", "ipv4:127.", "ipv6:[::1]:"}) {
    if (absl::StartsWith(address, prefix)) return true;
  }
  return address == "localhost" || address == "[::1]";
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateChannel(const ChannelOptions& options) {
  if (options.address.empty()) {
    return absl::InvalidArgumentError("the server's address is empty: give HOST:PORT or unix:PATH");
  }
  auto credentials = Credentials(options.tls);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  const int limit = static_cast<int>(
      std::min<int64_t>(options.max_message_bytes, std::numeric_limits<int>::max()));
  arguments.SetMaxReceiveMessageSize(limit);
  arguments.SetMaxSendMessageSize(limit);
  if (IsLocalAddress(options.address)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(options.address, *credentials, arguments);
}

}  // namespace octet::client
