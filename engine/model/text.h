// How errors name the parts of a file. Names come from the file: they are escaped and cut.
#ifndef OCTET_ENGINE_MODEL_TEXT_H_
#define OCTET_ENGINE_MODEL_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace octet {

// 'conv1/weights', at most 80 characters of it, safe to print.
std::string QuoteName(absl::string_view name);

// "subgraph 0, tensor 3 'x'"
std::string TensorLabel(size_t subgraph, size_t index, absl::string_view name);

// "subgraph 0, operator 7 (CONV_2D)"
std::string OperatorLabel(size_t subgraph, size_t index, absl::string_view kind);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_TEXT_H_
