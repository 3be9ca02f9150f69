// Options of the custom operator TFLite_Detection_PostProcess, which keeps them as FlexBuffers.
#ifndef OCTET_ENGINE_MODEL_DETECTION_OPTIONS_H_
#define OCTET_ENGINE_MODEL_DETECTION_OPTIONS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace octet {

// As the file has them; Prepare of the operator checks them.
struct DetectionOptions {
  int32_t max_detections = 0;
  int32_t max_classes_per_detection = 0;
  int32_t detections_per_class = 100;
  bool use_regular_nms = false;
  int32_t num_classes = 0;
  float nms_score_threshold = 0;
  float nms_iou_threshold = 0;
  // What encoded boxes are divided by: centre, then size.
  float y_scale = 0;
  float x_scale = 0;
  float h_scale = 0;
  float w_scale = 0;
};

// InvalidArgument where the bytes are no map, or an option that has no default is missing, is no
// number or leaves its type's range.
absl::StatusOr<DetectionOptions> ParseDetectionOptions(absl::Span<const uint8_t> bytes);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_DETECTION_OPTIONS_H_
