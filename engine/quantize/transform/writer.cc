#include "engine/quantize/transform/writer.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

constexpr size_t kDataAlignment = 16;
constexpr size_t kBytesPerNewObject = 256;  // more than any tensor or operator takes but its names
constexpr size_t kCopyPieceBytes = size_t{1} << 20;

size_t Aligned(size_t offset) {
  return (offset + kDataAlignment - 1) / kDataAlignment * kDataAlignment;
}

// A constant's place in the file.
struct Place {
  size_t buffer = 0;
  size_t begin = 0;
};

// A vector of tables; none where there are no objects.
template <typename Table, typename Objects>
flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Table>>> PackAll(
    flatbuffers::FlatBufferBuilder& builder, const Objects& objects) {
  if (objects.empty()) return 0;
  std::vector<flatbuffers::Offset<Table>> offsets;
  for (const auto& object : objects) offsets.push_back(Table::Pack(builder, object.get()));
  return builder.CreateVector(offsets);
}

// The structure of the file, with room for inline constants; their bytes are not touched.
class Structure {
 public:
  // `outside`, where not empty, has the file offset of each buffer's constant behind it.
  Structure(const FileDraft& draft, const std::vector<size_t>& outside)
      : draft_(draft), outside_(outside), builder_(EstimateBytes()) {
    const tflite::ModelT& model = draft.model;
    const auto codes = PackAll<tflite::OperatorCode>(builder_, model.operator_codes);
    const auto graphs = PackAll<tflite::SubGraph>(builder_, model.subgraphs);
    flatbuffers::Offset<flatbuffers::String> description;
    if (!model.description.empty()) description = builder_.CreateString(model.description);
    const auto buffers = PackBuffers();
    flatbuffers::Offset<flatbuffers::Vector<int32_t>> metadata_buffer;
    if (!model.metadata_buffer.empty()) {
      metadata_buffer = builder_.CreateVector(model.metadata_buffer);
    }
    const auto metadata = PackAll<tflite::Metadata>(builder_, model.metadata);
    const auto signatures = PackAll<tflite::SignatureDef>(builder_, model.signature_defs);
    tflite::FinishModelBuffer(
        builder_, tflite::CreateModel(builder_, model.version, codes, graphs, description, buffers,
                                      metadata_buffer, metadata, signatures));
  }

  size_t size() const { return builder_.GetSize(); }

  std::vector<Place> inline_places() const {
    std::vector<Place> places;
    for (const Place& from_end : from_end_) {
      places.push_back({from_end.buffer, size() - from_end.begin});
    }
    return places;
  }

  // Copies everything but the inline constants to the front of `file`.
  void CopyTo(std::string& file) const {
    const auto* begin = reinterpret_cast<const char*>(builder_.GetBufferPointer());
    std::vector<Place> places = inline_places();
    std::sort(places.begin(), places.end(),
              [](const Place& a, const Place& b) { return a.begin < b.begin; });
    size_t done = 0;
    for (const Place& place : places) {
      std::memcpy(file.data() + done, begin + done, place.begin - done);
      done = place.begin + draft_.contents[place.buffer].bytes();
    }
    std::memcpy(file.data() + done, begin + done, size() - done);
  }

 private:
  // Enough that the builder need not grow, which would copy constants' room.
  size_t EstimateBytes() const {
    size_t bytes = 2 * draft_.structure_bytes + kBytesPerNewObject;
    for (const auto& graph : draft_.model.subgraphs) {
      bytes += kBytesPerNewObject * (graph->tensors.size() + graph->operators.size());
      for (const auto& tensor : graph->tensors) {
        if (tensor->quantization == nullptr) continue;
        bytes += tensor->quantization->scale.size() * (sizeof(float) + sizeof(int64_t));
      }
    }
    if (!outside_.empty()) return bytes;
    for (const BufferContent& content : draft_.contents) bytes += Aligned(content.bytes()) + 32;
    return bytes;
  }

  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<tflite::Buffer>>> PackBuffers() {
    if (draft_.contents.empty()) return 0;
    std::vector<flatbuffers::Offset<tflite::Buffer>> buffers;
    for (size_t i = 0; i < draft_.contents.size(); ++i) {
      const size_t bytes = draft_.contents[i].bytes();
      if (bytes == 0) {
        buffers.push_back(tflite::CreateBuffer(builder_));
      } else if (!outside_.empty()) {
        buffers.push_back(tflite::CreateBuffer(builder_, 0, outside_[i], bytes));
      } else {
        builder_.ForceVectorAlignment(bytes, 1, kDataAlignment);
        uint8_t* ignored = nullptr;
        const flatbuffers::Offset<flatbuffers::Vector<uint8_t>> data =
            builder_.CreateUninitializedVector(bytes, 1, &ignored);
        from_end_.push_back({i, builder_.GetSize() - sizeof(flatbuffers::uoffset_t)});
        buffers.push_back(tflite::CreateBuffer(builder_, data));
      }
    }
    return builder_.CreateVector(buffers);
  }

  const FileDraft& draft_;
  const std::vector<size_t>& outside_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<Place> from_end_;
};

// One piece of work at filling the file.
struct Piece {
  Place place;
  int64_t index = 0;
};

int64_t PiecesOf(const BufferContent& content) {
  if (content.encoder() != nullptr) return content.encoder()->pieces();
  return static_cast<int64_t>((content.bytes() + kCopyPieceBytes - 1) / kCopyPieceBytes);
}

void Fill(const BufferContent& content, int64_t piece, absl::Span<std::byte> room) {
  if (content.encoder() != nullptr) return content.encoder()->Encode(piece, room);
  const size_t begin = piece * kCopyPieceBytes;
  std::memcpy(room.data() + begin, content.data().data() + begin,
              std::min(kCopyPieceBytes, room.size() - begin));
}

absl::Status FillAll(const FileDraft& draft, const std::vector<Place>& places, ThreadPool* pool,
                     WriteProgress progress, std::string& file) {
  constexpr uint64_t kRoundBytes = uint64_t{8} << 20;  // between calls of `progress`
  uint64_t total = 0;
  for (const Place& place : places) total += draft.contents[place.buffer].bytes();
  uint64_t done = 0;
  for (size_t next = 0; next < places.size();) {
    if (!progress(done, total)) return absl::CancelledError("cancelled while writing");
    std::vector<Piece> round;
    for (uint64_t bytes = 0; next < places.size() && bytes < kRoundBytes; ++next) {
      const BufferContent& content = draft.contents[places[next].buffer];
      for (int64_t i = 0; i < PiecesOf(content); ++i) round.push_back({places[next], i});
      bytes += content.bytes();
      done += content.bytes();
    }
    const auto fill = [&](int64_t i) {
      const BufferContent& content = draft.contents[round[i].place.buffer];
      auto* begin = reinterpret_cast<std::byte*>(file.data()) + round[i].place.begin;
      Fill(content, round[i].index, absl::MakeSpan(begin, content.bytes()));
    };
    const int64_t count = static_cast<int64_t>(round.size());
    if (pool != nullptr) {
      pool->ParallelFor(count, fill);
    } else {
      for (int64_t i = 0; i < count; ++i) fill(i);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> WriteFile(const FileDraft& draft, ThreadPool* pool,
                                      WriteProgress progress, uint64_t max_inline_bytes) {
  uint64_t total = 0;
  for (const BufferContent& content : draft.contents) total += content.bytes();
  std::vector<size_t> outside;
  std::vector<Place> places;
  size_t end = 0;
  if (total > max_inline_bytes) {
    // Offsets that are no defaults: the fields' places are fixed with that, so that the second
    // packing, with the true values, is as long as the first.
    outside.assign(draft.contents.size(), kDataAlignment);
    end = Aligned(Structure(draft, outside).size());
    for (size_t i = 0; i < draft.contents.size(); ++i) {
      const size_t bytes = draft.contents[i].bytes();
      if (bytes == 0) continue;
      places.push_back({i, end});
      outside[i] = end;
      end = Aligned(end + bytes);
    }
    end = places.back().begin + draft.contents[places.back().buffer].bytes();
  }
  const Structure structure(draft, outside);
  if (outside.empty()) {
    places = structure.inline_places();
    end = structure.size();
  }
  std::string file;
  file.resize(end);
  structure.CopyTo(file);
  OCTET_RETURN_IF_ERROR(FillAll(draft, places, pool, progress, file));
  return file;
}

}  // namespace octet
