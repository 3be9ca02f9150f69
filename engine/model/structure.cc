#include "engine/model/structure.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "flatbuffers/minireflect.h"

namespace octet {
namespace {

constexpr size_t kIdentifierOffset = 4;
constexpr size_t kMinFileBytes = 8;
constexpr uint32_t kSchemaVersion = 3;
// The format nests seven tables at most.
constexpr flatbuffers::uoffset_t kMaxDepth = 16;
constexpr flatbuffers::uoffset_t kMaxTables = 1'000'000;

// What the verifier of FlatBuffers leaves open; expects a buffer that it passed.
//
// A FlatBuffer may reference one table, vector or string from many places; whoever copies the
// parts then needs far more memory than the file has bytes. This walks all that is reachable, as a
// copy would, and gives up as soon as the budget is spent. On the way it looks for elements that
// are misaligned (the verifier aligns a vector by its 4-byte length, whatever its elements) and
// for options of unknown kind.
class ReachableParts {
 public:
  explicit ReachableParts(int64_t budget) : budget_(budget) {}

  // False once the budget is spent.
  bool Table(const uint8_t* table, const flatbuffers::TypeTable& type) {
    if (!Charge(sizeof(flatbuffers::soffset_t))) return false;
    const uint8_t* previous = nullptr;
    for (size_t i = 0; i < type.num_elems; ++i) {
      const auto id = flatbuffers::FieldIndexToOffset(static_cast<flatbuffers::voffset_t>(i));
      const uint8_t* field = reinterpret_cast<const flatbuffers::Table*>(table)->GetAddressOf(id);
      if (field != nullptr && !Field(field, previous, type, i)) return false;
      previous = field;
    }
    return true;
  }

  bool unknown_union() const { return unknown_union_; }
  bool misaligned() const { return misaligned_; }

 private:
  bool Charge(int64_t bytes) {
    budget_ -= bytes;
    return budget_ >= 0;
  }

  static const uint8_t* Follow(const uint8_t* field) {
    return field + flatbuffers::ReadScalar<flatbuffers::uoffset_t>(field);
  }

  bool String(const uint8_t* field) {
    return Charge(sizeof(flatbuffers::uoffset_t) +
                  flatbuffers::ReadScalar<flatbuffers::uoffset_t>(Follow(field)));
  }

  bool Field(const uint8_t* field, const uint8_t* previous, const flatbuffers::TypeTable& type,
             size_t i) {
    const flatbuffers::TypeCode code = type.type_codes[i];
    const auto base = static_cast<flatbuffers::ElementaryType>(code.base_type);
    const flatbuffers::TypeTable* ref =
        code.sequence_ref >= 0 ? type.type_refs[code.sequence_ref]() : nullptr;
    if (code.is_repeating) return Vector(field, base, ref);
    if (base == flatbuffers::ET_STRING) return String(field);
    if (base != flatbuffers::ET_SEQUENCE) return true;
    if (ref->st != flatbuffers::ST_UNION) return Table(Follow(field), *ref);
    const uint8_t kind = previous == nullptr ? 0 : *previous;
    if (kind >= ref->num_elems) unknown_union_ = true;
    if (kind == 0 || kind >= ref->num_elems) return true;
    return Table(Follow(field), *ref->type_refs[ref->type_codes[kind].sequence_ref]());
  }

  bool Vector(const uint8_t* field, flatbuffers::ElementaryType base,
              const flatbuffers::TypeTable* ref) {
    const uint8_t* vector = Follow(field);
    const auto count = flatbuffers::ReadScalar<flatbuffers::uoffset_t>(vector);
    const auto width = static_cast<int64_t>(flatbuffers::InlineSize(base, ref));
    if (!Charge(static_cast<int64_t>(count) * width)) return false;
    const uint8_t* element = vector + sizeof(flatbuffers::uoffset_t);
    if (count > 0 && reinterpret_cast<uintptr_t>(element) % width != 0) misaligned_ = true;
    for (flatbuffers::uoffset_t i = 0; i < count; ++i, element += width) {
      if (base == flatbuffers::ET_SEQUENCE) {
        if (!Table(Follow(element), *ref)) return false;
      } else if (base == flatbuffers::ET_STRING) {
        if (!String(element)) return false;
      } else {
        break;
      }
    }
    return true;
  }

  int64_t budget_;
  bool unknown_union_ = false;
  bool misaligned_ = false;
};

}  // namespace

absl::StatusOr<const tflite::Model*> VerifyStructure(absl::string_view file) {
  if (file.size() < kMinFileBytes ||
      file.substr(kIdentifierOffset, 4) != tflite::ModelIdentifier()) {
    return absl::InvalidArgumentError(absl::StrCat("not a TensorFlow Lite model: the ", file.size(),
                                                   " bytes have no identifier TFL3 at offset ",
                                                   kIdentifierOffset));
  }
  // FlatBuffer offsets are 32-bit and signed; constants of a larger file lie behind that part.
  const size_t reach = std::min<size_t>(file.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(file.data()), reach, kMaxDepth,
                                 kMaxTables);
  if (!tflite::VerifyModelBuffer(verifier)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file is cut or damaged: an offset, vector or string leaves its ",
                     file.size(), " bytes, is misaligned, or is nested too deep"));
  }
  const tflite::Model* model = tflite::GetModel(file.data());
  if (model->version() != kSchemaVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema version ", model->version(), " instead of ", kSchemaVersion));
  }
  ReachableParts parts(static_cast<int64_t>(file.size()) * 4 + 4096);
  if (!parts.Table(reinterpret_cast<const uint8_t*>(model), *tflite::ModelTypeTable())) {
    return absl::InvalidArgumentError(
        "the file references the same parts so often that it stands for more than four times its "
        "size");
  }
  if (parts.misaligned()) {
    return absl::InvalidArgumentError(
        "the file is damaged: a vector of 8-byte elements is misaligned");
  }
  if (parts.unknown_union()) {
    return absl::UnimplementedError(
        "an operator or a tensor has options of a kind that is not known");
  }
  return model;
}

}  // namespace octet
