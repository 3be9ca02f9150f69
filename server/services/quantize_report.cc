#include "server/services/quantize_report.h"

#include <string>
#include <vector>

#include "server/services/data_types.h"

namespace octet::server {
namespace {

void Describe(const TensorReport& tensor, octet::v1::TensorReport* message) {
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
  message->set_role(TensorRoleName(tensor.role));
  message->set_datatype(std::string(ProtocolTypeName(tensor.type)));
  message->set_scale(tensor.scale);
  message->set_zero_point(tensor.zero_point);
  message->set_range_min(tensor.range_min);
  message->set_range_max(tensor.range_max);
  message->set_fixed_range(tensor.fixed_range);
  if (tensor.min_sample != kNoSample) message->set_min_sample(tensor.min_sample);
  if (tensor.max_sample != kNoSample) message->set_max_sample(tensor.max_sample);
  message->mutable_histogram()->Assign(tensor.histogram.begin(), tensor.histogram.end());
}

void Describe(const ErrorMeasure& error, octet::v1::ErrorMeasure* message) {
  message->set_sqnr_db(error.sqnr_db);
  message->set_cosine(error.cosine);
  message->set_max_abs(error.max_abs);
}

void Describe(const LayerReport& layer, octet::v1::LayerReport* message) {
  message->set_op_index(layer.op_index);
  message->set_op(layer.op);
  message->set_tensor(layer.tensor);
  message->set_quantized(layer.quantized);
  message->set_reason(layer.reason);
  if (layer.measured) Describe(layer.error, message->mutable_error());
}

void Describe(const std::vector<Obstacle>& obstacles,
              google::protobuf::RepeatedPtrField<octet::v1::Obstacle>* messages) {
  for (const Obstacle& obstacle : obstacles) {
    octet::v1::Obstacle* const message = messages->Add();
    message->set_subgraph(obstacle.subgraph);
    message->set_op_index(obstacle.op_index);
    message->set_op(obstacle.op);
    message->set_tensor(obstacle.tensor);
    message->set_reason(obstacle.reason);
  }
}

void DescribeRemarks(const QuantizeReport& report, octet::v1::QuantizeReport& message) {
  for (const DeviationReport& deviation : report.deviations) {
    octet::v1::DeviationReport* const entry = message.add_deviations();
    entry->set_rule(deviation.rule);
    entry->set_tensor(deviation.tensor);
    entry->set_detail(deviation.detail);
  }
  for (const ImprovementReport& improvement : report.improvements) {
    octet::v1::ImprovementReport* const entry = message.add_improvements();
    entry->set_kind(improvement.kind);
    entry->set_tensor(improvement.tensor);
    entry->set_detail(improvement.detail);
    entry->set_before(improvement.before);
    entry->set_after(improvement.after);
  }
  message.set_clamped_weights(report.clamped_weights);
  message.set_vanished_weights(report.vanished_weights);
  for (const std::string& note : report.notes) message.add_notes(note);
}

}  // namespace

octet::v1::QuantizeReport DescribeQuantization(const QuantizeReport& report) {
  octet::v1::QuantizeReport message;
  message.set_bytes_before(report.bytes_before);
  message.set_bytes_after(report.bytes_after);
  for (const TensorReport& tensor : report.tensors) Describe(tensor, message.add_tensors());
  for (const LayerReport& layer : report.layers) Describe(layer, message.add_layers());
  message.set_samples(report.samples);
  for (const OutputReport& output : report.outputs) {
    octet::v1::OutputReport* const entry = message.add_outputs();
    entry->set_output(output.output);
    Describe(output.error, entry->mutable_error());
    entry->set_agreement(output.agreement);
  }
  DescribeRemarks(report, message);
  octet::v1::CompatibilityReport* const compatibility = message.mutable_compatibility();
  Describe(report.compatibility.not_int8, compatibility->mutable_not_int8());
  Describe(report.compatibility.edge_tpu, compatibility->mutable_edge_tpu());
  Describe(report.compatibility.micro, compatibility->mutable_micro());
  return message;
}

}  // namespace octet::server
