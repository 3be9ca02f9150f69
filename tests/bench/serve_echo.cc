// Answers ModelInfer with the bytes of the request: what gRPC alone costs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "inference/grpc_service.grpc.pb.h"

namespace octet {
namespace {

using Service = inference::GRPCInferenceService;
using CallbackService = Service::WithCallbackMethod_ServerReady<
    Service::WithCallbackMethod_ModelReady<Service::WithCallbackMethod_ModelMetadata<
        Service::WithRawCallbackMethod_ModelInfer<Service::Service>>>>;

class Echo final : public CallbackService {
 public:
  // Bytes of each model's only input.
  explicit Echo(std::map<std::string, int64_t> models) : models_(std::move(models)) {}

  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const inference::ServerReadyRequest* /*request*/,
                                        inference::ServerReadyResponse* response) override {
    response->set_ready(true);
    return Finish(context, true);
  }
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override {
    response->set_ready(models_.count(request->name()) > 0);
    return Finish(context, true);
  }
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override {
    const auto model = models_.find(request->name());
    if (model == models_.end()) return Finish(context, false);
    auto& input = *response->add_inputs();
    input.set_name("bytes");
    input.set_datatype("INT8");
    input.add_shape(-1);
    input.add_shape(model->second);
    return Finish(context, true);
  }
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override {
    *response = *request;
    return Finish(context, true);
  }

 private:
  static grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, bool found) {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(found ? grpc::Status::OK
                          : grpc::Status(grpc::StatusCode::NOT_FOUND, "no such model"));
    return reactor;
  }

  const std::map<std::string, int64_t> models_;
};

int Main(int argc, char** argv) {
  std::map<std::string, int64_t> models;
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) break;
    models[argument.substr(0, equals)] = std::atoll(argument.c_str() + equals + 1);
  }
  if (argc < 3 || static_cast<int>(models.size()) != argc - 2) {
    std::fprintf(stderr, "usage: serve_echo ADDRESS MODEL=BYTES...\n");
    return 2;
  }
  Echo echo(models);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(&echo);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "serve_echo: cannot listen on %s\n", argv[1]);
    return 1;
  }
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) { return octet::Main(argc, argv); }
