#include "client/cli/console.h"

#include "absl/strings/str_format.h"

namespace octet::client {

void WriteJson(std::ostream& out, const nlohmann::ordered_json& document) {
  out << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

std::string Printable(absl::string_view text) {
  std::string safe;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&safe, "\\x%02x", byte);
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace octet::client
