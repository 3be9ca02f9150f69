// Decides which float constants of a model become smaller, for whom, and why the others do not: in
// the modes that leave activations float.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_PLAN_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/options.h"
#include "engine/quantize/transform/report.h"

namespace octet {

// A tensor of codes (int8, or halves) to make of a constant. Readers that want different axes get
// one each.
struct QuantizedCopy {
  int axis = 0;           // quantized dimension, or kPerTensor
  bool in_place = false;  // it takes the float tensor's place; else that one stays, for others
  std::vector<Reader> readers;
};

// A float constant that some operator reads.
struct ConstantPlan {
  int32_t subgraph = 0;
  int32_t tensor = 0;
  BuiltinOp first_op = BuiltinOp::kCustom;
  TensorRole role = TensorRole::kConstant;  // for its first reader
  std::vector<QuantizedCopy> copies;        // empty: it stays float
  std::string reason;                       // why it stays float
};

// All of them, by subgraph and tensor. The mode is kDynamicRange, kWeightOnly or kFloat16.
std::vector<ConstantPlan> PlanConstants(const Model& model, const QuantizeOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_PLAN_H_
