// What a buffer of the written file will hold.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_BUFFER_CONTENT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_BUFFER_CONTENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"

namespace octet {

// How far numbers as written are from those of the source.
struct EncodingNoise {
  double signal = 0;       // sum of squares of the source's numbers
  double noise = 0;        // and of the errors
  double sqnr_db() const;  // infinite where there is no error
  void Add(const EncodingNoise& other) {
    signal += other.signal;
    noise += other.noise;
  }
};

// Computes a buffer's bytes when the file is written, straight into it. Pieces are independent and
// may run on different threads, each once.
class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual size_t bytes() const = 0;
  virtual int64_t pieces() const = 0;
  // Writes the bytes that belong to the piece; `buffer` is the whole.
  virtual void Encode(int64_t piece, absl::Span<std::byte> buffer) = 0;
  // Once every piece is encoded.
  virtual EncodingNoise noise() const = 0;
};

// Bytes that lie elsewhere and stay there, bytes of its own, or bytes still to be computed.
class BufferContent {
 public:
  BufferContent() = default;
  explicit BufferContent(absl::Span<const std::byte> borrowed) : borrowed_(borrowed) {}
  explicit BufferContent(std::shared_ptr<Encoder> encoder) : encoder_(std::move(encoder)) {}
  // Copies the elements.
  template <typename T>
  static BufferContent Of(const std::vector<T>& values) {
    BufferContent content;
    const auto* begin = reinterpret_cast<const std::byte*>(values.data());
    content.owned_.assign(begin, begin + values.size() * sizeof(T));
    return content;
  }

  size_t bytes() const { return encoder_ != nullptr ? encoder_->bytes() : data().size(); }
  // Given bytes; empty where they are still to be computed.
  absl::Span<const std::byte> data() const { return owned_.empty() ? borrowed_ : owned_; }
  Encoder* encoder() const { return encoder_.get(); }

 private:
  absl::Span<const std::byte> borrowed_;
  std::vector<std::byte> owned_;
  std::shared_ptr<Encoder> encoder_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_BUFFER_CONTENT_H_
