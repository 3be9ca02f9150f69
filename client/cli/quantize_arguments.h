// The options of `octet quantize` that say how to quantize.
#ifndef OCTET_CLIENT_CLI_QUANTIZE_ARGUMENTS_H_
#define OCTET_CLIENT_CLI_QUANTIZE_ARGUMENTS_H_

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "octet/v1/octet.pb.h"

namespace octet::client {

// What CLI11 fills, as text.
struct QuantizeFlags {
  std::string mode = "dynamic-range";
  int64_t min_elements = 0;
  bool per_tensor = false;
  std::string samples;
  std::string captured;
  std::string report;
  std::string calibration = "min-max";
  double percentile = 99.99;
  double averaging_constant = 0.01;
  std::string input_type = "float32";
  std::string output_type = "float32";
  bool require_full_integer = false;
  bool bias_correction = false;
  bool equalize = false;
  bool skip_latency = false;
  std::vector<std::string> include_ops;
  std::vector<std::string> exclude_ops;
  std::vector<std::string> include_tensors;
  std::vector<std::string> exclude_tensors;
};

// Declares them; `flags` outlives the command.
void AddQuantizeFlags(CLI::App* command, QuantizeFlags& flags);

// Of a command that was parsed. Throws CLI::ValidationError for options that do not go together.
octet::v1::QuantizeOptions MakeQuantizeOptions(const QuantizeFlags& flags, const CLI::App& command);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_QUANTIZE_ARGUMENTS_H_
