// Operators that are put between those of a subgraph.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_GRAPH_INSERT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_GRAPH_INSERT_H_

#include <cstdint>
#include <vector>

#include "tflite_generated.h"

namespace octet {

// Collects them by the index of the operator that they stand at, which holds until Apply.
class InsertedOperators {
 public:
  // Right before operator `op` (or after the last one), after those that were put there earlier.
  // They have one input and one output and no options.
  void Before(int32_t op, uint32_t code, int32_t input, int32_t output) {
    list_.push_back({op, code, input, output});
  }
  // Right after operator `op`, before what stands before the next one.
  void After(int32_t op, uint32_t code, int32_t input, int32_t output) {
    after_.push_back({op, code, input, output});
  }

  // Puts them into the subgraph.
  void Apply(tflite::SubGraphT& graph) const;

 private:
  struct Inserted {
    int32_t at = 0;
    uint32_t code = 0;
    int32_t input = 0;
    int32_t output = 0;
  };
  std::vector<Inserted> list_;
  std::vector<Inserted> after_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_GRAPH_INSERT_H_
