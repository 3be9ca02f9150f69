#include "tests/bench/load_generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "inference/grpc_service.grpc.pb.h"

namespace octet {
namespace {

// Answers as its function says.
class Service final : public inference::GRPCInferenceService::CallbackService {
 public:
  explicit Service(std::function<grpc::Status(const inference::ModelInferRequest&)> answer)
      : answer_(std::move(answer)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~Service() override { server_->Shutdown(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* /*response*/) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(answer_(*request));
    return reactor;
  }

 private:
  const std::function<grpc::Status(const inference::ModelInferRequest&)> answer_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

LoadRequest RequestFor(const std::string& model) {
  inference::ModelInferRequest message;
  message.set_model_name(model);
  const grpc::Slice slice(message.SerializeAsString());
  return {model, grpc::ByteBuffer(&slice, 1)};
}

LoadOptions For(const Service& service) {
  LoadOptions options;
  options.address = service.address();
  options.connections = 2;
  options.warm_up_seconds = 0;
  options.seconds = 0.2;
  return options;
}

TEST(LoadGeneratorTest, AClosedLoopCountsWhatWasAnsweredOfEachRequest) {
  std::atomic<int64_t> a = 0, b = 0;
  Service service([&](const inference::ModelInferRequest& request) {
    ++(request.model_name() == "a" ? a : b);
    return grpc::Status::OK;
  });
  LoadOptions options = For(service);
  options.in_flight = 3;
  const auto summaries = GenerateLoad(options, {RequestFor("a"), RequestFor("b")});
  ASSERT_EQ(summaries.size(), 2u);
  // All that was sent was due in time.
  EXPECT_EQ(summaries[0].ToJson(1)["answered"], a.load());
  EXPECT_EQ(summaries[1].ToJson(1)["answered"], b.load());
  // The last ones may have been answered after the end.
  EXPECT_LE(summaries[0].ToJson(1)["per_second"], a.load());
  EXPECT_GE(summaries[0].ToJson(1)["per_second"], a.load() - options.in_flight);
  EXPECT_GT(a.load(), 0);
  EXPECT_LE(std::abs(a.load() - b.load()), 1);
}

TEST(LoadGeneratorTest, AnOpenLoopSendsAtItsRateWhateverIsAnswered) {
  std::atomic<int64_t> received = 0;
  Service service([&](const inference::ModelInferRequest&) {
    return ++received % 2 == 0 ? grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full")
                               : grpc::Status(grpc::StatusCode::INTERNAL, "broken");
  });
  LoadOptions options = For(service);
  options.in_flight = 1 << 16;
  options.rate = 500;
  const auto json = GenerateLoad(options, {RequestFor("a")}).front().ToJson(1);
  EXPECT_EQ(json["answered"], 0);
  EXPECT_EQ(json["refused"]["count"], received.load() / 2);
  EXPECT_EQ(json["errors"]["broken"], received.load() - received.load() / 2);
  EXPECT_EQ(json["not_sent"], 0);
  EXPECT_EQ(json["per_second"], 0);
  // 100 are due on average; the arrivals are the same each time.
  EXPECT_GT(received.load(), 50);
  EXPECT_LT(received.load(), 200);
}

TEST(LoadGeneratorTest, AnOpenLoopHasNoMoreUnderWayThanAllowed) {
  // Answers nothing until the load is over.
  absl::Notification over;
  std::atomic<int64_t> received = 0;
  Service service([&](const inference::ModelInferRequest&) {
    ++received;
    over.WaitForNotification();
    return grpc::Status::OK;
  });
  LoadOptions options = For(service);
  options.in_flight = 1;
  options.rate = 500;
  options.deadline_seconds = 2 * options.seconds;
  const auto json = GenerateLoad(options, {RequestFor("a")}).front().ToJson(1);
  over.Notify();
  EXPECT_EQ(received.load(), 1);
  EXPECT_EQ(json["errors"].size(), 1u);
  EXPECT_GT(json["not_sent"], 0);
}

TEST(LoadGeneratorTest, ArrivalsComeAtTheirRateAndAtRandom) {
  std::minstd_rand random(1);
  double sum = 0, squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double wait = NextArrival(50, random);
    sum += wait;
    squares += wait * wait;
  }
  const double mean = sum / kCount;
  EXPECT_NEAR(mean, 0.02, 0.0002);
  // Of an exponential distribution the deviation is the mean.
  EXPECT_NEAR(squares / kCount - mean * mean, 0.02 * 0.02, 0.02 * 0.02 * 0.05);
}

TEST(LoadSummaryTest, TellsTimesOfAnswersAndOfRefusals) {
  LoadSummary summary, other;
  for (int i = 1; i <= 50; ++i) summary.Add(grpc::Status::OK, i);
  for (int i = 51; i <= 101; ++i) other.Add(grpc::Status::OK, i);
  summary.AddAnswer();
  other.AddAnswer();
  other.Add({grpc::StatusCode::RESOURCE_EXHAUSTED, "full"}, 7);
  other.Add({grpc::StatusCode::INTERNAL, "broken"}, 1);
  other.AddNotSent(3);
  summary.Merge(other);
  const auto json = summary.ToJson(2);
  EXPECT_EQ(json["due"], 106);
  EXPECT_EQ(json["answered"], 101);
  EXPECT_EQ(json["per_second"], 1);
  EXPECT_EQ(json["p50_ms"], 51);
  EXPECT_EQ(json["p99_ms"], 100);
  EXPECT_EQ(json["max_ms"], 101);
  EXPECT_EQ(json["refused"]["count"], 1);
  EXPECT_EQ(json["refused"]["max_ms"], 7);
  EXPECT_EQ(json["not_sent"], 3);
  EXPECT_EQ(json["errors"]["broken"], 1);
}

}  // namespace
}  // namespace octet
