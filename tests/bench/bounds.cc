#include "tests/bench/bounds.h"

namespace octet {
namespace {

double Microseconds(int64_t amount, double per_second) {
  return per_second > 0 ? static_cast<double>(amount) / per_second * 1e6 : 0;
}

int64_t TensorBytes(const Graph& graph, absl::Span<const int32_t> tensors,
                    absl::Span<const Shape> shapes) {
  int64_t bytes = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    if (tensors[i] == kAbsentTensor) continue;
    const auto element = static_cast<int64_t>(DataTypeSize(graph.tensors[tensors[i]].type));
    bytes += shapes[i].num_elements() * element;
  }
  return bytes;
}

}  // namespace

StepBound BoundOf(const MachineLimits& limits, const StepWork& work) {
  const double compute_us = Microseconds(work.int8_macs, limits.int8_macs_per_second);
  double memory_us = 0;
  for (const MachineLimits::Reading& reading : limits.readings) {
    memory_us = Microseconds(work.bytes, reading.bytes_per_second);
    if (work.bytes <= reading.bytes) break;
  }
  if (compute_us == 0 && memory_us == 0) return {};
  if (compute_us >= memory_us) return {StepBound::Kind::kCompute, compute_us};
  return {StepBound::Kind::kMemory, memory_us};
}

bool MultipliesInt8(const Graph& graph, const GraphStep& step) {
  const auto type = [&](size_t i) { return graph.tensors[step.inputs[i]].type; };
  const auto is_code = [](DataType t) { return t == DataType::kInt8 || t == DataType::kUint8; };
  // TRANSPOSE_CONV: shape, weights, data. All others: data, weights.
  const size_t data = step.kind == BuiltinOp::kTransposeConv ? 2 : 0;
  if (step.inputs.size() <= data || step.inputs.size() < 2 || step.inputs[1] == kAbsentTensor) {
    return false;
  }
  return is_code(type(1)) && (is_code(type(data)) || type(data) == DataType::kFloat32);
}

int64_t StepBytes(const Graph& graph, const GraphStep& step, absl::Span<const Shape> inputs,
                  absl::Span<const Shape> outputs) {
  if (step.kind == BuiltinOp::kIf || step.kind == BuiltinOp::kWhile ||
      step.kind == BuiltinOp::kCallOnce) {
    return 0;
  }
  return TensorBytes(graph, step.inputs, inputs) + TensorBytes(graph, step.outputs, outputs);
}

}  // namespace octet
