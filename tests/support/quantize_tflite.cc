// Quantizes a `.tflite` file, for test drivers:
//   octet_quantize_tflite MODEL OUT MODE [NAME=VALUE...]
// Names: edge (type of inputs and outputs), samples (a file: the inputs' bytes, one sample after
// the other, inputs in the file's order), calibration, bias_correction, equalization. Prints the
// report's layers, one a line: operator, quantized, SQNR in dB, tensor.
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"
#include "octet/engine.h"
#include "octet/quantize.h"

namespace octet::testing {
namespace {

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!file || !(bytes << file.rdbuf())) return absl::NotFoundError(path);
  return bytes.str();
}

absl::StatusOr<std::vector<CalibrationSample>> Split(const std::string& model,
                                                     const std::string& bytes) {
  OCTET_ASSIGN_OR_RETURN(auto loaded, LoadModel(model));
  OCTET_ASSIGN_OR_RETURN(auto compiled, CompiledModel::Compile(loaded, {}));
  std::vector<CalibrationSample> samples;
  for (size_t at = 0; at < bytes.size();) {
    CalibrationSample sample;
    for (const IoTensor& input : compiled->description().inputs) {
      const size_t size = input.shape.num_elements() * DataTypeSize(input.type);
      if (size > bytes.size() - at) return absl::InvalidArgumentError("half a sample");
      const auto* begin = reinterpret_cast<const std::byte*>(bytes.data()) + at;
      sample.inputs.push_back({input.name, input.type, input.shape, {begin, size}});
      at += size;
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

absl::Status Set(const std::string& name, const std::string& value, QuantizeOptions& options,
                 std::string& samples) {
  if (name == "edge") {
    OCTET_ASSIGN_OR_RETURN(options.input_type, ParseEdgeType(value));
    options.output_type = options.input_type;
  } else if (name == "calibration") {
    OCTET_ASSIGN_OR_RETURN(options.calibration.method, ParseCalibrationMethod(value));
  } else if (name == "bias_correction") {
    options.bias_correction = value == "1";
  } else if (name == "equalization") {
    options.cross_layer_equalization = value == "1";
  } else if (name == "samples") {
    OCTET_ASSIGN_OR_RETURN(samples, ReadAll(value));
  } else {
    return absl::InvalidArgumentError(absl::StrCat("no option ", name));
  }
  return absl::OkStatus();
}

absl::Status Run(int argc, char** argv) {
  if (argc < 4) return absl::InvalidArgumentError("usage: MODEL OUT MODE [NAME=VALUE...]");
  OCTET_ASSIGN_OR_RETURN(const std::string model, ReadAll(argv[1]));
  QuantizeOptions options;
  OCTET_ASSIGN_OR_RETURN(options.mode, ParseQuantizationMode(argv[3]));
  std::string bytes;
  for (int i = 4; i < argc; ++i) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(argv[i], absl::MaxSplits('=', 1));
    OCTET_RETURN_IF_ERROR(Set(pair.first, pair.second, options, bytes));
  }
  QuantizeResources resources;
  OCTET_ASSIGN_OR_RETURN(const std::vector<CalibrationSample> samples, Split(model, bytes));
  resources.samples = samples;
  resources.pool = std::make_shared<ThreadPool>(ThreadPool::DefaultThreads());
  OCTET_ASSIGN_OR_RETURN(const QuantizedModel result, QuantizeModel(model, options, resources));
  for (const LayerReport& layer : result.report.layers) {
    std::cout << layer.op << " " << layer.quantized << " " << layer.error.sqnr_db << " "
              << layer.tensor << "\n";
  }
  std::ofstream out(argv[2], std::ios::binary);
  out << result.bytes;
  if (!out.flush()) return absl::UnavailableError(absl::StrCat("cannot write ", argv[2]));
  return absl::OkStatus();
}

}  // namespace
}  // namespace octet::testing

int main(int argc, char** argv) {
  const absl::Status status = octet::testing::Run(argc, argv);
  if (status.ok()) return 0;
  std::cerr << status.message() << "\n";
  return 1;
}
