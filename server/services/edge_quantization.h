// FP32 on the wire for a tensor that is quantized in the model.
#ifndef OCTET_SERVER_SERVICES_EDGE_QUANTIZATION_H_
#define OCTET_SERVER_SERVICES_EDGE_QUANTIZATION_H_

#include <cstddef>
#include <cstdint>

#include "octet/tensor.h"

namespace octet::server {

// Whether a tensor has codes that stand for real numbers: INT8, UINT8 or INT16 with one positive,
// finite scale.
bool IsEdgeQuantizable(DataType type, const Quantization& quantization);

// Index of the first NaN among `count` floats at `values` (of any alignment), or -1.
int64_t FindNan(const void* values, int64_t count);

// Whether none of `count` floats at `values` (of any alignment) is NaN or infinite.
bool AllFinite(const void* values, int64_t count);

// code = saturate(round_half_even(real / scale) + zero_point), in float32. No real is NaN.
// `reals` may have any alignment. Requires IsEdgeQuantizable.
void QuantizeReals(const void* reals, int64_t count, DataType type,
                   const Quantization& quantization, std::byte* codes);

// real = scale * (code - zero_point), in float32. Either side may have any alignment. Requires
// IsEdgeQuantizable.
void DequantizeReals(const std::byte* codes, int64_t count, DataType type,
                     const Quantization& quantization, void* reals);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_EDGE_QUANTIZATION_H_
