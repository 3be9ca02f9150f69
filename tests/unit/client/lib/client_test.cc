#include "octet_client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "octet_client/channel.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<grpc::Channel> Connect(const FakeServer& server) {
  return *CreateChannel({.address = server.address()});
}

// Answers with the input's bytes as an INT8 output.
grpc::Status Echo(const inference::ModelInferRequest& request,
                  inference::ModelInferResponse* response) {
  auto* output = response->add_outputs();
  output->set_name("echo");
  output->set_datatype("INT8");
  output->add_shape(request.raw_input_contents(0).size());
  response->add_raw_output_contents(request.raw_input_contents(0));
  return grpc::Status::OK;
}

InferRequest OneInput(size_t bytes) {
  return {
      .model = {"m"},
      .inputs = {{"x", DataType::kInt8, {static_cast<int64_t>(bytes)}, std::string(bytes, 'z')}}};
}

TEST(ClientTest, TellsTheServersState) {
  FakeServer server;
  const Client client(Connect(server));
  const auto status = client.Status();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->live);
  EXPECT_TRUE(status->ready);
  EXPECT_EQ(status->name, "fake");
  EXPECT_EQ(status->version, "1.2.3");
  EXPECT_THAT(status->extensions, ElementsAre("model_repository"));
  server.answers().ready = false;
  EXPECT_FALSE(client.Status()->ready);
}

TEST(ClientTest, ListsAndDescribesModels) {
  FakeServer server;
  server.answers().models = {SmallModel("a"), SmallModel("b")};
  server.answers().config.set_max_batch_size(16);
  const Client client(Connect(server));
  EXPECT_EQ(client.Models()->models_size(), 2);
  EXPECT_EQ(client.Metadata({"b"})->inputs(0).name(), "image");
  EXPECT_EQ(client.Config({"b"})->max_batch_size(), 16);
}

TEST(ClientTest, ErrorsKeepCodeAndText) {
  FakeServer server;
  const Client client(Connect(server));
  const absl::Status status = client.Metadata({"none"}).status();
  EXPECT_EQ(status, absl::NotFoundError("there is no model 'none'"));
  EXPECT_TRUE(client.Reached());
}

TEST(ClientTest, InfersWithMessagesFarBeyondTheUsualLimit) {
  FakeServer server;
  server.answers().infer = Echo;
  const Client client(Connect(server));
  const size_t size = 40 << 20;
  const auto result = client.Infer(OneInput(size));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model.version, "7");
  EXPECT_EQ(result->outputs[0].data, std::string(size, 'z'));
}

TEST(ClientTest, GivesUpAtItsDeadline) {
  absl::Notification release;
  FakeServer server;
  server.answers().infer = Echo;
  server.answers().before_infer = [&] { release.WaitForNotification(); };
  const Client client(Connect(server), absl::Milliseconds(50));
  EXPECT_EQ(client.Infer(OneInput(1)).status().code(), absl::StatusCode::kDeadlineExceeded);
  release.Notify();
}

TEST(ClientTest, AnUnreachableServerIsTellable) {
  std::string address;
  { address = FakeServer().address(); }
  const Client client(*CreateChannel({.address = address}), absl::Seconds(20));
  EXPECT_EQ(client.Status().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(client.Reached());
}

TEST(ClientTest, LoadsAndUnloads) {
  FakeServer server;
  const Client client(Connect(server));
  EXPECT_TRUE(client.Load("a").ok());
  EXPECT_TRUE(client.Unload("b").ok());
  EXPECT_THAT(server.answers().loaded, ElementsAre("a"));
  EXPECT_THAT(server.answers().unloaded, ElementsAre("b"));
}

TEST(ClientTest, Evaluates) {
  FakeServer server;
  server.answers().evaluation.set_top1(0.75);
  octet::v1::EvaluateRequest request;
  request.add_labels(3);
  EXPECT_EQ(Client(Connect(server)).Evaluate(request)->top1(), 0.75);
  EXPECT_EQ(server.answers().evaluate_request.labels(0), 3);
}

TEST(ClientTest, SendsTheSourceAndJoinsTheResult) {
  FakeServer server;
  server.answers().quantize_report.set_bytes_after(11);
  server.answers().quantize_chunks = {"quantized", " model"};
  QuantizeRequest request;
  const std::string source((5 << 20) + 3, 's');
  request.source = source;
  request.start.mutable_options()->set_min_weight_elements(9);
  std::vector<double> fractions;
  const auto result =
      Client(Connect(server)).Quantize(request, [&](const octet::v1::QuantizeProgress& progress) {
        EXPECT_EQ(progress.tensor(), "weights");
        fractions.push_back(progress.fraction());
      });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model, "quantized model");
  EXPECT_EQ(result->report.bytes_after(), 11);
  EXPECT_THAT(fractions, ElementsAre(0.25, 1.0));
  EXPECT_EQ(server.answers().quantize_start.options().min_weight_elements(), 9);
  EXPECT_TRUE(server.answers().quantize_source == source);
}

TEST(ClientTest, ARefusalDuringTheUploadIsTheServersOwn) {
  FakeServer server;
  server.answers().quantize_refuses_early = true;
  server.answers().quantize_status = {grpc::StatusCode::UNIMPLEMENTED, "no such mode"};
  const std::string source(64 << 20, 's');
  QuantizeRequest request;
  request.source = source;
  const auto result =
      Client(Connect(server)).Quantize(request, [](const octet::v1::QuantizeProgress&) {});
  EXPECT_EQ(result.status(), absl::UnimplementedError("no such mode"));
}

TEST(ClientTest, ServesManyThreads) {
  FakeServer server;
  server.answers().models = {SmallModel("a")};
  const Client client(Connect(server));
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { answered += client.Metadata({"a"}).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 8);
}

}  // namespace
}  // namespace octet::client
