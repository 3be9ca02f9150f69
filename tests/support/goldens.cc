#include "tests/support/goldens.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace octet::testing {

namespace fs = std::filesystem;

std::string GoldensFolder() {
  const char* given = std::getenv("OCTET_GOLDENS");
  const fs::path folder =
      given != nullptr ? fs::path(given) : fs::path(OCTET_SOURCE_DIR) / ".." / "shared" / "goldens";
  std::error_code error;
  return fs::is_directory(folder, error) ? folder.string() : std::string();
}

std::string MissingGoldens() {
  return "the goldens are absent: set OCTET_GOLDENS, or put them at ../shared/goldens";
}

std::vector<std::string> FilesEndingIn(const std::string& folder, const std::string& suffix) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() >= suffix.size() &&
        name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

}  // namespace octet::testing
