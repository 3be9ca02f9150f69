// Options of operators that rearrange, select or make data.
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/model/options_table.h"

namespace octet {
namespace {

absl::StatusOr<OpOptions> ReadMirrorPad(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::MirrorPadOptions>(source, Presence::kRequired, label));
  return MirrorPadOptions{.symmetric = t->mode() == tflite::MirrorPadMode::SYMMETRIC};
}

template <typename T>
absl::StatusOr<OpOptions> ReadAxis(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t, Table<T>(source, Presence::kOptional, label));
  return AxisOptions{.axis = t == nullptr ? 0 : t->axis()};
}

absl::StatusOr<OpOptions> ReadSqueeze(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::SqueezeOptions>(source, Presence::kOptional, label));
  SqueezeOptions options;
  if (t != nullptr && t->squeeze_dims() != nullptr) {
    options.dims.assign(t->squeeze_dims()->begin(), t->squeeze_dims()->end());
  }
  return options;
}

absl::StatusOr<OpOptions> ReadStridedSlice(const tflite::Operator& source,
                                           const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::StridedSliceOptions>(source, Presence::kOptional, label));
  if (t == nullptr) return StridedSliceOptions();
  return StridedSliceOptions{.begin_mask = t->begin_mask(),
                             .end_mask = t->end_mask(),
                             .ellipsis_mask = t->ellipsis_mask(),
                             .new_axis_mask = t->new_axis_mask(),
                             .shrink_axis_mask = t->shrink_axis_mask(),
                             .offset = t->offset()};
}

absl::StatusOr<OpOptions> ReadGather(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::GatherOptions>(source, Presence::kOptional, label));
  if (t == nullptr) return GatherOptions();
  return GatherOptions{.axis = t->axis(), .batch_dims = t->batch_dims()};
}

template <typename T>
absl::StatusOr<OpOptions> ReadBlock(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t, Table<T>(source, Presence::kRequired, label));
  return BlockOptions{.block_size = t->block_size()};
}

absl::StatusOr<OpOptions> ReadCumsum(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::CumsumOptions>(source, Presence::kOptional, label));
  if (t == nullptr) return CumsumOptions();
  return CumsumOptions{.exclusive = t->exclusive(), .reverse = t->reverse()};
}

}  // namespace

absl::StatusOr<OpOptions> ReadMovementOptions(BuiltinOp op, const tflite::Operator& source,
                                              const std::string& label) {
  switch (op) {
    case BuiltinOp::kMirrorPad:
      return ReadMirrorPad(source, label);
    case BuiltinOp::kPack:
      return ReadAxis<tflite::PackOptions>(source, label);
    case BuiltinOp::kUnpack:
      return ReadAxis<tflite::UnpackOptions>(source, label);
    case BuiltinOp::kOneHot:
      return ReadAxis<tflite::OneHotOptions>(source, label);
    case BuiltinOp::kSqueeze:
      return ReadSqueeze(source, label);
    case BuiltinOp::kStridedSlice:
      return ReadStridedSlice(source, label);
    case BuiltinOp::kGather:
      return ReadGather(source, label);
    case BuiltinOp::kSpaceToDepth:
      return ReadBlock<tflite::SpaceToDepthOptions>(source, label);
    case BuiltinOp::kDepthToSpace:
      return ReadBlock<tflite::DepthToSpaceOptions>(source, label);
    case BuiltinOp::kCumsum:
      return ReadCumsum(source, label);
    default:
      return OpOptions();
  }
}

}  // namespace octet
