// The files of `octet infer`: which to read, and where results go.
#ifndef OCTET_CLIENT_CLI_INFER_FILES_H_
#define OCTET_CLIENT_CLI_INFER_FILES_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/arguments.h"
#include "client/inputs/binding.h"

namespace octet::client {

// One request: a file for each of some inputs, by the input's name.
struct InferJob {
  std::string title;  // what the result is called: the file; empty where the inputs are named
  std::vector<std::pair<std::string, std::string>> files;
};

// Folders stand for the .npy, .png, .raw and .bin files in them, sorted. Errors: InvalidArgument
// where the files do not suit the model's inputs, or a folder holds none.
absl::StatusOr<std::vector<InferJob>> PlanJobs(const InferArguments& arguments,
                                               const std::vector<InputSpec>& specs);

absl::StatusOr<std::vector<Tensor>> LoadInputs(const InferJob& job,
                                               const std::vector<InputSpec>& specs,
                                               std::optional<PixelRange> range);

// Names of files for outputs, each used once.
class OutputNames {
 public:
  explicit OutputNames(std::string dir) : dir_(std::move(dir)) {}

  // "DIR/STEM.OUTPUT.npy", or "DIR/OUTPUT.npy" without a title. What a file name should not have is
  // replaced; a number makes the name new where it was used before.
  std::string Next(const std::string& title, const std::string& output);

 private:
  std::string dir_;
  std::set<std::string> used_;
};

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_INFER_FILES_H_
