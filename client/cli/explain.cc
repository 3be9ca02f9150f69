#include "client/cli/explain.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/commands.h"

namespace octet::client {

std::string ErrorText(const absl::Status& status) {
  std::string text;
  for (char c : status.message()) {
    text += c == '\n' ? std::string("\n") : Printable(absl::string_view(&c, 1));
  }
  return absl::StrCat(absl::StatusCodeToString(status.code()), ": ", text);
}

absl::Status ExplainUnreachable(const absl::Status& status, absl::string_view address) {
  return absl::UnavailableError(
      absl::StrCat("cannot reach a server at ", address, ": ", status.message(),
                   "\nIs octetd running? It is started with\n  octetd --model-repository DIR\n"
                   "and --address (or OCTET_ADDRESS) names one that listens elsewhere;\n"
                   "one with TLS needs --tls-ca."));
}

absl::Status ExplainNotFound(const absl::Status& status,
                             const inference::RepositoryIndexResponse& index) {
  std::map<std::string, std::vector<std::string>> versions;
  for (const auto& model : index.models()) {
    std::vector<std::string>& known = versions[model.name()];
    if (!model.version().empty()) known.push_back(model.version());
  }
  std::string list = absl::StrJoin(versions, "", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, "\n  ", entry.first);
    if (!entry.second.empty()) {
      absl::StrAppend(out, " (version ", absl::StrJoin(entry.second, ", "), ")");
    }
  });
  return absl::NotFoundError(
      absl::StrCat(status.message(), "\n",
                   versions.empty() ? "The server has no models." : "The server has:", list));
}

absl::Status Context::Explain(const absl::Status& status) const {
  if (status.code() == absl::StatusCode::kUnavailable && !client.Reached()) {
    return ExplainUnreachable(status, address);
  }
  if (status.code() == absl::StatusCode::kNotFound) {
    const auto index = client.Models();
    if (index.ok()) return ExplainNotFound(status, *index);
  }
  return status;
}

}  // namespace octet::client
