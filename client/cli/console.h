// Where a command writes: results to `out`, progress and errors to `err`.
#ifndef OCTET_CLIENT_CLI_CONSOLE_H_
#define OCTET_CLIENT_CLI_CONSOLE_H_

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

namespace octet::client {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool json = false;
};

// One document and a newline. Text that is no UTF-8 is replaced, infinities and NaN become null.
void WriteJson(std::ostream& out, const nlohmann::ordered_json& document);

// Text from outside, safe for a terminal: control characters as \xNN.
std::string Printable(absl::string_view text);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_CONSOLE_H_
