#include "tests/support/npy.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace octet::testing {
namespace {

// The text after `key` in a header that numpy wrote.
absl::StatusOr<std::string> Field(const std::string& header, const std::string& key, char open,
                                  char close) {
  const size_t at = header.find(key);
  const size_t begin = at == std::string::npos ? at : header.find(open, at + key.size());
  const size_t end = begin == std::string::npos ? begin : header.find(close, begin + 1);
  if (end == std::string::npos) return absl::InvalidArgumentError(absl::StrCat("no ", key));
  return header.substr(begin + 1, end - begin - 1);
}

}  // namespace

absl::StatusOr<NpyArray> ReadNpy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (all.size() < 12 || all.compare(0, 6, "\x93NUMPY") != 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is no .npy file"));
  }
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(all[i])); };
  const bool wide = all[6] > 1;
  const size_t start = wide ? 12 : 10;
  const size_t length =
      byte(8) | byte(9) << 8 | (wide ? byte(10) << 16 | byte(11) << 24 : size_t{0});
  const std::string header = all.substr(start, length);
  NpyArray array;
  auto descr = Field(header, "'descr':", '\'', '\'');
  auto shape = Field(header, "'shape':", '(', ')');
  if (!descr.ok() || !shape.ok() || header.find("'fortran_order': False") == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(path, " has header ", header));
  }
  array.descr = *descr;
  const char* text = shape->c_str();
  char* end = nullptr;
  for (int64_t dim = std::strtoll(text, &end, 10); end != text;
       dim = std::strtoll(text, &end, 10)) {
    array.shape.push_back(dim);
    text = *end == ',' ? end + 1 : end;
  }
  array.bytes = all.substr(start + length);
  return array;
}

}  // namespace octet::testing
