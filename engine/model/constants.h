// Where the constant data of a file lies: inline in the FlatBuffer, or behind it.
#ifndef OCTET_ENGINE_MODEL_CONSTANTS_H_
#define OCTET_ENGINE_MODEL_CONSTANTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/aligned_buffer.h"
#include "tflite_generated.h"

namespace octet {

// The bytes of every buffer, each range checked against the file.
class BufferTable {
 public:
  // Keeps views into `file`. InvalidArgument names the buffer and its offset.
  static absl::StatusOr<BufferTable> Create(const tflite::Model& model, absl::string_view file);

  size_t size() const { return buffers_.size(); }
  // Requires index < size(). Empty for buffer 0, which stands for "no data".
  absl::Span<const std::byte> data(size_t index) const { return buffers_[index]; }

 private:
  std::vector<absl::Span<const std::byte>> buffers_;
};

// What a Model keeps alive: the file, where it owns one, and copies of those constants that lie
// misaligned in it.
struct ModelStorage {
  std::string owned;
  absl::string_view file;
  std::vector<AlignedBuffer> copies;
};

// Hands out constant data aligned for its element type.
class ConstantStore {
 public:
  ConstantStore(const BufferTable& table, ModelStorage& storage)
      : table_(table), storage_(storage), aligned_(table.size()) {}

  size_t size() const { return table_.size(); }
  absl::Span<const std::byte> raw(size_t index) const { return table_.data(index); }
  // A buffer is copied once at most. ResourceExhausted where there is no memory for the copy.
  absl::StatusOr<absl::Span<const std::byte>> Aligned(size_t index, size_t alignment);
  // Zeros for a constant that the file has in another form. ResourceExhausted where there is no
  // memory, or all such constants would be larger than 64 times the file.
  absl::StatusOr<absl::Span<std::byte>> Unfolded(size_t bytes);

 private:
  const BufferTable& table_;
  ModelStorage& storage_;
  std::vector<absl::Span<const std::byte>> aligned_;  // the copy, where one was made
  size_t unfolded_bytes_ = 0;
};

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_CONSTANTS_H_
