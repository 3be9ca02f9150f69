#include "server/services/quantize_job.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/services/captured_samples.h"
#include "server/services/quantize_options.h"
#include "server/services/quantize_report.h"

namespace octet::server {
namespace {

absl::StatusOr<std::string> ReadSource(QuantizeJob& job, const ModelRepository& repository) {
  if (!job.start.has_source()) {
    if (job.uploaded.empty()) {
      return absl::InvalidArgumentError(
          "no source: name a served model in start.source or send the model's bytes in chunks");
    }
    return std::move(job.uploaded);
  }
  const octet::v1::ModelRef& source = job.start.source();
  const ModelLookup found = repository.Find(source.name(), source.version());
  if (!found.model.ok()) return found.model.status();
  return (*found.model)->ReadFile();
}

absl::StatusOr<CapturedSamples> TakeCaptured(const QuantizeJob& job,
                                             const ModelRepository& repository) {
  const octet::v1::ModelRef& from = job.start.captured_from();
  const ModelLookup found = repository.Find(from.name(), from.version());
  if (!found.model.ok()) return found.model.status();
  return CapturedSamples::Take(**found.model);
}

absl::StatusOr<int64_t> ParseTarget(const octet::v1::ModelRef& target) {
  if (!IsModelName(target.name())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "store_as.name: '", target.name(),
        "' cannot be a model's name: letters, digits, '_', '-' and '.' can, not first a '.'"));
  }
  if (target.version().empty()) return 0;
  absl::StatusOr<int64_t> version = ParseVersion(target.version());
  if (version.ok()) return version;
  return absl::InvalidArgumentError(absl::StrCat("store_as.", version.status().message()));
}

// Before the work, not after it. A version that nobody serves is found when it is to be written.
absl::Status CheckTarget(const octet::v1::ModelRef& target, const ModelRepository& repository) {
  absl::StatusOr<int64_t> version = ParseTarget(target);
  if (!version.ok()) return version.status();
  if (*version != 0 && repository.Find(target.name(), target.version()).model.ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat("model '", target.name(), "' has a version ", *version, " already"));
  }
  return absl::OkStatus();
}

absl::Status StoreResult(const octet::v1::ModelRef& target, ModelRepository& repository,
                         QuantizeResult& result) {
  absl::StatusOr<int64_t> version = ParseTarget(target);
  if (!version.ok()) return version.status();
  absl::StatusOr<int64_t> stored = repository.StoreAndLoad(target.name(), *version, result.bytes);
  if (!stored.ok()) return stored.status();
  result.report.mutable_stored_as()->set_name(target.name());
  result.report.mutable_stored_as()->set_version(absl::StrCat(*stored));
  return absl::OkStatus();
}

bool Tell(const ReportProgress& progress, const char* stage, double fraction) {
  octet::v1::QuantizeProgress message;
  message.set_stage(stage);
  message.set_fraction(fraction);
  return progress(message);
}

absl::StatusOr<QuantizeResult> Quantize(QuantizeJob& job, const QuantizeEnvironment& environment,
                                        const QuantizeOptions& options,
                                        const ReportProgress& progress) {
  const absl::StatusOr<std::vector<CalibrationSample>> sent = job.samples.Samples();
  if (!sent.ok()) return sent.status();
  absl::StatusOr<CapturedSamples> captured;
  if (job.start.has_captured_from()) {
    if (!sent->empty()) {
      return absl::InvalidArgumentError("samples were sent although start.captured_from is set");
    }
    captured = TakeCaptured(job, environment.repository);
    if (!captured.ok()) return captured.status();
  }
  const absl::StatusOr<std::string> source = ReadSource(job, environment.repository);
  if (!source.ok()) return source.status();
  const QuantizeWork work{.source = *source,
                          .options = options,
                          .samples = captured.ok() ? captured->samples() : *sent,
                          .measure_latency = !job.start.skip_latency(),
                          .compile = environment.compile,
                          .clock = environment.clock};
  absl::StatusOr<QuantizeOutcome> outcome = QuantizeAtLowPriority(work, progress);
  if (!outcome.ok()) return outcome.status();
  QuantizeResult result{DescribeQuantization(outcome->quantized.report),
                        std::move(outcome->quantized.bytes)};
  if (outcome->latency_before.has_value()) {
    *result.report.mutable_latency_before() = *outcome->latency_before;
  }
  if (outcome->latency_after.has_value()) {
    *result.report.mutable_latency_after() = *outcome->latency_after;
  }
  return result;
}

}  // namespace

absl::StatusOr<QuantizeResult> RunQuantize(QuantizeJob job, const QuantizeEnvironment& environment,
                                           const ReportProgress& progress) {
  const absl::Status cancelled = absl::CancelledError("the client cancelled the quantization");
  if (!Tell(progress, "read", 0)) return cancelled;
  const absl::StatusOr<QuantizeOptions> options = ParseQuantizeOptions(job.start.options());
  if (!options.ok()) return options.status();
  if (job.start.has_store_as()) {
    const absl::Status target = CheckTarget(job.start.store_as(), environment.repository);
    if (!target.ok()) return target;
  }
  absl::StatusOr<QuantizeResult> result = Quantize(job, environment, *options, progress);
  if (!result.ok() || !job.start.has_store_as()) return result;
  if (!Tell(progress, "store", 1)) return cancelled;
  absl::Status stored = StoreResult(job.start.store_as(), environment.repository, *result);
  if (!stored.ok()) return stored;
  return result;
}

}  // namespace octet::server
