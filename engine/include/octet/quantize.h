// The quantizer: a float `.tflite` in, a quantized one out.
#ifndef OCTET_QUANTIZE_H_
#define OCTET_QUANTIZE_H_

#include "engine/quantize/transform/quantize.h"  // IWYU pragma: export

#endif  // OCTET_QUANTIZE_H_
