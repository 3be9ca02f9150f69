// Private to the leaves: from an epilogue's kind, known when a kernel runs, to the constant that
// its loops are compiled for. Everything has internal linkage.
#ifndef OCTET_ENGINE_KERNELS_EPILOGUE_KINDS_H_
#define OCTET_ENGINE_KERNELS_EPILOGUE_KINDS_H_

#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels {
namespace {

// Calls body.operator()<kind>().
template <typename Body>
inline void WithEpilogueKind(int32_t kind, Body body) {
  switch (kind) {
    case kEpilogueInt32:
      return body.template operator()<kEpilogueInt32>();
    case kEpilogueFixedPoint:
      return body.template operator()<kEpilogueFixedPoint>();
    case kEpilogueFloat32:
      return body.template operator()<kEpilogueFloat32>();
    case kEpilogueFloat64:
      return body.template operator()<kEpilogueFloat64>();
  }
}

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_EPILOGUE_KINDS_H_
