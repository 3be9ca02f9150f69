// Any bytes: ReadModel answers with a status, and a model that it accepts refers only to memory
// that is there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/model/model.h"

namespace {

void Touch(const octet::Model& model) {
  uint64_t sum = 0;
  for (const octet::SubgraphDef& graph : model.subgraphs()) {
    for (const octet::TensorDef& tensor : graph.tensors) {
      const uint64_t expected = tensor.shape.num_elements() * octet::DataTypeSize(tensor.type);
      if (!tensor.data.empty() && tensor.data.size() != expected) std::abort();
      for (const std::byte b : tensor.data) sum += static_cast<uint8_t>(b);
    }
    for (const octet::OperatorDef& op : graph.operators) {
      for (const int32_t t : op.inputs) sum += t < 0 ? 0 : graph.tensors.at(t).shape.rank();
      for (const int32_t t : op.outputs) sum += graph.tensors.at(t).shape.rank();
    }
  }
  volatile uint64_t sink = sum;
  static_cast<void>(sink);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto model = octet::ReadModel(std::string(reinterpret_cast<const char*>(data), size));
  if (model.ok()) Touch(**model);
  return 0;
}
