// The custom operator TFLite_Detection_PostProcess: encoded boxes [1, n, 4 or more], scores of
// their classes [1, n, classes, with or without the background before them] and anchors [n, 4]
// (centre y and x, height, width) become the best detections: boxes [1, m, 4] (two corners),
// classes [1, m], scores [1, m] and how many there are [1]. Unused places hold zeros.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/model/detection_options.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/selection/box.h"
#include "engine/ops/selection/detections.h"
#include "engine/ops/selection/rows.h"

namespace octet::ops {
namespace {

enum Input { kEncodings, kClassScores, kAnchors };
enum Output { kBoxesOut, kClassesOut, kScoresOut, kCountOut };

struct Affine {
  float scale = 1;
  int32_t zero_point = 0;
};

// Elements of an input as real numbers.
template <typename T>
class Reals {
 public:
  Reals(const RunContext& context, int input, const Affine& affine)
      : data_(context.in<T>(input)), affine_(affine) {}
  float operator[](int64_t i) const {
    if constexpr (std::is_same_v<T, float>) {
      return data_[i];
    } else {
      return affine_.scale * static_cast<float>(data_[i] - affine_.zero_point);
    }
  }

 private:
  const T* const data_;
  const Affine affine_;
};

// Both in double, rounded once.
float Centre(double encoding, double scale, double anchor, double extent) {
  return static_cast<float>(encoding / scale * extent + anchor);
}
float HalfExtent(double encoding, double scale, double extent) {
  return static_cast<float>(0.5 * std::exp(encoding / scale) * extent);
}

template <typename T>
class DetectionPostProcess final : public Op {
 public:
  DetectionPostProcess(const DetectionOptions& options, const std::array<Affine, 3>& affine)
      : options_(options), affine_(affine) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& encodings = inputs[kEncodings];
    const Shape& scores = inputs[kClassScores];
    const Shape& anchors = inputs[kAnchors];
    const bool ranks_fit = encodings.rank() == 3 && scores.rank() == 3 && anchors.rank() == 2;
    if (!ranks_fit || encodings.dim(0) != 1 || scores.dim(0) != 1 || encodings.dim(2) < 4 ||
        anchors.dim(1) != 4 || scores.dim(1) != encodings.dim(1) ||
        anchors.dim(0) != encodings.dim(1)) {
      return absl::InvalidArgumentError(absl::StrCat("boxes of shape ", encodings.ToString(),
                                                     ", scores of shape ", scores.ToString(),
                                                     " and anchors of shape ", anchors.ToString()));
    }
    const int32_t background = scores.dim(2) - options_.num_classes;
    if (background != 0 && background != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("num_classes ", options_.num_classes, " and scores of ", scores.dim(2)));
    }
    const int32_t m = options_.max_detections * options_.max_classes_per_detection;
    return Shapes{Shape{1, m, 4}, Shape{1, m}, Shape{1, m}, Shape{1}};
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return DetectionScratch::Bytes(Size(inputs[kEncodings]));
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("it takes one image at a time");
  }

  absl::Status Run(const RunContext& context) const override {
    const DetectionSize size = Size(context.input_shapes[kEncodings]);
    const DetectionScratch scratch(context.scratch, size);
    Decode(context, scratch.boxes);
    for (int i = 0; i < 4; ++i) {
      std::fill_n(context.out<float>(i), context.output_shapes[i].num_elements(), 0.0f);
    }
    if (options_.use_regular_nms) {
      RunRegular(context, size, scratch);
    } else {
      RunFast(context, size, scratch);
    }
    return absl::OkStatus();
  }

 private:
  DetectionSize Size(const Shape& encodings) const {
    return {encodings.dim(1), options_.num_classes, options_.max_detections,
            options_.use_regular_nms ? options_.detections_per_class : options_.max_detections};
  }

  Suppression suppression() const {
    return {options_.nms_score_threshold, options_.nms_iou_threshold};
  }

  void Decode(const RunContext& context, Box* boxes) const {
    const Reals<T> encodings(context, kEncodings, affine_[kEncodings]);
    const Reals<T> anchors(context, kAnchors, affine_[kAnchors]);
    const Shape& shape = context.input_shapes[kEncodings];
    for (int32_t i = 0; i < shape.dim(1); ++i) {
      const int64_t e = int64_t{i} * shape.dim(2);
      const int64_t a = int64_t{i} * 4;
      const float y = Centre(encodings[e], options_.y_scale, anchors[a], anchors[a + 2]);
      const float x = Centre(encodings[e + 1], options_.x_scale, anchors[a + 1], anchors[a + 3]);
      const float half_h = HalfExtent(encodings[e + 2], options_.h_scale, anchors[a + 2]);
      const float half_w = HalfExtent(encodings[e + 3], options_.w_scale, anchors[a + 3]);
      boxes[i] = {y - half_h, x - half_w, y + half_h, x + half_w};
    }
  }

  // Suppression among all boxes by the score of their best class; then each keeps its best classes.
  void RunFast(const RunContext& context, const DetectionSize& size,
               const DetectionScratch& scratch) const {
    const Reals<T> scores(context, kClassScores, affine_[kClassScores]);
    const int64_t stride = context.input_shapes[kClassScores].dim(2);
    const int64_t background = stride - size.classes;
    for (int32_t i = 0; i < size.boxes; ++i) {
      float best = std::numeric_limits<float>::quiet_NaN();
      for (int32_t c = 0; c < size.classes; ++c) {
        const float score = scores[i * stride + background + c];
        if (std::isnan(best) || score > best) best = score;
      }
      scratch.scores[i] = best;
    }
    const int32_t count = SelectBoxes(size, suppression(), size.max_detections, scratch);
    const int32_t kept = std::min(options_.max_classes_per_detection, size.classes);
    for (int32_t i = 0; i < count; ++i) {
      const int32_t box = scratch.selected[i];
      for (int32_t c = 0; c < size.classes; ++c) {
        scratch.ranked[c] = {scores[box * stride + background + c], box, c};
      }
      RankClasses(scratch.ranked, size.classes, kept);
      for (int32_t c = 0; c < kept; ++c) {
        Put(context, scratch, int64_t{i} * options_.max_classes_per_detection + c,
            scratch.ranked[c]);
      }
    }
    *context.out<float>(kCountOut) = static_cast<float>(count);
  }

  // Suppression within each class; the best of all classes stay.
  void RunRegular(const RunContext& context, const DetectionSize& size,
                  const DetectionScratch& scratch) const {
    const Reals<T> scores(context, kClassScores, affine_[kClassScores]);
    const int64_t stride = context.input_shapes[kClassScores].dim(2);
    const int64_t background = stride - size.classes;
    int32_t count = 0;
    for (int32_t c = 0; c < size.classes; ++c) {
      for (int32_t i = 0; i < size.boxes; ++i) {
        scratch.scores[i] = scores[i * stride + background + c];
      }
      const int32_t found =
          SelectBoxes(size, suppression(), options_.detections_per_class, scratch);
      for (int32_t i = 0; i < found; ++i) {
        const int32_t box = scratch.selected[i];
        scratch.ranked[count + i] = {scratch.scores[box], box, c};
      }
      const int32_t total = count + found;
      count = std::min(total, size.max_detections);
      RankBoxes(scratch.ranked, total, count);
    }
    for (int32_t i = 0; i < count; ++i) Put(context, scratch, i, scratch.ranked[i]);
    *context.out<float>(kCountOut) = static_cast<float>(count);
  }

  static void Put(const RunContext& context, const DetectionScratch& scratch, int64_t place,
                  const RankedBox& ranked) {
    static_cast<Box*>(context.outputs[kBoxesOut])[place] = scratch.boxes[ranked.box];
    context.out<float>(kClassesOut)[place] = static_cast<float>(ranked.class_index);
    context.out<float>(kScoresOut)[place] = ranked.score;
  }

  const DetectionOptions options_;
  const std::array<Affine, 3> affine_;
};

absl::Status CheckOptions(const DetectionOptions& o) {
  const auto positive = [](const char* name, int32_t value) {
    if (value > 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(name, " ", value, "; a positive number is needed"));
  };
  OCTET_RETURN_IF_ERROR(positive("max_detections", o.max_detections));
  OCTET_RETURN_IF_ERROR(positive("max_classes_per_detection", o.max_classes_per_detection));
  OCTET_RETURN_IF_ERROR(positive("detections_per_class", o.detections_per_class));
  OCTET_RETURN_IF_ERROR(positive("num_classes", o.num_classes));
  if (o.y_scale == 0 || o.x_scale == 0 || o.h_scale == 0 || o.w_scale == 0) {
    return absl::InvalidArgumentError("a scale of boxes is 0");
  }
  if (!(o.nms_iou_threshold > 0 && o.nms_iou_threshold <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("nms_iou_threshold ", o.nms_iou_threshold, " is outside of (0, 1]"));
  }
  int32_t places;
  if (!CheckedMul(o.max_detections, o.max_classes_per_detection, &places)) {
    return absl::InvalidArgumentError(
        absl::StrCat(o.max_detections, " detections of ", o.max_classes_per_detection, " classes"));
  }
  return absl::OkStatus();
}

template <typename T>
PreparedOp Prepare(const PrepareContext& context) {
  const auto custom = context.options<CustomOptions>();
  OCTET_ASSIGN_OR_RETURN(const DetectionOptions options, ParseDetectionOptions(custom.bytes));
  OCTET_RETURN_IF_ERROR(CheckOptions(options));
  std::array<Affine, 3> affine;
  if constexpr (!std::is_same_v<T, float>) {
    for (int i = 0; i < 3; ++i) {
      OCTET_RETURN_IF_ERROR(CheckPerTensor(*context.input(i)));
      const Quantization& q = context.input(i)->quantization;
      affine[i] = {q.scale[0], static_cast<int32_t>(q.zero_point[0])};
    }
  }
  return std::make_unique<DetectionPostProcess<T>>(options, affine);
}

template <typename T>
OpRow Row(DataType type) {
  constexpr DataType kFloat = DataType::kFloat32;
  return {BuiltinOp::kCustom,
          1,
          1,
          {{type}, {type}, {type}},
          {{kFloat}, {kFloat}, {kFloat}, {kFloat}},
          &Prepare<T>,
          "TFLite_Detection_PostProcess"};
}

}  // namespace

OpRowList DetectionRows() {
  return {Row<float>(DataType::kFloat32), Row<uint8_t>(DataType::kUint8)};
}

}  // namespace octet::ops
