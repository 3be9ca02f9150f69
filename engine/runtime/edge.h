// Conversion between real numbers and codes at the edge of a quantized model.
#ifndef OCTET_ENGINE_RUNTIME_EDGE_H_
#define OCTET_ENGINE_RUNTIME_EDGE_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/data_type.h"
#include "engine/base/quantization.h"

namespace octet {

// As QuantizeValues and DequantizeCodes of octet/engine.h say.
absl::Status EdgeQuantize(absl::Span<const std::byte> reals, DataType type,
                          const Quantization& quantization, absl::Span<std::byte> codes);
absl::Status EdgeDequantize(absl::Span<const std::byte> codes, DataType type,
                            const Quantization& quantization, absl::Span<std::byte> reals);

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_EDGE_H_
