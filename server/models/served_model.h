// One loaded version of a model, with its queue and workers.
#ifndef OCTET_SERVER_MODELS_SERVED_MODEL_H_
#define OCTET_SERVER_MODELS_SERVED_MODEL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "octet/engine.h"
#include "octet/v1/config.pb.h"
#include "server/base/clock.h"
#include "server/batching/batcher.h"
#include "server/metrics/metrics.h"
#include "server/models/repository_scan.h"
#include "server/models/sample_capture.h"
#include "server/models/sequence_table.h"
#include "server/models/version_policy.h"

namespace octet::server {

// What the settings of the daemon and of models may be.
struct SettingRange {
  int64_t least;
  int64_t most;
  bool Contains(int64_t value) const { return value >= least && value <= most; }
};
inline constexpr SettingRange kBatchSizeRange{1, 1 << 16};
inline constexpr SettingRange kBatchTimeoutUsRange{0, 60'000'000};
inline constexpr SettingRange kQueueRange{1, int64_t{1} << 50};
inline constexpr SettingRange kPriorityRange{1, 1000};
inline constexpr SettingRange kSequencesRange{1, 1 << 20};
inline constexpr SettingRange kCaptureRequestsRange{0, 10'000};
inline constexpr SettingRange kCaptureBytesRange{1, int64_t{1} << 30};
inline constexpr SettingRange kSequenceIdleUsRange{1, int64_t{7} * 24 * 3600 * 1'000'000};

// How models are made ready: the daemon's defaults, over which a model's own settings go.
struct ServingOptions {
  CompileOptions compile;  // compile.max_rows is the maximum batch size
  Nanoseconds batch_timeout{0};
  std::vector<int64_t> preferred_batch_sizes;  // each at most compile.max_rows
  int64_t max_queue_rows = 1024;
  int64_t max_queue_bytes = int64_t{256} << 20;
  int workers = 1;                       // runs of one model that may happen at the same time
  std::shared_ptr<QueueBudgets> totals;  // of all models
  std::shared_ptr<RunSlots> slots;       // of all models
  int priority = 1;                      // this model's part of the computing, to the others'
  VersionPolicy versions;
  int max_sequences = 256;  // of streams and sequences whose state is kept
  Nanoseconds sequence_idle = std::chrono::seconds(60);
  int64_t capture_requests = 0;  // kept as samples; 0: none
  int64_t capture_bytes = int64_t{16} << 20;
};

// Lays a model's settings over `defaults`. InvalidArgument, naming `where` they stand and the
// field, for settings that make no sense.
absl::StatusOr<ServingOptions> WithModelSettings(const ServingOptions& defaults,
                                                 const octet::v1::ModelSettings& settings,
                                                 const std::string& where);

// The same with the settings of a model's config.pbtxt; a mistake in the text is named by its line.
absl::StatusOr<ServingOptions> WithConfigFile(const ServingOptions& defaults,
                                              const std::string& config_path);

// Immutable but for its queue; thread-safe.
class ServedModel {
 public:
  // Reads, verifies, compiles and runs every worker once, so that the first request finds
  // everything warm; takes seconds for a big model. `clock` outlives the result.
  static absl::StatusOr<std::unique_ptr<ServedModel>> Load(const std::string& name,
                                                           const VersionFile& file,
                                                           const ServingOptions& options,
                                                           Clock* clock,
                                                           std::shared_ptr<ModelMetrics> metrics);

  const std::string& name() const { return name_; }
  int64_t version() const { return version_; }
  // The model's file: as it lies in the repository now, or as it came in a request.
  absl::StatusOr<std::string> ReadFile() const;
  int64_t file_bytes() const { return file_bytes_; }
  const ModelDescription& description() const { return compiled_->description(); }
  const std::shared_ptr<const CompiledModel>& compiled() const { return compiled_; }
  const RowBytes& row_bytes() const { return row_bytes_; }
  // Rows of one run; 1 for a model that cannot be batched.
  int64_t max_batch_size() const { return limits_.max_rows; }
  const std::vector<int64_t>& preferred_batch_sizes() const { return limits_.preferred; }
  int64_t max_queue_rows() const { return max_queue_rows_; }
  Nanoseconds batch_timeout() const { return limits_.timeout; }
  int workers() const { return workers_; }
  // What the first run of all took, one row of zeros; or why that failed, which requests that send
  // something else may not.
  const absl::StatusOr<Nanoseconds>& first_run() const { return first_run_; }
  const VersionPolicy& version_policy() const { return version_policy_; }
  int64_t memory_bytes() const;
  Batcher& batcher() { return *batcher_; }
  // An execution that keeps a stateful model's state from run to run, for one stream or sequence.
  // ResourceExhausted where `max_sequences` of them live already. Not run beforehand: that would
  // leave state behind, and weights and kernels are warm from the workers' runs.
  absl::StatusOr<std::shared_ptr<Execution>> NewStatefulExecution();
  // Null for a model that is not stateful.
  SequenceTable* sequences() { return sequences_.get(); }
  // Null for a model that keeps no requests as samples.
  SampleCapture* capture() const { return capture_.get(); }
  const std::shared_ptr<ModelMetrics>& metrics() const { return metrics_; }

 private:
  ServedModel() = default;

  std::string name_;
  int64_t version_ = 0;
  std::string path_;
  std::shared_ptr<const std::string> bytes_;  // of a file that came in a request
  int64_t file_bytes_ = 0;
  std::shared_ptr<const CompiledModel> compiled_;
  RowBytes row_bytes_;
  BatchLimits limits_;
  int64_t max_queue_rows_ = 0;
  int workers_ = 1;
  absl::StatusOr<Nanoseconds> first_run_ = Nanoseconds{0};
  std::shared_ptr<ModelMetrics> metrics_;
  int max_sequences_ = 0;
  std::shared_ptr<std::atomic<int>> states_ = std::make_shared<std::atomic<int>>(0);
  std::unique_ptr<SequenceTable> sequences_;
  std::unique_ptr<SampleCapture> capture_;
  VersionPolicy version_policy_;
  std::unique_ptr<Batcher> batcher_;
};

// Keeps a model alive and its queue open while a request uses it, whatever becomes of the model in
// the repository meanwhile.
using ModelHandle = std::shared_ptr<ServedModel>;

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_SERVED_MODEL_H_
