#include "server/security/listen_address.h"

#include "gtest/gtest.h"

namespace octet::server {
namespace {

TEST(ListenAddress, FormsAndBack) {
  for (const char* text :
       {"127.0.0.1:8001", "[::1]:0", "localhost:65535", "unix:/run/o.sock", "unix:relative"}) {
    const absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(ListenAddress, RefusesOthers) {
  for (const char* text : {"", "8001", ":8001", "host", "host:", "host:x", "host:-1", "host:65536",
                           "::1:8001", "[::1]", "[::1:1", "unix:"}) {
    EXPECT_EQ(ParseListenAddress(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ListenAddress, KnowsWhatOtherMachinesReach) {
  for (const char* text : {"127.0.0.1:1", "127.255.0.9:1", "localhost:1", "[::1]:1", "unix:/s"}) {
    EXPECT_TRUE(ParseListenAddress(text)->IsLocal()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "128.0.0.1:1",
                           "127.0.0.1.example.org:1"}) {
    EXPECT_FALSE(ParseListenAddress(text)->IsLocal()) << text;
  }
}

}  // namespace
}  // namespace octet::server
