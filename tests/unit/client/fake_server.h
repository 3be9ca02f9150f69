// A server of the protocol on a loopback port, whose answers a test sets and whose requests it
// sees.
#ifndef OCTET_TESTS_UNIT_CLIENT_FAKE_SERVER_H_
#define OCTET_TESTS_UNIT_CLIENT_FAKE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "inference/grpc_service.grpc.pb.h"
#include "octet/v1/octet.grpc.pb.h"

namespace octet::client {

// Set before a call, read after it: calls of one test come one after another.
struct FakeAnswers {
  bool ready = true;
  std::vector<inference::ModelMetadataResponse> models;  // found by name
  inference::ModelConfig config;
  std::function<grpc::Status(const inference::ModelInferRequest&, inference::ModelInferResponse*)>
      infer;
  std::function<void()> before_infer;  // runs first, to be slow in
  octet::v1::EvaluateResponse evaluation;
  grpc::Status evaluate_status;
  octet::v1::QuantizeReport quantize_report;
  std::vector<std::string> quantize_chunks;
  grpc::Status quantize_status;         // the end of the stream
  bool quantize_refuses_early = false;  // ends after the start message, before any chunk

  // What was asked.
  std::vector<inference::ModelInferRequest> infer_requests;
  octet::v1::EvaluateRequest evaluate_request;
  octet::v1::QuantizeStart quantize_start;
  std::string quantize_source;
  std::vector<octet::v1::SamplePart> quantize_samples;
  std::vector<std::string> loaded;
  std::vector<std::string> unloaded;
};

class FakeServer {
 public:
  explicit FakeServer(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials());
  ~FakeServer();

  FakeAnswers& answers() { return answers_; }
  // "127.0.0.1:PORT", which is also what a certificate for tests names.
  std::string address() const;

 private:
  class Inference;
  class Quantization;
  class Evaluation;

  FakeAnswers answers_;
  std::unique_ptr<Inference> inference_;
  std::unique_ptr<Quantization> quantization_;
  std::unique_ptr<Evaluation> evaluation_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Metadata of a model with one input "image" INT8 [-1,2,2,1] and one output "scores" FP32 [-1,3].
inference::ModelMetadataResponse SmallModel(const std::string& name);

// Adds a tensor to `metadata->inputs()` or `outputs()`.
void AddTensor(
    google::protobuf::RepeatedPtrField<inference::ModelMetadataResponse::TensorMetadata>* tensors,
    const std::string& name, const std::string& datatype, const std::vector<int64_t>& shape);

}  // namespace octet::client

#endif  // OCTET_TESTS_UNIT_CLIENT_FAKE_SERVER_H_
