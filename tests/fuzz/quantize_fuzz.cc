// Any bytes: QuantizeModel answers with a status, and ReadModel accepts what it writes.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/model/model.h"
#include "octet/quantize.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const bool per_channel : {true, false}) {
    // Every weight, so that small inputs reach the whole transform.
    const auto quantized =
        octet::QuantizeModel(bytes, {.min_weight_elements = 1, .per_channel = per_channel});
    if (!quantized.ok()) continue;
    const auto model = octet::ReadModel(quantized->bytes);
    if (!model.ok()) {
      std::fprintf(stderr, "%s\n", model.status().ToString().c_str());
      std::abort();
    }
  }
  return 0;
}
