// PNG pictures.
#ifndef OCTET_CLIENT_FORMATS_PNG_H_
#define OCTET_CLIENT_FORMATS_PNG_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::client {

// Gray, RGB or RGBA with 8 bits a channel, row-major [height, width, channels].
struct Picture {
  int64_t height = 0;
  int64_t width = 0;
  int channels = 1;  // 1, 3 or 4
  std::string pixels;
};

bool LooksLikePng(absl::string_view bytes);

// Pictures of up to 8 bits a channel; palettes become RGB, transparency makes RGBA, fewer bits are
// widened. Values are taken as they stand: no gamma or colour profile is applied.
// Errors: InvalidArgument for broken files, 16 bits a channel, and more than 64 million pixels.
absl::StatusOr<Picture> ParsePng(absl::string_view bytes);

// The picture with 1, 3 or 4 channels. Gray becomes RGB by repetition, RGB gray by the luma of
// ITU-R BT.601; full opacity is added or dropped. Errors: InvalidArgument for another number of
// channels, and where transparent pixels would have to lose their transparency.
absl::StatusOr<Picture> WithChannels(Picture picture, int64_t channels);

}  // namespace octet::client

#endif  // OCTET_CLIENT_FORMATS_PNG_H_
