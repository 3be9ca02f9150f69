#include "engine/ops/spatial/padded_lines.h"

#include <algorithm>
#include <cstring>

namespace octet::ops {

void PadLines(const Window& window, const int8_t* image, int32_t channels, int8_t fill,
              int32_t begin, int32_t end, int8_t* lines) {
  const int64_t line = PaddedLine(window, channels);
  const int64_t image_line = int64_t{window.w.in} * channels;
  const int64_t before = int64_t{window.w.pad_before} * channels;
  const int64_t inside = std::min(image_line, line - before);
  const int32_t first = window.h.Begin(begin);
  const int64_t count = Taps(window.h, end - begin);
  for (int64_t i = 0; i < count; ++i) {
    int8_t* to = lines + i * line;
    const int64_t y = first + i;
    if (y < 0 || y >= window.h.in) {
      std::memset(to, fill, line);
      continue;
    }
    std::memset(to, fill, before);
    std::memcpy(to + before, image + y * image_line, inside);
    std::memset(to + before + inside, fill, line - before - inside);
  }
}

}  // namespace octet::ops
