#include "server/models/served_model.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "octet/v1/config.pb.h"
#include "server/base/file.h"
#include "server/base/text_proto.h"
#include "server/models/engine_execution.h"

namespace octet::server {
namespace {

absl::Status CheckRange(const std::string& path, absl::string_view field, int64_t value,
                        SettingRange range) {
  if (range.Contains(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": ", field, " is ", value, ", must be from ", range.least, " to ", range.most));
}

absl::Status CheckSettings(const std::string& path, const octet::v1::ModelSettings& settings) {
  absl::Status status;
  if (settings.has_max_batch_size()) {
    status.Update(CheckRange(path, "max_batch_size", settings.max_batch_size(), kBatchSizeRange));
  }
  if (settings.has_batch_timeout_us()) {
    status.Update(
        CheckRange(path, "batch_timeout_us", settings.batch_timeout_us(), kBatchTimeoutUsRange));
  }
  if (settings.has_max_queue_rows()) {
    status.Update(CheckRange(path, "max_queue_rows", settings.max_queue_rows(), kQueueRange));
  }
  if (settings.has_max_queue_bytes()) {
    status.Update(CheckRange(path, "max_queue_bytes", settings.max_queue_bytes(), kQueueRange));
  }
  if (settings.has_priority()) {
    status.Update(CheckRange(path, "priority", settings.priority(), kPriorityRange));
  }
  if (settings.has_max_sequences()) {
    status.Update(CheckRange(path, "max_sequences", settings.max_sequences(), kSequencesRange));
  }
  if (settings.has_capture_requests()) {
    status.Update(
        CheckRange(path, "capture_requests", settings.capture_requests(), kCaptureRequestsRange));
  }
  if (settings.has_capture_bytes()) {
    status.Update(CheckRange(path, "capture_bytes", settings.capture_bytes(), kCaptureBytesRange));
  }
  if (settings.has_sequence_idle_us()) {
    status.Update(
        CheckRange(path, "sequence_idle_us", settings.sequence_idle_us(), kSequenceIdleUsRange));
  }
  return status;
}

// How long one run on zeros takes: it touches the weights and makes what a first run makes. Zeros
// may be no input that the model takes, which then is no fault of the model.
absl::StatusOr<Nanoseconds> WarmUp(Execution& execution, int inputs, Clock& clock) {
  if (absl::Status rows = execution.SetRows(1); !rows.ok()) return rows;
  for (int i = 0; i < inputs; ++i) {
    const absl::Span<std::byte> input = execution.input(i);
    std::fill(input.begin(), input.end(), std::byte{0});
  }
  const MonotonicTime start = clock.Now();
  if (absl::Status run = execution.Run(); !run.ok()) return run;
  return Nanoseconds(clock.Now() - start);
}

}  // namespace

absl::StatusOr<ServingOptions> WithModelSettings(const ServingOptions& defaults,
                                                 const octet::v1::ModelSettings& settings,
                                                 const std::string& where) {
  if (absl::Status check = CheckSettings(where, settings); !check.ok()) return check;
  ServingOptions options = defaults;
  if (settings.has_rounding()) {
    absl::StatusOr<Rounding> rounding = ParseRounding(settings.rounding());
    if (!rounding.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, ": rounding: ", rounding.status().message()));
    }
    options.compile.rounding = *rounding;
  }
  if (settings.has_max_batch_size()) options.compile.max_rows = settings.max_batch_size();
  if (settings.has_batch_timeout_us()) {
    options.batch_timeout = std::chrono::microseconds(settings.batch_timeout_us());
  }
  if (settings.preferred_batch_sizes_size() > 0) {
    const SettingRange range{1, options.compile.max_rows};
    for (const int32_t rows : settings.preferred_batch_sizes()) {
      const absl::Status check = CheckRange(where, "preferred_batch_sizes", rows, range);
      if (!check.ok()) return check;
    }
    options.preferred_batch_sizes.assign(settings.preferred_batch_sizes().begin(),
                                         settings.preferred_batch_sizes().end());
  }
  if (settings.has_max_queue_rows()) options.max_queue_rows = settings.max_queue_rows();
  if (settings.has_max_queue_bytes()) options.max_queue_bytes = settings.max_queue_bytes();
  if (settings.has_priority()) options.priority = settings.priority();
  if (settings.has_capture_requests()) options.capture_requests = settings.capture_requests();
  if (settings.has_capture_bytes()) options.capture_bytes = settings.capture_bytes();
  if (settings.has_max_sequences()) options.max_sequences = settings.max_sequences();
  if (settings.has_sequence_idle_us()) {
    options.sequence_idle = std::chrono::microseconds(settings.sequence_idle_us());
  }
  if (settings.has_version_policy()) {
    absl::StatusOr<VersionPolicy> versions = ParseVersionPolicy(settings.version_policy());
    if (!versions.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": ", versions.status().message()));
    }
    options.versions = *std::move(versions);
  }
  return options;
}

absl::StatusOr<ServingOptions> WithConfigFile(const ServingOptions& defaults,
                                              const std::string& config_path) {
  octet::v1::ModelSettings settings;
  if (absl::Status read = ReadTextProto(config_path, &settings); !read.ok()) return read;
  return WithModelSettings(defaults, settings, config_path);
}

absl::StatusOr<std::unique_ptr<ServedModel>> ServedModel::Load(
    const std::string& name, const VersionFile& file, const ServingOptions& options, Clock* clock,
    std::shared_ptr<ModelMetrics> metrics) {
  auto served = std::unique_ptr<ServedModel>(new ServedModel);
  served->name_ = name;
  served->version_ = file.version;
  served->path_ = file.path;
  served->bytes_ = file.bytes;
  absl::StatusOr<std::string> bytes = served->ReadFile();
  if (!bytes.ok()) return bytes.status();
  served->file_bytes_ = static_cast<int64_t>(bytes->size());
  absl::StatusOr<std::shared_ptr<const Model>> model = LoadModel(*std::move(bytes));
  if (!model.ok()) return model.status();
  absl::StatusOr<std::shared_ptr<const CompiledModel>> compiled =
      CompiledModel::Compile(*std::move(model), options.compile);
  if (!compiled.ok()) return compiled.status();
  served->compiled_ = *std::move(compiled);
  absl::StatusOr<RowBytes> row_bytes = ComputeRowBytes(served->description());
  if (!row_bytes.ok()) return row_bytes.status();
  served->row_bytes_ = *std::move(row_bytes);

  // One worker for a stateful model: requests of a stream run in the order in which they came.
  served->workers_ = served->description().stateful ? 1 : options.workers;
  std::vector<std::unique_ptr<Execution>> executions;
  for (int i = 0; i < served->workers_; ++i) {
    absl::StatusOr<std::unique_ptr<Execution>> execution =
        EngineExecution::Create(served->compiled_, StateBetweenRuns::kForget);
    if (!execution.ok()) return execution.status();
    const absl::StatusOr<Nanoseconds> run =
        WarmUp(**execution, static_cast<int>(served->row_bytes_.inputs.size()), *clock);
    if (i == 0) served->first_run_ = run;
    executions.push_back(*std::move(execution));
  }
  served->limits_.timeout = options.batch_timeout;
  if (served->description().batchable) {
    served->limits_.max_rows = options.compile.max_rows;
    served->limits_.preferred = options.preferred_batch_sizes;
  }
  served->max_queue_rows_ = options.max_queue_rows;
  served->max_sequences_ = options.max_sequences;
  served->version_policy_ = options.versions;
  if (served->description().stateful) {
    served->sequences_ = std::make_unique<SequenceTable>(name, options.sequence_idle, clock);
  }
  served->metrics_ = std::move(metrics);
  if (options.capture_requests > 0) {
    served->capture_ = std::make_unique<SampleCapture>(
        options.capture_requests, options.capture_bytes,
        [metrics = served->metrics_](int64_t requests, int64_t bytes) {
          metrics->SetCaptured(requests, bytes);
        });
  }
  served->batcher_ = std::make_unique<Batcher>(
      BatcherOptions{.model = name,
                     .limits = served->limits_,
                     .max_queue_rows = options.max_queue_rows,
                     .max_queue_bytes = options.max_queue_bytes,
                     .totals = options.totals,
                     .slots = options.slots,
                     .weight = static_cast<double>(options.priority)},
      served->row_bytes_, std::move(executions), clock, served->metrics_.get());
  return served;
}

absl::StatusOr<std::string> ServedModel::ReadFile() const {
  if (bytes_ != nullptr) return *bytes_;
  return ReadWholeFile(path_);
}

absl::StatusOr<std::shared_ptr<Execution>> ServedModel::NewStatefulExecution() {
  if (states_->fetch_add(1) >= max_sequences_) {
    states_->fetch_sub(1);
    return absl::ResourceExhaustedError(
        absl::StrCat("model '", name_, "' keeps the state of ", max_sequences_,
                     " streams and sequences, which is its limit (max_sequences)"));
  }
  absl::StatusOr<std::unique_ptr<Execution>> execution =
      EngineExecution::Create(compiled_, StateBetweenRuns::kKeep);
  if (!execution.ok()) {
    states_->fetch_sub(1);
    return execution.status();
  }
  // It may outlive this model.
  return std::shared_ptr<Execution>(execution->release(), [count = states_](Execution* e) {
    delete e;
    count->fetch_sub(1);
  });
}

int64_t ServedModel::memory_bytes() const {
  const ModelDescription& model = description();
  return static_cast<int64_t>(model.weight_bytes + workers_ * model.arena_bytes);
}

}  // namespace octet::server
