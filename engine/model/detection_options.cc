#include "engine/model/detection_options.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "flatbuffers/flexbuffers.h"

namespace octet {
namespace {

absl::Status ReadInto(const flexbuffers::Reference& value, const char* key, int32_t& to) {
  const bool in_range = value.IsInt()    ? std::in_range<int32_t>(value.AsInt64())
                        : value.IsUInt() ? std::in_range<int32_t>(value.AsUInt64())
                                         : false;
  if (!in_range) return absl::InvalidArgumentError(absl::StrCat(key, " is no 32-bit integer"));
  to = static_cast<int32_t>(value.AsInt64());
  return absl::OkStatus();
}

absl::Status ReadInto(const flexbuffers::Reference& value, const char* key, float& to) {
  if (!value.IsNumeric()) return absl::InvalidArgumentError(absl::StrCat(key, " is no number"));
  const double number = value.AsDouble();
  if (!(std::abs(number) <= std::numeric_limits<float>::max())) {
    return absl::InvalidArgumentError(absl::StrCat(key, " is ", number));
  }
  to = static_cast<float>(number);
  return absl::OkStatus();
}

absl::Status ReadInto(const flexbuffers::Reference& value, const char* key, bool& to) {
  if (!value.IsBool() && !value.IsIntOrUint()) {
    return absl::InvalidArgumentError(absl::StrCat(key, " is no truth value"));
  }
  to = value.AsBool();
  return absl::OkStatus();
}

enum class Default { kNone, kKept };

template <typename T>
absl::Status ReadOption(const flexbuffers::Map& map, const char* key, Default missing, T& to) {
  const flexbuffers::Reference value = map[key];
  if (!value.IsNull()) return ReadInto(value, key, to);
  if (missing == Default::kKept) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(key, " is missing"));
}

}  // namespace

absl::StatusOr<DetectionOptions> ParseDetectionOptions(absl::Span<const uint8_t> bytes) {
  // The shortest buffer is a value, its type and its width.
  if (bytes.size() < 3 || !flexbuffers::VerifyBuffer(bytes.data(), bytes.size())) {
    return absl::InvalidArgumentError("its options are no valid FlexBuffer");
  }
  const flexbuffers::Reference root = flexbuffers::GetRoot(bytes.data(), bytes.size());
  if (!root.IsMap()) return absl::InvalidArgumentError("its options are no map");
  const flexbuffers::Map map = root.AsMap();
  DetectionOptions o;
  const auto read = [&](const char* key, auto& to) {
    return ReadOption(map, key, Default::kNone, to);
  };
  OCTET_RETURN_IF_ERROR(read("max_detections", o.max_detections));
  OCTET_RETURN_IF_ERROR(read("max_classes_per_detection", o.max_classes_per_detection));
  OCTET_RETURN_IF_ERROR(
      ReadOption(map, "detections_per_class", Default::kKept, o.detections_per_class));
  OCTET_RETURN_IF_ERROR(ReadOption(map, "use_regular_nms", Default::kKept, o.use_regular_nms));
  OCTET_RETURN_IF_ERROR(read("num_classes", o.num_classes));
  OCTET_RETURN_IF_ERROR(read("nms_score_threshold", o.nms_score_threshold));
  OCTET_RETURN_IF_ERROR(read("nms_iou_threshold", o.nms_iou_threshold));
  OCTET_RETURN_IF_ERROR(read("y_scale", o.y_scale));
  OCTET_RETURN_IF_ERROR(read("x_scale", o.x_scale));
  OCTET_RETURN_IF_ERROR(read("h_scale", o.h_scale));
  OCTET_RETURN_IF_ERROR(read("w_scale", o.w_scale));
  return o;
}

}  // namespace octet
