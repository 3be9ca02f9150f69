// Input values that exercise a model.
#ifndef OCTET_ENGINE_RUNTIME_MADE_UP_INPUT_H_
#define OCTET_ENGINE_RUNTIME_MADE_UP_INPUT_H_

#include <cstddef>
#include <random>

#include "absl/types/span.h"
#include "engine/base/data_type.h"

namespace octet {

// Fills `bytes` with elements of `type`: reals in [-1, 1), any code of eight bits, and 0 or 1 in
// wider integers and booleans.
void FillInput(DataType type, absl::Span<std::byte> bytes, std::minstd_rand& random);

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_MADE_UP_INPUT_H_
