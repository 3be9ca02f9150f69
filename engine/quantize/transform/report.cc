#include "engine/quantize/transform/report.h"

namespace octet {

const char* TensorRoleName(TensorRole role) {
  switch (role) {
    case TensorRole::kWeight:
      return "weight";
    case TensorRole::kBias:
      return "bias";
    case TensorRole::kConstant:
      return "constant";
    case TensorRole::kActivation:
      return "activation";
  }
  return "unknown";
}

}  // namespace octet
