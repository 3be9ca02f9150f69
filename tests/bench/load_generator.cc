#include "tests/bench/load_generator.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"

namespace octet {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr char kMethod[] = "/inference.GRPCInferenceService/ModelInfer";

Clock::duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  // Otherwise channels to the same address would be one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

class Generator {
 public:
  Generator(const LoadOptions& options, const std::vector<LoadRequest>& requests)
      : options_(options),
        requests_(requests),
        begin_(Clock::now()),
        measured_from_(begin_ + FromSeconds(options.warm_up_seconds)),
        end_(measured_from_ + FromSeconds(options.seconds)),
        summaries_(requests.size()),
        not_sent_(requests.size()) {
    for (int i = 0; i < options.connections; ++i) {
      stubs_.push_back(std::make_unique<grpc::GenericStub>(Connect(options.address)));
    }
  }

  std::vector<LoadSummary> Run() {
    if (options_.rate > 0) {
      under_way_ = 1;  // the sender
      // A thread of its own: an arrival must not wait for the handling of answers.
      std::thread sender([this] { SendAtRate(); });
      ReceiveAll();
      sender.join();
    } else {
      under_way_ = options_.in_flight;
      for (int i = 0; i < options_.in_flight; ++i) Send(Clock::now());
      ReceiveAll();
    }
    for (size_t i = 0; i < summaries_.size(); ++i) summaries_[i].AddNotSent(not_sent_[i]);
    return std::move(summaries_);
  }

 private:
  struct Call {
    size_t request;
    Clock::time_point due;
    grpc::ClientContext context;
    grpc::ByteBuffer answer;
    grpc::Status status;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  };

  bool IsMeasured(Clock::time_point time) const { return time >= measured_from_ && time < end_; }
  size_t NextRequest() { return next_++ % requests_.size(); }

  // Called by one thread alone: the sender, or in a closed loop the receiver.
  void Send(Clock::time_point due) {
    grpc::GenericStub& stub = *stubs_[next_ / requests_.size() % stubs_.size()];
    auto call = std::make_unique<Call>();
    call->request = NextRequest();
    call->due = due;
    call->context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                   Seconds(options_.deadline_seconds)));
    call->reader =
        stub.PrepareUnaryCall(&call->context, kMethod, requests_[call->request].bytes, &queue_);
    call->reader->StartCall();
    Call* const tag = call.release();  // the receiver deletes it
    tag->reader->Finish(&tag->answer, &tag->status, tag);
  }

  void SendAtRate() {
    std::minstd_rand random(1);
    double seconds = 0;
    while (true) {
      seconds += NextArrival(options_.rate, random);
      const Clock::time_point due = begin_ + FromSeconds(seconds);
      if (due >= end_) break;
      std::this_thread::sleep_until(due);
      if (under_way_ > options_.in_flight) {
        const size_t request = NextRequest();
        not_sent_[request] += IsMeasured(due);
        continue;
      }
      ++under_way_;
      Send(due);
    }
    End();
  }

  void ReceiveAll() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      const Clock::time_point now = Clock::now();
      if (call->status.ok() && IsMeasured(now)) summaries_[call->request].AddAnswer();
      if (IsMeasured(call->due)) {
        summaries_[call->request].Add(
            call->status, std::chrono::duration<double, std::milli>(now - call->due).count());
      }
      if (options_.rate == 0 && now < end_) {
        Send(now);
      } else {
        End();
      }
    }
  }

  // Of a request, or of the sender.
  void End() {
    if (--under_way_ == 0) queue_.Shutdown();
  }

  const LoadOptions& options_;
  const std::vector<LoadRequest>& requests_;
  const Clock::time_point begin_, measured_from_, end_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  grpc::CompletionQueue queue_;
  std::atomic<int> under_way_{0};
  size_t next_ = 0;
  std::vector<LoadSummary> summaries_;
  std::vector<int64_t> not_sent_;
};

}  // namespace

double NextArrival(double rate, std::minstd_rand& random) {
  return std::exponential_distribution<double>(rate)(random);
}

std::vector<LoadSummary> GenerateLoad(const LoadOptions& options,
                                      const std::vector<LoadRequest>& requests) {
  return Generator(options, requests).Run();
}

}  // namespace octet
