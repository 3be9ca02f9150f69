#include "tests/unit/client/fake_server.h"

#include <chrono>

#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

template <typename Models>
const inference::ModelMetadataResponse* Find(const Models& models, const std::string& name) {
  for (const auto& model : models) {
    if (model.name() == name) return &model;
  }
  return nullptr;
}

grpc::Status NotFound(const std::string& name) {
  return {grpc::StatusCode::NOT_FOUND, absl::StrCat("there is no model '", name, "'")};
}

}  // namespace

class FakeServer::Inference final : public inference::GRPCInferenceService::Service {
 public:
  explicit Inference(FakeAnswers& answers) : answers_(answers) {}

  grpc::Status ServerLive(grpc::ServerContext*, const inference::ServerLiveRequest*,
                          inference::ServerLiveResponse* response) override {
    response->set_live(true);
    return grpc::Status::OK;
  }

  grpc::Status ServerReady(grpc::ServerContext*, const inference::ServerReadyRequest*,
                           inference::ServerReadyResponse* response) override {
    response->set_ready(answers_.ready);
    return grpc::Status::OK;
  }

  grpc::Status ServerMetadata(grpc::ServerContext*, const inference::ServerMetadataRequest*,
                              inference::ServerMetadataResponse* response) override {
    response->set_name("fake");
    response->set_version("1.2.3");
    response->add_extensions("model_repository");
    return grpc::Status::OK;
  }

  grpc::Status ModelMetadata(grpc::ServerContext*, const inference::ModelMetadataRequest* request,
                             inference::ModelMetadataResponse* response) override {
    const auto* model = Find(answers_.models, request->name());
    if (model == nullptr) return NotFound(request->name());
    *response = *model;
    return grpc::Status::OK;
  }

  grpc::Status ModelConfig(grpc::ServerContext*, const inference::ModelConfigRequest*,
                           inference::ModelConfigResponse* response) override {
    *response->mutable_config() = answers_.config;
    return grpc::Status::OK;
  }

  grpc::Status ModelInfer(grpc::ServerContext*, const inference::ModelInferRequest* request,
                          inference::ModelInferResponse* response) override {
    if (answers_.before_infer) answers_.before_infer();
    answers_.infer_requests.push_back(*request);
    response->set_model_name(request->model_name());
    response->set_model_version("7");
    return answers_.infer(*request, response);
  }

  grpc::Status RepositoryIndex(grpc::ServerContext*, const inference::RepositoryIndexRequest*,
                               inference::RepositoryIndexResponse* response) override {
    for (const auto& model : answers_.models) {
      auto* entry = response->add_models();
      entry->set_name(model.name());
      entry->set_version("7");
      entry->set_state("READY");
    }
    return grpc::Status::OK;
  }

  grpc::Status RepositoryModelLoad(grpc::ServerContext*,
                                   const inference::RepositoryModelLoadRequest* request,
                                   inference::RepositoryModelLoadResponse*) override {
    answers_.loaded.push_back(request->model_name());
    return grpc::Status::OK;
  }

  grpc::Status RepositoryModelUnload(grpc::ServerContext*,
                                     const inference::RepositoryModelUnloadRequest* request,
                                     inference::RepositoryModelUnloadResponse*) override {
    answers_.unloaded.push_back(request->model_name());
    return grpc::Status::OK;
  }

 private:
  FakeAnswers& answers_;
};

class FakeServer::Quantization final : public octet::v1::QuantizationService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<octet::v1::QuantizeResponse, octet::v1::QuantizeRequest>;

  explicit Quantization(FakeAnswers& answers) : answers_(answers) {}

  grpc::Status Quantize(grpc::ServerContext*, Stream* stream) override {
    octet::v1::QuantizeRequest request;
    if (!stream->Read(&request)) return grpc::Status::CANCELLED;
    answers_.quantize_start = request.start();
    if (answers_.quantize_refuses_early) return answers_.quantize_status;
    while (stream->Read(&request)) {
      answers_.quantize_source += request.chunk();
      if (request.has_sample()) answers_.quantize_samples.push_back(request.sample());
    }
    octet::v1::QuantizeResponse response;
    for (double fraction : {0.25, 1.0}) {
      response.mutable_progress()->set_stage("quantize");
      response.mutable_progress()->set_tensor("weights");
      response.mutable_progress()->set_fraction(fraction);
      stream->Write(response);
    }
    *response.mutable_report() = answers_.quantize_report;
    stream->Write(response);
    for (const std::string& chunk : answers_.quantize_chunks) {
      response.set_chunk(chunk);
      stream->Write(response);
    }
    return answers_.quantize_status;
  }

 private:
  FakeAnswers& answers_;
};

class FakeServer::Evaluation final : public octet::v1::EvaluationService::Service {
 public:
  explicit Evaluation(FakeAnswers& answers) : answers_(answers) {}

  grpc::Status Evaluate(grpc::ServerContext*, const octet::v1::EvaluateRequest* request,
                        octet::v1::EvaluateResponse* response) override {
    answers_.evaluate_request = *request;
    *response = answers_.evaluation;
    return answers_.evaluate_status;
  }

 private:
  FakeAnswers& answers_;
};

FakeServer::FakeServer(std::shared_ptr<grpc::ServerCredentials> credentials)
    : inference_(std::make_unique<Inference>(answers_)),
      quantization_(std::make_unique<Quantization>(answers_)),
      evaluation_(std::make_unique<Evaluation>(answers_)) {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(256 << 20);
  builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
  builder.RegisterService(inference_.get());
  builder.RegisterService(quantization_.get());
  builder.RegisterService(evaluation_.get());
  server_ = builder.BuildAndStart();
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

std::string FakeServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

void AddTensor(
    google::protobuf::RepeatedPtrField<inference::ModelMetadataResponse::TensorMetadata>* tensors,
    const std::string& name, const std::string& datatype, const std::vector<int64_t>& shape) {
  auto* tensor = tensors->Add();
  tensor->set_name(name);
  tensor->set_datatype(datatype);
  tensor->mutable_shape()->Assign(shape.begin(), shape.end());
}

inference::ModelMetadataResponse SmallModel(const std::string& name) {
  inference::ModelMetadataResponse model;
  model.set_name(name);
  model.add_versions(std::string("7"));
  model.set_platform("tflite");
  AddTensor(model.mutable_inputs(), "image", "INT8", {-1, 2, 2, 1});
  AddTensor(model.mutable_outputs(), "scores", "FP32", {-1, 3});
  return model;
}

}  // namespace octet::client
