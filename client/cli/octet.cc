#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/commands.h"
#include "client/cli/explain.h"

namespace octet::client {
namespace {

constexpr absl::Duration kDefaultTimeout = absl::Seconds(30);

// Work that grows with its input has no limit of its own.
absl::Duration Timeout(const Arguments& arguments) {
  if (arguments.timeout_seconds) return absl::Seconds(*arguments.timeout_seconds);
  const bool long_work = std::holds_alternative<QuantizeArguments>(arguments.command) ||
                         std::holds_alternative<EvaluateArguments>(arguments.command);
  return long_work ? absl::InfiniteDuration() : kDefaultTimeout;
}

int Fail(const absl::Status& status, Console& console) {
  console.err << "octet: " << ErrorText(status) << std::endl;
  if (console.json) {
    WriteJson(console.out, {{"error",
                             {{"code", absl::StatusCodeToString(status.code())},
                              {"message", std::string(status.message())}}}});
  }
  return 1;
}

}  // namespace

int RunOctet(const std::vector<std::string>& args, Console& console) {
  const ParsedArguments parsed = ParseArguments(args);
  if (!parsed.arguments) {
    (parsed.exit_code == 0 ? console.out : console.err) << parsed.text << std::flush;
    return parsed.exit_code;
  }
  const Arguments& arguments = *parsed.arguments;
  console.json = arguments.json;
  auto channel = CreateChannel(arguments.channel);
  if (!channel.ok()) return Fail(channel.status(), console);
  const Client client(*channel, Timeout(arguments));
  const Context context{client, arguments.channel.address, console};
  const absl::Status status =
      std::visit([&](const auto& command) { return Run(context, command); }, arguments.command);
  console.out.flush();
  if (!status.ok()) return Fail(status, console);
  if (!console.out) return Fail(absl::DataLossError("cannot write to standard output"), console);
  return 0;
}

}  // namespace octet::client
