// Certificates for tests, made afresh.
#ifndef OCTET_TESTS_UNIT_CLIENT_SELF_SIGNED_H_
#define OCTET_TESTS_UNIT_CLIENT_SELF_SIGNED_H_

#include <string>

namespace octet::client {

struct KeyPair {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// For the address 127.0.0.1, signed by itself, valid for an hour.
KeyPair MakeSelfSigned();

}  // namespace octet::client

#endif  // OCTET_TESTS_UNIT_CLIENT_SELF_SIGNED_H_
