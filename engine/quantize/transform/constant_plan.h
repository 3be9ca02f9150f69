// Decides which float constants of a model become int8, for whom, and why the others do not.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_PLAN_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "engine/quantize/transform/options.h"

namespace octet {

// Input `slot` of operator `op` of the constant's subgraph.
struct Reader {
  int32_t op = 0;
  int32_t slot = 0;
};

// An int8 tensor to make of a constant. Readers that want different axes get one each.
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
  std::vector<QuantizedCopy> copies;  // empty: it stays float
  std::string reason;                 // why it stays float
};

// All of them, by subgraph and tensor.
std::vector<ConstantPlan> PlanDynamicRange(const Model& model, const QuantizeOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_CONSTANT_PLAN_H_
