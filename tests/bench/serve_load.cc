// Loads a server of the KServe protocol and prints, as JSON, how many requests it answered and
// when.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "grpcpp/create_channel.h"
#include "inference/grpc_service.grpc.pb.h"
#include "tests/bench/load_generator.h"

namespace octet {
namespace {

struct Options {
  LoadOptions load;
  std::vector<std::string> models;
  int rows = 1;
};

// Bytes of one element; 0 for a type that has no fixed size.
size_t ElementBytes(const std::string& datatype) {
  static constexpr std::pair<const char*, size_t> kSizes[] = {
      {"BOOL", 1}, {"INT8", 1},   {"UINT8", 1},  {"INT16", 2}, {"UINT16", 2},
      {"FP16", 2}, {"BF16", 2},   {"INT32", 4},  {"FP32", 4},  {"INT64", 8},
      {"FP64", 8}, {"UINT32", 4}, {"UINT64", 8},
  };
  for (const auto& [name, bytes] : kSizes) {
    if (datatype == name) return bytes;
  }
  return 0;
}

// Codes of one byte are random. Other types are zeros: not every pattern of bits is a number.
std::string MakeContents(const std::string& datatype, size_t bytes) {
  std::string contents(bytes, '\0');
  if (ElementBytes(datatype) != 1) return contents;
  std::minstd_rand random(1);
  for (char& byte : contents) byte = static_cast<char>(random() >> 8);
  return contents;
}

// -1 stands for rows in the first place, for 1 elsewhere.
absl::Status AddInput(const inference::ModelMetadataResponse::TensorMetadata& tensor, int rows,
                      inference::ModelInferRequest& request) {
  const size_t element = ElementBytes(tensor.datatype());
  if (element == 0) {
    return absl::InvalidArgumentError(absl::StrCat("input '", tensor.name(), "' is of type ",
                                                   tensor.datatype(), ", which is not made here"));
  }
  auto& input = *request.add_inputs();
  input.set_name(tensor.name());
  input.set_datatype(tensor.datatype());
  size_t bytes = element;
  for (int i = 0; i < tensor.shape_size(); ++i) {
    const int64_t size = i == 0 && (tensor.shape(0) == -1 || tensor.shape(0) == 1) ? rows
                         : tensor.shape(i) == -1                                   ? 1
                                                 : tensor.shape(i);
    input.add_shape(size);
    bytes *= size;
  }
  request.add_raw_input_contents(MakeContents(tensor.datatype(), bytes));
  return absl::OkStatus();
}

grpc::ByteBuffer Serialize(const inference::ModelInferRequest& request) {
  const std::string bytes = request.SerializeAsString();
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// A request for a served model, by what its server says that it takes.
absl::StatusOr<LoadRequest> MakeRequest(inference::GRPCInferenceService::Stub& stub,
                                        const std::string& model, int rows) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  inference::ModelMetadataRequest ask;
  ask.set_name(model);
  inference::ModelMetadataResponse metadata;
  const grpc::Status status = stub.ModelMetadata(&context, ask, &metadata);
  if (!status.ok()) {
    return absl::UnavailableError(absl::StrCat("model '", model, "': ", status.error_message()));
  }
  inference::ModelInferRequest request;
  request.set_model_name(model);
  for (const auto& tensor : metadata.inputs()) {
    OCTET_RETURN_IF_ERROR(AddInput(tensor, rows, request));
  }
  return LoadRequest{model, Serialize(request)};
}

absl::StatusOr<nlohmann::ordered_json> Measure(const Options& options) {
  const auto stub = inference::GRPCInferenceService::NewStub(
      grpc::CreateChannel(options.load.address, grpc::InsecureChannelCredentials()));
  std::vector<LoadRequest> requests;
  for (const std::string& model : options.models) {
    OCTET_ASSIGN_OR_RETURN(LoadRequest request, MakeRequest(*stub, model, options.rows));
    requests.push_back(std::move(request));
  }
  const std::vector<LoadSummary> summaries = GenerateLoad(options.load, requests);
  nlohmann::ordered_json json = {{"in_flight", options.load.in_flight},
                                 {"rate", options.load.rate},
                                 {"rows", options.rows},
                                 {"seconds", options.load.seconds}};
  LoadSummary all;
  for (size_t i = 0; i < summaries.size(); ++i) {
    all.Merge(summaries[i]);
    json["models"][requests[i].model] = summaries[i].ToJson(options.load.seconds);
  }
  json["all"] = all.ToJson(options.load.seconds);
  return json;
}

void Declare(CLI::App& app, Options& options) {
  LoadOptions& load = options.load;
  app.add_option("models", options.models, "names of served models; requests take turns")
      ->required();
  app.add_option("--address", load.address, "HOST:PORT or unix:PATH, without TLS")->required();
  app.add_option("--rows", options.rows, "rows of each request")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--in-flight", load.in_flight,
                 "requests that are always under way; with --rate, the most that may be")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--rate", load.rate,
                 "arrivals a second, at random times; without it, a request "
                 "follows each answer")
      ->check(CLI::PositiveNumber);
  app.add_option("--connections", load.connections)
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--seconds", load.seconds, "how long to measure")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  app.add_option("--warm-up", load.warm_up_seconds, "seconds before that")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--deadline", load.deadline_seconds, "seconds that each request has")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

// Exit status: 0, 1 where the server cannot be asked, 2 for wrong usage.
int Main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Sends ModelInfer requests of random codes, as the models' metadata asks for, and prints "
      "one\n"
      "line of JSON: answers a second and their times, refusals, and errors by message.");
  Declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::StatusOr<nlohmann::ordered_json> json = Measure(options);
  if (!json.ok()) {
    std::fprintf(stderr, "serve_load: %s\n", std::string(json.status().message()).c_str());
    return 1;
  }
  std::printf("%s\n", json->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  return 0;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) { return octet::Main(argc, argv); }
