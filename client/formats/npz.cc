#include "client/formats/npz.h"

#include <zip.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/formats/npy.h"

namespace octet::client {
namespace {

constexpr zip_int64_t kMaxEntries = 4096;

struct ArchiveDeleter {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct FileDeleter {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, ArchiveDeleter>;

absl::Status Broken(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a readable .npz: ", what));
}

absl::StatusOr<Archive> OpenArchive(absl::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &error);
  Archive archive(source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error));
  absl::Status status;
  if (archive == nullptr) {
    status = Broken(zip_error_strerror(&error));
    if (source != nullptr) zip_source_free(source);
  }
  zip_error_fini(&error);
  if (!status.ok()) return status;
  return archive;
}

// The size that the archive states is not trusted: reading stops at it, and more is an error.
absl::StatusOr<std::string> ReadEntry(zip_t* archive, zip_uint64_t index, uint64_t size) {
  std::unique_ptr<zip_file_t, FileDeleter> file(zip_fopen_index(archive, index, 0));
  if (file == nullptr) return Broken(zip_strerror(archive));
  std::string bytes;
  constexpr size_t kStep = 1 << 20;
  while (true) {
    const size_t done = bytes.size();
    bytes.resize(done + kStep);
    const zip_int64_t got = zip_fread(file.get(), bytes.data() + done, kStep);
    if (got < 0) return Broken(zip_file_strerror(file.get()));
    bytes.resize(done + got);
    if (bytes.size() > size) return Broken("an entry is longer than the archive says");
    if (got == 0) return bytes;
  }
}

}  // namespace

absl::StatusOr<std::map<std::string, Array>> ParseNpz(absl::string_view bytes, int64_t max_bytes) {
  absl::StatusOr<Archive> archive = OpenArchive(bytes);
  if (!archive.ok()) return archive.status();
  const zip_int64_t entries = zip_get_num_entries(archive->get(), 0);
  if (entries == 0) return Broken("it holds no arrays");
  if (entries > kMaxEntries) return Broken(absl::StrCat("it has ", entries, " entries"));
  std::map<std::string, Array> arrays;
  uint64_t left = max_bytes;
  for (zip_int64_t i = 0; i < entries; ++i) {
    zip_stat_t info;
    zip_stat_init(&info);
    if (zip_stat_index(archive->get(), i, 0, &info) != 0)
      return Broken(zip_strerror(archive->get()));
    if ((info.valid & ZIP_STAT_NAME) == 0 || (info.valid & ZIP_STAT_SIZE) == 0) {
      return Broken("an entry has no name or no size");
    }
    absl::string_view name = info.name;
    if (!absl::ConsumeSuffix(&name, ".npy")) return Broken(absl::StrCat(name, " is no .npy"));
    if (info.size > left) {
      return absl::ResourceExhaustedError(
          absl::StrCat("its arrays are larger than ", max_bytes, " bytes"));
    }
    left -= info.size;
    absl::StatusOr<std::string> entry = ReadEntry(archive->get(), i, info.size);
    if (!entry.ok()) return entry.status();
    absl::StatusOr<Array> array = ParseNpy(*entry);
    if (!array.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": ", array.status().message()));
    }
    if (!arrays.emplace(std::string(name), *std::move(array)).second) {
      return Broken(absl::StrCat("two arrays are called ", name));
    }
  }
  return arrays;
}

}  // namespace octet::client
