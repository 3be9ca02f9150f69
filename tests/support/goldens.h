// Where TensorFlow Lite's own answers lie, outside of the project.
#ifndef OCTET_TESTS_SUPPORT_GOLDENS_H_
#define OCTET_TESTS_SUPPORT_GOLDENS_H_

#include <string>
#include <vector>

namespace octet::testing {

// The folder of goldens: $OCTET_GOLDENS, or ../shared/goldens beside the source tree; empty where
// neither exists. Tests that need it skip with MissingGoldens().
std::string GoldensFolder();
std::string MissingGoldens();

// Files of `folder` that end in `suffix`, sorted, without the folder's name.
std::vector<std::string> FilesEndingIn(const std::string& folder, const std::string& suffix);

// The whole file; empty where it cannot be read.
std::string ReadFile(const std::string& path);

}  // namespace octet::testing

#endif  // OCTET_TESTS_SUPPORT_GOLDENS_H_
