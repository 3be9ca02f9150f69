#include "engine/runtime/made_up_input.h"

#include <cstring>

namespace octet {

void FillInput(DataType type, absl::Span<std::byte> bytes, std::minstd_rand& random) {
  if (type == DataType::kFloat32) {
    std::uniform_real_distribution<float> value(-1.0f, 1.0f);
    for (size_t i = 0; i + sizeof(float) <= bytes.size(); i += sizeof(float)) {
      const float v = value(random);
      std::memcpy(bytes.data() + i, &v, sizeof(v));
    }
    return;
  }
  // Wider integers may be indices, for which only small numbers make sense.
  const size_t size = DataTypeSize(type);
  const bool codes = size == 1 && type != DataType::kBool;
  for (size_t i = 0; i < bytes.size(); i += size) {
    std::memset(bytes.data() + i, 0, size);
    bytes[i] = static_cast<std::byte>(codes ? random() >> 8 : random() & 1);
  }
}

}  // namespace octet
