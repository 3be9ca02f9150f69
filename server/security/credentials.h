// Who may read what goes over the network.
#ifndef OCTET_SERVER_SECURITY_CREDENTIALS_H_
#define OCTET_SERVER_SECURITY_CREDENTIALS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"

namespace octet::server {

// Paths of PEM files.
struct TlsFiles {
  std::string cert;  // the server's certificate and those above it; empty: no TLS
  std::string key;
  std::string client_ca;  // not empty: clients must show a certificate signed by it
};

// Plain text without a certificate. NotFound, PermissionDenied or InvalidArgument, naming the file,
// where a file cannot be read or is no PEM file.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files);

}  // namespace octet::server

#endif  // OCTET_SERVER_SECURITY_CREDENTIALS_H_
