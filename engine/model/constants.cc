#include "engine/model/constants.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

// Offsets 0 and 1 mean that the buffer's data, if any, is inline.
constexpr uint64_t kMaxInlineMark = 1;

absl::StatusOr<absl::Span<const std::byte>> LocateBuffer(const tflite::Buffer& buffer, size_t index,
                                                         absl::string_view file) {
  const auto* bytes = reinterpret_cast<const std::byte*>(file.data());
  if (buffer.offset() <= kMaxInlineMark) {
    if (buffer.data() == nullptr) return absl::Span<const std::byte>();
    return absl::MakeConstSpan(reinterpret_cast<const std::byte*>(buffer.data()->data()),
                               buffer.data()->size());
  }
  if (buffer.data() != nullptr && buffer.data()->size() > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("buffer ", index, ": data both inline and at offset ", buffer.offset()));
  }
  if (buffer.offset() > file.size() || buffer.size() > file.size() - buffer.offset()) {
    return absl::InvalidArgumentError(absl::StrCat("buffer ", index, ": ", buffer.size(),
                                                   " bytes at offset ", buffer.offset(),
                                                   " leave the file of ", file.size(), " bytes"));
  }
  return absl::MakeConstSpan(bytes + buffer.offset(), buffer.size());
}

}  // namespace

absl::StatusOr<BufferTable> BufferTable::Create(const tflite::Model& model,
                                                absl::string_view file) {
  BufferTable table;
  if (model.buffers() == nullptr) return table;
  table.buffers_.reserve(model.buffers()->size());
  // Buffers of an honest file do not overlap; this bounds what copies of them can take.
  uint64_t total = 0;
  for (size_t i = 0; i < model.buffers()->size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const absl::Span<const std::byte> data,
                           LocateBuffer(*model.buffers()->Get(i), i, file));
    total += data.size();
    if (total > 4 * static_cast<uint64_t>(file.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("buffer ", i, ": buffers overlap; together they have more than four times ",
                       "the file's ", file.size(), " bytes"));
    }
    table.buffers_.push_back(i == 0 ? absl::Span<const std::byte>() : data);
  }
  return table;
}

absl::StatusOr<absl::Span<const std::byte>> ConstantStore::Aligned(size_t index, size_t alignment) {
  const absl::Span<const std::byte> data = table_.data(index);
  if (data.empty() || reinterpret_cast<uintptr_t>(data.data()) % alignment == 0) return data;
  if (aligned_[index].empty()) {
    AlignedBuffer copy(data.size());
    if (!copy.ok()) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "buffer ", index, ": no memory for an aligned copy of ", data.size(), " bytes"));
    }
    std::memcpy(copy.data(), data.data(), data.size());
    aligned_[index] = absl::MakeConstSpan(copy.data(), data.size());
    storage_.copies.push_back(std::move(copy));
  }
  return aligned_[index];
}

absl::StatusOr<absl::Span<std::byte>> ConstantStore::Unfolded(size_t bytes) {
  constexpr size_t kLargestRatio = 64;
  const size_t limit = kLargestRatio * storage_.file.size();
  if (bytes > limit - std::min(unfolded_bytes_, limit)) {
    return absl::ResourceExhaustedError(absl::StrCat("sparse tensors would take more than ",
                                                     kLargestRatio, " times the file's ",
                                                     storage_.file.size(), " bytes"));
  }
  AlignedBuffer buffer(bytes);
  if (!buffer.ok()) return absl::ResourceExhaustedError("no memory for a sparse tensor");
  std::memset(buffer.data(), 0, bytes);
  unfolded_bytes_ += bytes;
  storage_.copies.push_back(std::move(buffer));
  return absl::MakeSpan(storage_.copies.back().data(), bytes);
}

}  // namespace octet
