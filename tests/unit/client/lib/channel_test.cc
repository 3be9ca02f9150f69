#include "octet_client/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "octet_client/client.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/fixtures.h"
#include "tests/unit/client/self_signed.h"

namespace octet::client {
namespace {

using ::testing::HasSubstr;

TEST(ChannelTest, KnowsLocalAddresses) {
  for (const char* local : {"127.0.0.1:8001", "127.9.9.9:1", "localhost:8001", "[::1]:8001",
                            "unix:/run/octet.sock", "ipv4:127.0.0.1:1"}) {
    EXPECT_TRUE(IsLocalAddress(local)) << local;
  }
  for (const char* remote : {"gateway:8001", "10.0.0.1:8001", "localhost.example:1", "[::2]:1"}) {
    EXPECT_FALSE(IsLocalAddress(remote)) << remote;
  }
}

TEST(ChannelTest, RefusesHalfACertificateAndFilesThatAreNone) {
  const TemporaryFolder folder;
  const std::string text = folder.Write("text", "no PEM");
  EXPECT_EQ(CreateChannel({.address = ""}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CreateChannel({.tls = {.cert = text}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CreateChannel({.tls = {.ca = folder.path("none")}}).status().code(),
            absl::StatusCode::kNotFound);
  const absl::Status no_pem = CreateChannel({.tls = {.ca = text}}).status();
  EXPECT_EQ(no_pem.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(no_pem.message()), HasSubstr(text));
}

// A server that wants to see a certificate of the client's.
class TlsTest : public ::testing::Test {
 protected:
  TlsTest() : server_keys_(MakeSelfSigned()), client_keys_(MakeSelfSigned()) {
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = client_keys_.certificate;
    options.pem_key_cert_pairs.push_back({server_keys_.key, server_keys_.certificate});
    server_ = std::make_unique<FakeServer>(grpc::SslServerCredentials(options));
  }

  absl::Status Try(const TlsFiles& files) {
    auto channel = CreateChannel({.address = server_->address(), .tls = files});
    if (!channel.ok()) return channel.status();
    return Client(*channel, absl::Seconds(20)).Status().status();
  }

  const TemporaryFolder folder_;
  const KeyPair server_keys_;
  const KeyPair client_keys_;
  std::unique_ptr<FakeServer> server_;
};

TEST_F(TlsTest, BothSidesProveWhoTheyAre) {
  const std::string ca = folder_.Write("ca.pem", server_keys_.certificate);
  const std::string cert = folder_.Write("cert.pem", client_keys_.certificate);
  const std::string key = folder_.Write("key.pem", client_keys_.key);
  EXPECT_TRUE(Try({.ca = ca, .cert = cert, .key = key}).ok());
  EXPECT_EQ(Try({}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Try({.ca = ca}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Try({.ca = cert, .cert = cert, .key = key}).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace octet::client
