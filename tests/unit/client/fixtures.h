// Small files for tests.
#ifndef OCTET_TESTS_UNIT_CLIENT_FIXTURES_H_
#define OCTET_TESTS_UNIT_CLIENT_FIXTURES_H_

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace octet::client {

// A folder of its own, removed with what is in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();

  std::string path(const std::string& name = "") const;
  // Writes a file there and returns its path.
  std::string Write(const std::string& name, absl::string_view bytes) const;

 private:
  std::string path_;
};

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <typename T>
std::vector<T> Values(absl::string_view bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

// A ZIP archive of these entries, deflated.
std::string MakeZip(const std::vector<std::pair<std::string, std::string>>& entries);

// A PNG of 8 bits a channel, or as `color_type` and `bit_depth` say in libpng's words.
std::string MakePng(int width, int height, int color_type, absl::string_view pixels,
                    int bit_depth = 8, const std::string& palette = "");

}  // namespace octet::client

#endif  // OCTET_TESTS_UNIT_CLIENT_FIXTURES_H_
