#include "client/cli/sample_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/formats/npy.h"
#include "client/formats/npz.h"
#include "client/lib/files.h"

namespace octet::client {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxBytes = 256 << 20;  // of all samples

std::string Extension(const fs::path& path) {
  return absl::AsciiStrToLower(path.extension().string());
}

absl::StatusOr<std::vector<std::string>> SampleFilesIn(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string extension = Extension(entry->path());
    if (extension == ".npz" || extension == ".npy") files.push_back(entry->path().string());
  }
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("--samples ", folder));
  if (files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--samples ", folder, ": holds no .npz or .npy file"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

Tensor Named(const std::string& name, Array array) {
  return {name, array.type, std::move(array.shape), std::move(array.data)};
}

absl::StatusOr<CalibrationSample> ParseSample(const std::string& path, absl::string_view bytes) {
  CalibrationSample sample;
  if (Extension(path) == ".npy") {
    absl::StatusOr<Array> array = ParseNpy(bytes);
    if (!array.ok()) return array.status();
    sample.push_back(Named("", *std::move(array)));
    return sample;
  }
  absl::StatusOr<std::map<std::string, Array>> arrays = ParseNpz(bytes, kMaxBytes);
  if (!arrays.ok()) return arrays.status();
  if (arrays->empty()) return absl::InvalidArgumentError("holds no array");
  for (auto& array : *arrays) sample.push_back(Named(array.first, std::move(array.second)));
  return sample;
}

}  // namespace

absl::StatusOr<SampleFolder> ReadSamples(const std::string& folder) {
  absl::StatusOr<std::vector<std::string>> files = SampleFilesIn(folder);
  if (!files.ok()) return files.status();
  SampleFolder found;
  found.files = *std::move(files);
  int64_t held = 0;
  for (const std::string& path : found.files) {
    const absl::StatusOr<std::string> bytes = ReadFile(path, kMaxBytes);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<CalibrationSample> sample = ParseSample(path, *bytes);
    if (!sample.ok()) {
      return absl::Status(sample.status().code(),
                          absl::StrCat(path, ": ", sample.status().message()));
    }
    for (const Tensor& tensor : *sample) held += static_cast<int64_t>(tensor.data.size());
    if (held > kMaxBytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("--samples ", folder, ": holds more than ", kMaxBytes >> 20,
                       " MiB; a few hundred samples are enough to calibrate with"));
    }
    found.samples.push_back(*std::move(sample));
  }
  return found;
}

absl::Status NameSample(const absl::Status& status, const std::vector<std::string>& files) {
  constexpr absl::string_view kWord = "sample ";
  const absl::string_view message = status.message();
  const size_t at = message.find(kWord);
  if (at == absl::string_view::npos) return status;
  const absl::string_view rest = message.substr(at + kWord.size());
  const size_t digits =
      std::find_if_not(rest.begin(), rest.end(), absl::ascii_isdigit) - rest.begin();
  size_t index = 0;
  if (!absl::SimpleAtoi(rest.substr(0, digits), &index) || index >= files.size()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(message, "\nSample ", index, " is ", files[index], "."));
}

}  // namespace octet::client
