#include "server/services/metadata.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/services/data_types.h"
#include "server/services/infer_request.h"

namespace octet::server {
namespace {

constexpr char kPlatform[] = "tflite";

void DescribeTensor(const ModelDescription& model, const IoTensor& tensor,
                    inference::ModelMetadataResponse::TensorMetadata* message) {
  message->set_name(tensor.name);
  const absl::string_view type = ProtocolTypeName(tensor.type);
  message->set_datatype(type.data(), type.size());
  const std::vector<int64_t> shape = PublicShape(model, tensor);
  message->mutable_shape()->Assign(shape.begin(), shape.end());
}

// The protocol leaves the batch out of a batchable model's dimensions.
template <typename Message>
void DescribeConfigTensor(const ModelDescription& model, const IoTensor& tensor, Message* message) {
  message->set_name(tensor.name);
  message->set_data_type(ToConfigType(tensor.type));
  const std::vector<int64_t> shape = PublicShape(model, tensor);
  message->mutable_dims()->Assign(shape.begin() + (model.batchable ? 1 : 0), shape.end());
}

void SetParameter(inference::ModelConfig& message, const std::string& key, std::string value) {
  (*message.mutable_parameters())[key].set_string_value(std::move(value));
}

void DescribeQuantization(absl::string_view side, const IoTensor& tensor,
                          inference::ModelConfig& message) {
  if (!tensor.quantization.is_quantized()) return;
  const std::string prefix = absl::StrCat(side, ".", tensor.name, ".");
  const auto exact = [](std::string* out, float value) {
    absl::StrAppendFormat(out, "%.9g", value);
  };
  SetParameter(message, prefix + "scale", absl::StrJoin(tensor.quantization.scale, ",", exact));
  SetParameter(message, prefix + "zero_point", absl::StrJoin(tensor.quantization.zero_point, ","));
}

void DescribePolicy(const VersionPolicy& policy, inference::ModelVersionPolicy& message) {
  switch (policy.kind) {
    case VersionPolicy::Kind::kAll:
      message.mutable_all();
      break;
    case VersionPolicy::Kind::kLatest:
      message.mutable_latest()->set_num_versions(static_cast<uint32_t>(policy.count));
      break;
    case VersionPolicy::Kind::kSpecific:
      message.mutable_specific()->mutable_versions()->Assign(policy.versions.begin(),
                                                             policy.versions.end());
      break;
  }
}

void SetDuration(const CountAndTime& from, inference::StatisticDuration* to) {
  to->set_count(from.count);
  to->set_ns(from.time.count());
}

}  // namespace

void DescribeModel(const ServedModel& model, const std::vector<std::string>& versions,
                   inference::ModelMetadataResponse& message) {
  const ModelDescription& description = model.description();
  message.set_name(model.name());
  message.mutable_versions()->Assign(versions.begin(), versions.end());
  message.set_platform(kPlatform);
  for (const IoTensor& tensor : description.inputs) {
    DescribeTensor(description, tensor, message.add_inputs());
  }
  for (const IoTensor& tensor : description.outputs) {
    DescribeTensor(description, tensor, message.add_outputs());
  }
}

void DescribeConfig(const ServedModel& model, inference::ModelConfig& message) {
  const ModelDescription& description = model.description();
  message.set_name(model.name());
  message.set_platform(kPlatform);
  message.set_backend("octet");
  DescribePolicy(model.version_policy(), *message.mutable_version_policy());
  message.set_default_model_filename("model.tflite");
  message.set_max_batch_size(description.batchable ? static_cast<int32_t>(model.max_batch_size())
                                                   : 0);
  for (const IoTensor& tensor : description.inputs) {
    DescribeConfigTensor(description, tensor, message.add_input());
    DescribeQuantization("input", tensor, message);
  }
  for (const IoTensor& tensor : description.outputs) {
    DescribeConfigTensor(description, tensor, message.add_output());
    DescribeQuantization("output", tensor, message);
  }
  inference::ModelInstanceGroup* const group = message.add_instance_group();
  group->set_name(model.name());
  group->set_count(model.workers());
  group->set_kind(inference::ModelInstanceGroup::KIND_CPU);
  if (description.batchable) {
    inference::ModelDynamicBatching& batching = *message.mutable_dynamic_batching();
    batching.set_max_queue_delay_microseconds(
        std::chrono::duration_cast<std::chrono::microseconds>(model.batch_timeout()).count());
    for (const int64_t rows : model.preferred_batch_sizes()) {
      batching.add_preferred_batch_size(static_cast<int32_t>(rows));
    }
  } else {
    SetParameter(message, "not_batchable_reason", description.not_batchable_reason);
  }
  SetParameter(message, "batchable", description.batchable ? "true" : "false");
  const absl::string_view rounding = RoundingName(description.rounding);
  SetParameter(message, "rounding", std::string(rounding));
  SetParameter(message, "isa", description.isa);
  SetParameter(message, "stateful", description.stateful ? "true" : "false");
  const SampleCapture* const capture = model.capture();
  SetParameter(message, "capture_requests",
               absl::StrCat(capture == nullptr ? 0 : capture->max_samples()));
}

void DescribeStatistics(const ServedModel& model, const ModelStatisticsSnapshot& statistics,
                        inference::ModelStatistics& message) {
  message.set_name(model.name());
  message.set_version(absl::StrCat(model.version()));
  message.set_last_inference(statistics.last_inference_ms);
  message.set_inference_count(statistics.inference_count);
  message.set_execution_count(statistics.execution_count);
  inference::InferStatistics* const infer = message.mutable_inference_stats();
  SetDuration(statistics.success, infer->mutable_success());
  SetDuration(statistics.fail, infer->mutable_fail());
  SetDuration(statistics.queue, infer->mutable_queue());
  SetDuration(statistics.compute_input, infer->mutable_compute_input());
  SetDuration(statistics.compute_infer, infer->mutable_compute_infer());
  SetDuration(statistics.compute_output, infer->mutable_compute_output());
  for (const auto& [rows, batch] : statistics.by_rows) {
    inference::InferBatchStatistics* const size = message.add_batch_stats();
    size->set_batch_size(rows);
    SetDuration(batch.compute_input, size->mutable_compute_input());
    SetDuration(batch.compute_infer, size->mutable_compute_infer());
    SetDuration(batch.compute_output, size->mutable_compute_output());
  }
  inference::MemoryUsage* const memory = message.add_memory_usage();
  memory->set_type("CPU");
  memory->set_byte_size(model.memory_bytes());
}

}  // namespace octet::server
