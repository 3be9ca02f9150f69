// Right answers under fire, from the message to the engine, without sockets: gRPC's own libraries
// are not built for ThreadSanitizer, what this runs is.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "server/services/infer_call.h"
#include "tests/support/model_builder.h"

namespace octet::server {
namespace {

namespace fs = std::filesystem;
using octet::testing::ModelBuilder;
using octet::testing::Quant;

constexpr int kClients = 32;
constexpr int kRequests = 1000;  // of a client
constexpr int kWidth = 24;
constexpr int kMostRows = 3;  // of a request

// [batch,24] -> FULLY_CONNECTED -> [batch,8].
std::string Network() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, kWidth}, Quant(0.1f, 3));
  std::vector<int8_t> weights(8 * kWidth);
  std::mt19937 random(11);
  for (int8_t& weight : weights)
    weight = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
  const int w = b.Constant<int8_t>("w", {8, kWidth}, weights, Quant(0.02f, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 8}, Quant(2.0f, -1));
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  return b.Build();
}

// Its rows are like no others.
std::string Image(int client, int request, int rows) {
  std::mt19937 random(static_cast<uint32_t>(client * kRequests + request));
  std::string image(static_cast<size_t>(rows) * kWidth, '\0');
  for (char& code : image) code = static_cast<char>(random());
  return image;
}

class InferFireTest : public ::testing::Test {
 protected:
  InferFireTest()
      : root_(fs::path(::testing::TempDir()) / "infer_fire"),
        log_(std::tmpfile()),
        logger_(LogFormat::kText, log_),
        pool_(std::make_shared<ThreadPool>(2)),
        repository_(root_.string(), Serving(), &clock_, &metrics_, &logger_, [] {}) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "net/1");
    std::ofstream(root_ / "net/1/model.tflite", std::ios::binary) << Network();
  }
  ~InferFireTest() override {
    std::fclose(log_);
    fs::remove_all(root_);
  }

  ServingOptions Serving() {
    ServingOptions serving;
    serving.compile.pool = pool_;
    serving.compile.max_rows = 16;
    serving.batch_timeout = std::chrono::microseconds(50);
    serving.workers = 2;
    serving.slots = std::make_shared<RunSlots>(2);
    serving.totals = std::make_shared<QueueBudgets>(1024, 1 << 20);
    return serving;
  }

  // The answer's bytes. `abandon`: the client goes away at once.
  absl::StatusOr<std::string> Infer(const std::string& image, bool abandon = false) {
    const InferEnvironment environment{.repository = &repository_,
                                       .clock = &clock_,
                                       .activity = &activity_,
                                       .memory = nullptr,
                                       .inflight_bytes = &inflight_};
    inference::ModelInferRequest request;
    request.set_model_name("net");
    auto* const input = request.add_inputs();
    input->set_name("x");
    input->set_datatype("INT8");
    input->add_shape(static_cast<int64_t>(image.size()) / kWidth);
    input->add_shape(kWidth);
    request.add_raw_input_contents(image);
    inference::ModelInferResponse response;
    absl::Status status;
    absl::Notification done;
    auto call = InferCall::Start(environment, &request, &response, kNever, nullptr,
                                 [&](const absl::Status& ended) {
                                   status = ended;
                                   done.Notify();
                                 });
    if (abandon) call->Cancel();
    done.WaitForNotification();
    call.reset();
    if (!status.ok()) return status;
    return response.raw_output_contents(0);
  }

  const fs::path root_;
  std::FILE* const log_;
  Logger logger_;
  SystemClock clock_;
  Activity activity_{&clock_};
  Metrics metrics_{"test", "test"};
  Budget inflight_{"bytes are under way", "--max-inflight-bytes", 1 << 30};
  const std::shared_ptr<ThreadPool> pool_;
  ModelRepository repository_;
};

TEST_F(InferFireTest, NoWrongByteAndNoErrorWhileTheModelIsReplaced) {
  ASSERT_TRUE(repository_.LoadAll([] { return false; }).ok());
  std::atomic<int> clients_left{kClients};
  std::atomic<int> wrong{0}, errors{0}, answered{0}, abandoned{0};
  std::vector<std::vector<std::string>> golden(kClients);
  for (int c = 0; c < kClients; ++c) {
    for (int r = 0; r < kRequests; ++r) {
      const auto answer = Infer(Image(c, r, 1 + r % kMostRows));
      ASSERT_TRUE(answer.ok()) << answer.status();
      golden[c].push_back(*answer);
    }
  }
  const auto shoot = [&](int c) {
    for (int r = 0; r < kRequests; ++r) {
      const bool abandon = r % 16 == 15;
      const auto answer = Infer(Image(c, r, 1 + r % kMostRows), abandon);
      if (answer.ok()) {
        ++answered;
        if (*answer != golden[c][r]) ++wrong;
      } else if (abandon && absl::IsCancelled(answer.status())) {
        ++abandoned;
      } else {
        ++errors;
        ADD_FAILURE() << "client " << c << ", request " << r << ": " << answer.status();
      }
    }
    --clients_left;
  };
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) clients.emplace_back(shoot, c);
  int loads = 0;
  do {
    ASSERT_TRUE(repository_.Load("net").ok());
    ++loads;
  } while (clients_left > 0);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(answered + abandoned, kClients * kRequests);
  EXPECT_GT(answered, kClients * kRequests * 9 / 10);
  EXPECT_GT(loads, 1);
  EXPECT_EQ(inflight_.used(), 0);
}

}  // namespace
}  // namespace octet::server
