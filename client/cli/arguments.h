// The command line of `octet`, as values.
#ifndef OCTET_CLIENT_CLI_ARGUMENTS_H_
#define OCTET_CLIENT_CLI_ARGUMENTS_H_

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/inputs/binding.h"
#include "octet_client/channel.h"
#include "octet_client/client.h"

namespace octet::client {

struct StatusArguments {};
struct ModelsArguments {};

struct MetadataArguments {
  ModelName model;
};

struct InferArguments {
  ModelName model;
  std::vector<std::pair<std::string, std::string>> inputs;  // name, file: one request
  std::vector<std::string> files;                           // or: each a request, or a folder
  std::string output_dir;                                   // empty: write nothing
  int top = 5;
  bool codes = false;  // quantized outputs as they are
  std::optional<PixelRange> pixel_range;
};

struct QuantizeArguments {
  std::string input_path;  // empty: `source` is served
  std::optional<ModelName> source;
  std::string output_path;  // empty: only stored
  std::optional<ModelName> store_as;
  std::string samples_dir;            // empty: no samples
  std::optional<ModelName> captured;  // whose captured requests are the samples
  std::string report_path;            // empty: no page
  bool skip_latency = false;
  octet::v1::QuantizeOptions options;
};

struct EvaluateArguments {
  ModelName model;
  std::string data_path;
  std::optional<ModelName> reference;
};

using CommandArguments = std::variant<StatusArguments, ModelsArguments, MetadataArguments,
                                      InferArguments, QuantizeArguments, EvaluateArguments>;

struct Arguments {
  ChannelOptions channel;
  bool json = false;
  std::optional<double> timeout_seconds;  // absent: the command's own limit
  CommandArguments command;
};

// Either arguments, or a text to print (help and version: exit code 0; bad usage: 2).
struct ParsedArguments {
  std::optional<Arguments> arguments;
  int exit_code = 0;
  std::string text;
};

// `args` without the program's name. Reads OCTET_… of the environment for the global options.
ParsedArguments ParseArguments(const std::vector<std::string>& args);

// "NAME" or "NAME:VERSION", where VERSION is a number.
ModelName ParseModelName(const std::string& text);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_ARGUMENTS_H_
