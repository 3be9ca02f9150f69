// octet: the command-line client of octetd.
#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "client/cli/commands.h"

int main(int argc, char** argv) {
  // Errors reach the user as statuses; gRPC's own log would only repeat them.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  octet::client::Console console{std::cout, std::cerr, isatty(STDOUT_FILENO) == 1,
                                 isatty(STDERR_FILENO) == 1};
  return octet::client::RunOctet(std::vector<std::string>(argv + 1, argv + argc), console);
}
