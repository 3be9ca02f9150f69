// Writes a draft as a `.tflite` file.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_WRITER_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/thread_pool.h"
#include "engine/quantize/transform/file_draft.h"

namespace octet {

// A FlatBuffer ends below 2 GiB; this leaves room for everything but the constants.
inline constexpr uint64_t kMaxInlineDataBytes = uint64_t{1} << 30;

// Bytes of constants done, and of all; returning false cancels the work.
using WriteProgress = absl::FunctionRef<bool(uint64_t done, uint64_t total)>;

// The file. Each constant is copied, or computed by its encoder, once, into its place, on the
// pool's threads (null: on the caller). Constants of more than `max_inline_bytes` together go
// behind the FlatBuffer. Cancelled where `progress` says so.
absl::StatusOr<std::string> WriteFile(const FileDraft& draft, ThreadPool* pool,
                                      WriteProgress progress,
                                      uint64_t max_inline_bytes = kMaxInlineDataBytes);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_WRITER_H_
