#include "client/formats/png.h"

#include <png.h>

#include <csetjmp>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

constexpr int64_t kMaxPixels = 64 << 20;
constexpr png_uint_32 kMaxSide = 1 << 20;
constexpr size_t kMaxErrorText = 120;

// What libpng's callbacks see. Only plain data: libpng leaves by longjmp, which runs no destructor.
struct Reader {
  const char* next;
  size_t left;
  char error[kMaxErrorText];
};

void ReadBytes(png_structp png, png_bytep out, size_t count) {
  Reader* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (count > reader->left) png_error(png, "it ends early");
  std::memcpy(out, reader->next, count);
  reader->next += count;
  reader->left -= count;
}

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  Reader* reader = static_cast<Reader*>(png_get_error_ptr(png));
  std::strncpy(reader->error, message, kMaxErrorText - 1);
  png_longjmp(png, 1);
}

void OnWarning(png_structp, png_const_charp) {}

// False after an error, whose text is then in `reader`.
bool ReadHeader(png_structp png, png_infop info, Reader* reader) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_user_limits(png, kMaxSide, kMaxSide);
  png_set_chunk_malloc_max(png, 8 << 20);
  png_set_read_fn(png, reader, ReadBytes);
  png_read_info(png, info);
  if (png_get_bit_depth(png, info) > 8) png_error(png, "it has 16 bits a channel, not 8");
  const int color = png_get_color_type(png, info);
  png_set_expand(png);
  if (color == PNG_COLOR_TYPE_GRAY_ALPHA ||
      (color == PNG_COLOR_TYPE_GRAY && png_get_valid(png, info, PNG_INFO_tRNS) != 0)) {
    png_set_gray_to_rgb(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

bool ReadRows(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

// Owns libpng's state.
class Decoder {
 public:
  explicit Decoder(absl::string_view bytes) : reader_{bytes.data(), bytes.size(), ""} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader_, OnError, OnWarning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
  }
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  absl::StatusOr<Picture> Decode() {
    if (info_ == nullptr) return absl::ResourceExhaustedError("no memory for a PNG");
    if (!ReadHeader(png_, info_, &reader_)) return Broken();
    Picture picture;
    picture.height = png_get_image_height(png_, info_);
    picture.width = png_get_image_width(png_, info_);
    picture.channels = png_get_channels(png_, info_);
    if (picture.height > kMaxPixels / picture.width) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the PNG has ", picture.width, "x", picture.height, " pixels, more than ", kMaxPixels));
    }
    const int64_t stride = picture.width * picture.channels;
    picture.pixels.resize(picture.height * stride);
    std::vector<png_bytep> rows(picture.height);
    for (int64_t y = 0; y < picture.height; ++y) {
      rows[y] = reinterpret_cast<png_bytep>(picture.pixels.data()) + y * stride;
    }
    if (!ReadRows(png_, rows.data())) return Broken();
    return picture;
  }

 private:
  absl::Status Broken() const {
    return absl::InvalidArgumentError(absl::StrCat("not a readable PNG: ", reader_.error));
  }

  Reader reader_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

char Luma(const uint8_t* rgb) {
  return static_cast<char>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

bool Opaque(const Picture& picture) {
  if (picture.channels != 4) return true;
  for (size_t i = 3; i < picture.pixels.size(); i += 4) {
    if (static_cast<uint8_t>(picture.pixels[i]) != 255) return false;
  }
  return true;
}

}  // namespace

bool LooksLikePng(absl::string_view bytes) {
  return bytes.size() >= 8 && std::memcmp(bytes.data(), "\x89PNG\r\n\x1a\n", 8) == 0;
}

absl::StatusOr<Picture> ParsePng(absl::string_view bytes) {
  if (!LooksLikePng(bytes)) {
    return absl::InvalidArgumentError("not a readable PNG: the first bytes are not a PNG's");
  }
  return Decoder(bytes).Decode();
}

absl::StatusOr<Picture> WithChannels(Picture picture, int64_t channels) {
  if (picture.channels == channels) return picture;
  if (channels != 1 && channels != 3 && channels != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("a picture has 1, 3 or 4 channels, not ", channels));
  }
  if (channels != 4 && !Opaque(picture)) {
    return absl::InvalidArgumentError(
        absl::StrCat("has transparent pixels, but ", channels,
                     " channels are wanted: flatten it onto a background first"));
  }
  Picture out{picture.height, picture.width, static_cast<int>(channels), ""};
  const uint8_t* from = reinterpret_cast<const uint8_t*>(picture.pixels.data());
  const int64_t count = picture.height * picture.width;
  out.pixels.reserve(count * channels);
  for (int64_t i = 0; i < count; ++i, from += picture.channels) {
    const bool gray = picture.channels == 1;
    if (channels == 1) {
      out.pixels += Luma(from);
      continue;
    }
    for (int c = 0; c < 3; ++c) out.pixels += static_cast<char>(from[gray ? 0 : c]);
    if (channels == 4) out.pixels += '\xff';
  }
  return out;
}

}  // namespace octet::client
