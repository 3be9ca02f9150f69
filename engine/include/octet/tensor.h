// Element types, shapes and quantization parameters, as users of the engine see them.
#ifndef OCTET_TENSOR_H_
#define OCTET_TENSOR_H_

#include "engine/base/data_type.h"     // IWYU pragma: export
#include "engine/base/quantization.h"  // IWYU pragma: export
#include "engine/base/shape.h"         // IWYU pragma: export

#endif  // OCTET_TENSOR_H_
