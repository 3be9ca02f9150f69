// The client of a running octetd.
//
//   auto channel = octet::client::CreateChannel({.address = "127.0.0.1:8001"});
//   octet::client::Client client(*channel);
//   auto answer = client.Infer({.model = {"digits"}, .inputs = {image}});
//
// Every call blocks until it is answered, and is safe from any number of threads. Errors keep the
// server's code and text; Unavailable where there is no way to the server (see Reached),
// DeadlineExceeded after the client's time limit.
#ifndef OCTET_CLIENT_CLIENT_H_
#define OCTET_CLIENT_CLIENT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "inference/grpc_service.grpc.pb.h"
#include "octet/v1/octet.grpc.pb.h"
#include "octet_client/tensor.h"

namespace octet::client {

// A served model; an empty version is the newest that is ready.
struct ModelName {
  std::string name;
  std::string version;
};

struct ServerStatus {
  bool live = false;
  bool ready = false;
  std::string name;
  std::string version;
  std::vector<std::string> extensions;
};

struct InferRequest {
  ModelName model;
  std::vector<Tensor> inputs;
  std::vector<std::string> outputs;  // wanted; none named: all
  bool dequantize = false;           // quantized outputs as real values (FP32), not as codes
};

struct InferResult {
  ModelName model;  // with the version that answered
  std::vector<Tensor> outputs;
};

// Every input of a model once. A model with one input may leave its name out.
using CalibrationSample = std::vector<Tensor>;

struct QuantizeRequest {
  octet::v1::QuantizeStart start;
  // The source's bytes where `start` names no served model; must outlive the call.
  absl::string_view source;
  absl::Span<const CalibrationSample> samples;  // must outlive the call
};

struct QuantizeResult {
  octet::v1::QuantizeReport report;
  std::string model;  // empty where `return_model` was not asked for
};

using QuantizeProgressCallback = absl::FunctionRef<void(const octet::v1::QuantizeProgress&)>;

class Client {
 public:
  // `timeout` bounds each call from its start.
  explicit Client(std::shared_ptr<grpc::Channel> channel,
                  absl::Duration timeout = absl::InfiniteDuration());

  absl::StatusOr<ServerStatus> Status() const;

  // Every model and version that the server knows, with its state.
  absl::StatusOr<inference::RepositoryIndexResponse> Models() const;
  absl::StatusOr<inference::ModelMetadataResponse> Metadata(const ModelName& model) const;
  absl::StatusOr<inference::ModelConfig> Config(const ModelName& model) const;

  // Internal where the answer's tensors contradict their own shapes.
  absl::StatusOr<InferResult> Infer(const InferRequest& request) const;

  // Sends source and samples in chunks while `progress` is called, on this thread, with what the
  // server says.
  absl::StatusOr<QuantizeResult> Quantize(const QuantizeRequest& request,
                                          QuantizeProgressCallback progress) const;

  absl::StatusOr<octet::v1::EvaluateResponse> Evaluate(
      const octet::v1::EvaluateRequest& request) const;

  absl::Status Load(const std::string& model) const;
  absl::Status Unload(const std::string& model) const;

  // Whether there is a connection now: tells an Unavailable of the way from one of the server.
  bool Reached() const;

 private:
  std::shared_ptr<grpc::Channel> channel_;
  absl::Duration timeout_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> inference_;
  std::unique_ptr<octet::v1::QuantizationService::Stub> quantization_;
  std::unique_ptr<octet::v1::EvaluationService::Stub> evaluation_;
};

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLIENT_H_
