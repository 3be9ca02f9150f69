#include "server/services/quantize_job.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"

namespace octet::server {
namespace {

absl::StatusOr<std::string> ReadSource(const octet::v1::QuantizeStart& start, std::string uploaded,
                                       ModelRepository& repository) {
  if (!start.has_source()) {
    if (uploaded.empty()) {
      return absl::InvalidArgumentError(
          "no source: name a served model in start.source or send the model's bytes in chunks");
    }
    return uploaded;
  }
  const ModelLookup found = repository.Find(start.source().name(), start.source().version());
  if (!found.model.ok()) return found.model.status();
  return (*found.model)->ReadFile();
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

void DescribeTensor(const TensorReport& tensor, octet::v1::TensorReport* message) {
  message->set_tensor(tensor.tensor);
  message->set_op(tensor.op);
  message->set_quantized(tensor.quantized);
  message->set_reason(tensor.reason);
  message->set_elements(tensor.elements);
  message->set_bytes_before(tensor.bytes_before);
  message->set_bytes_after(tensor.bytes_after);
  message->set_scales(tensor.scales);
  message->set_quantized_dimension(tensor.quantized_dimension);
  message->set_min(tensor.min);
  message->set_max(tensor.max);
  message->set_sqnr_db(tensor.sqnr_db);
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

}  // namespace

absl::StatusOr<QuantizeOptions> ParseQuantizeOptions(const octet::v1::QuantizeOptions& message) {
  const char* name = "";
  switch (message.mode()) {
    case octet::v1::QUANTIZATION_MODE_UNSPECIFIED:
    case octet::v1::QUANTIZATION_MODE_DYNAMIC_RANGE:
      name = "dynamic-range";
      break;
    case octet::v1::QUANTIZATION_MODE_FULL_INTEGER:
      name = "full-integer";
      break;
    case octet::v1::QUANTIZATION_MODE_FLOAT16:
      name = "float16";
      break;
    case octet::v1::QUANTIZATION_MODE_INT16X8:
      name = "int16x8";
      break;
    case octet::v1::QUANTIZATION_MODE_WEIGHT_ONLY:
      name = "weight-only";
      break;
    default:
      return absl::InvalidArgumentError(absl::StrCat("options.mode: no mode ", message.mode()));
  }
  absl::StatusOr<QuantizationMode> mode = ParseQuantizationMode(name);
  if (!mode.ok()) return mode.status();
  QuantizeOptions options;
  options.mode = *mode;
  if (message.has_min_weight_elements()) {
    options.min_weight_elements = message.min_weight_elements();
  }
  options.per_channel = !message.per_tensor();
  return options;
}

absl::StatusOr<QuantizeResult> RunQuantize(const octet::v1::QuantizeStart& start,
                                           std::string uploaded, ModelRepository& repository,
                                           const ReportProgress& progress) {
  const auto tell = [&progress](const char* stage, absl::string_view tensor, double fraction) {
    octet::v1::QuantizeProgress message;
    message.set_stage(stage);
    message.set_tensor(std::string(tensor));
    message.set_fraction(fraction);
    return progress(message);
  };
  const absl::Status cancelled = absl::CancelledError("the client cancelled the quantization");
  if (!tell("read", "", 0)) return cancelled;
  absl::StatusOr<QuantizeOptions> options = ParseQuantizeOptions(start.options());
  if (!options.ok()) return options.status();
  if (start.has_store_as()) {  // before the work, not after it
    if (absl::Status target = ParseTarget(start.store_as()).status(); !target.ok()) return target;
  }
  absl::StatusOr<std::string> source = ReadSource(start, std::move(uploaded), repository);
  if (!source.ok()) return source.status();
  QuantizeResources resources;
  resources.progress = [&tell](const QuantizeProgress& progress) {
    return tell("quantize", progress.tensor, progress.fraction);
  };
  absl::StatusOr<QuantizedModel> quantized = QuantizeModel(*source, *options, resources);
  if (!quantized.ok()) return quantized.status();
  QuantizeResult result;
  result.bytes = std::move(quantized->bytes);
  result.report.set_bytes_before(quantized->report.bytes_before);
  result.report.set_bytes_after(quantized->report.bytes_after);
  for (const TensorReport& tensor : quantized->report.tensors) {
    DescribeTensor(tensor, result.report.add_tensors());
  }
  if (start.has_store_as()) {
    if (!tell("store", "", 1)) return cancelled;
    absl::Status stored = StoreResult(start.store_as(), repository, result);
    if (!stored.ok()) return stored;
  }
  return result;
}

}  // namespace octet::server
