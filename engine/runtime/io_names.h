// Public names of a model's inputs and outputs.
#ifndef OCTET_ENGINE_RUNTIME_IO_NAMES_H_
#define OCTET_ENGINE_RUNTIME_IO_NAMES_H_

#include <string>
#include <vector>

#include "engine/model/model.h"

namespace octet {

struct IoNames {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

// In the order of the main subgraph's lists: the names of its first signature where there is one,
// else the tensors' own. A name met before among the inputs (or outputs) gets a suffix "_1", "_2",
// ...; a tensor without a name is called "input_0", "output_0", ... by its position.
IoNames PublicNames(const Model& model);

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_IO_NAMES_H_
