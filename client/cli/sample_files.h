// Calibration samples of `octet quantize`: the files of one folder.
#ifndef OCTET_CLIENT_CLI_SAMPLE_FILES_H_
#define OCTET_CLIENT_CLI_SAMPLE_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "octet_client/client.h"

namespace octet::client {

struct SampleFolder {
  std::vector<CalibrationSample> samples;
  std::vector<std::string> files;  // the path of each
};

// One sample for each .npz (arrays named as the model's inputs) and .npy (of a model with one
// input), in the order of their names. Errors, with the path: NotFound; InvalidArgument for a
// folder without such files and for broken ones; ResourceExhausted beyond what a server takes by
// default.
absl::StatusOr<SampleFolder> ReadSamples(const std::string& folder);

// An error of the server that speaks of "sample N", with the file that this was.
absl::Status NameSample(const absl::Status& status, const std::vector<std::string>& files);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_SAMPLE_FILES_H_
