#include "engine/quantize/transform/buffer_content.h"

#include <cmath>
#include <limits>

namespace octet {

double EncodingNoise::sqnr_db() const {
  if (noise == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

}  // namespace octet
