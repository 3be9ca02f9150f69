// The commands of `octet`: each asks the server and prints the answer.
#ifndef OCTET_CLIENT_CLI_COMMANDS_H_
#define OCTET_CLIENT_CLI_COMMANDS_H_

#include <string>

#include "absl/status/status.h"
#include "client/cli/arguments.h"
#include "client/cli/console.h"
#include "octet_client/client.h"

namespace octet::client {

// What a command works with; lives as long as the command.
struct Context {
  const Client& client;
  std::string address;
  Console& console;

  // The server's error with what helps a newcomer: how to start a server where none is reached,
  // the models that exist where one is not found. Keeps the code.
  absl::Status Explain(const absl::Status& status) const;
};

absl::Status Run(const Context& context, const StatusArguments& arguments);
absl::Status Run(const Context& context, const ModelsArguments& arguments);
absl::Status Run(const Context& context, const MetadataArguments& arguments);
absl::Status Run(const Context& context, const InferArguments& arguments);
absl::Status Run(const Context& context, const QuantizeArguments& arguments);
absl::Status Run(const Context& context, const EvaluateArguments& arguments);

// The whole program, but for the process around it. `args` without the program's name. Returns the
// exit status.
int RunOctet(const std::vector<std::string>& args, Console& console);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_COMMANDS_H_
