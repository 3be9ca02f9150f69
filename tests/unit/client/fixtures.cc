#include "tests/unit/client/fixtures.h"

#include <png.h>
#include <stdlib.h>
#include <zip.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

void Append(png_structp png, png_bytep bytes, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), count);
}

void Flush(png_structp) {}

void Check(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "octet_client_test_XXXXXX").string();
  Check(mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

std::string TemporaryFolder::path(const std::string& name) const {
  return name.empty() ? path_ : absl::StrCat(path_, "/", name);
}

std::string TemporaryFolder::Write(const std::string& name, absl::string_view bytes) const {
  std::ofstream(path(name), std::ios::binary).write(bytes.data(), bytes.size());
  return path(name);
}

std::string MakeZip(const std::vector<std::pair<std::string, std::string>>& entries) {
  const TemporaryFolder folder;
  zip_t* archive = zip_open(folder.path("a.zip").c_str(), ZIP_CREATE, nullptr);
  Check(archive != nullptr, "zip_open");
  for (const auto& [name, data] : entries) {
    zip_source_t* source = zip_source_buffer(archive, data.data(), data.size(), 0);
    Check(zip_file_add(archive, name.c_str(), source, 0) >= 0, "zip_file_add");
  }
  Check(zip_close(archive) == 0, "zip_close");
  std::ifstream file(folder.path("a.zip"), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string MakePng(int width, int height, int color_type, absl::string_view pixels, int bit_depth,
                    const std::string& palette) {
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, Append, Flush);
  png_set_IHDR(png, info, width, height, bit_depth, color_type, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) {
    png_set_PLTE(png, info, reinterpret_cast<png_const_colorp>(palette.data()),
                 static_cast<int>(palette.size() / 3));
  }
  png_write_info(png, info);
  const size_t stride = png_get_rowbytes(png, info);
  for (int y = 0; y < height; ++y) {
    png_write_row(png, reinterpret_cast<png_const_bytep>(pixels.data()) + y * stride);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

}  // namespace octet::client
