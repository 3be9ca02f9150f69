// TFLite_Detection_PostProcess: hostile options, and numbers that are none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <flatbuffers/flexbuffers.h>

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/detection_options.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"
#include "tflite_generated.h"

namespace octet::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

constexpr auto kFloat = DataType::kFloat32;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

using Add = std::function<void(flexbuffers::Builder&, const char* key)>;
using Options = std::map<std::string, Add>;

Add Int(int64_t value) {
  return [=](flexbuffers::Builder& b, const char* key) { b.Int(key, value); };
}
Add Real(double value) {
  return [=](flexbuffers::Builder& b, const char* key) { b.Double(key, value); };
}
Add Text(const char* value) {
  return [=](flexbuffers::Builder& b, const char* key) { b.String(key, value); };
}
Add Bool(bool value) {
  return [=](flexbuffers::Builder& b, const char* key) { b.Bool(key, value); };
}

Options Valid() {
  return {{"max_detections", Int(2)},
          {"max_classes_per_detection", Int(1)},
          {"num_classes", Int(2)},
          {"nms_score_threshold", Real(0.25)},
          {"nms_iou_threshold", Real(0.5)},
          {"y_scale", Real(10)},
          {"x_scale", Real(10)},
          {"h_scale", Real(5)},
          {"w_scale", Real(5)}};
}

Options With(const std::string& key, Add value) {
  Options options = Valid();
  options[key] = std::move(value);
  return options;
}

std::vector<uint8_t> Write(const Options& options) {
  flexbuffers::Builder builder;
  builder.Map([&] {
    for (const auto& [key, add] : options) add(builder, key.c_str());
  });
  builder.Finish();
  return builder.GetBuffer();
}

std::string ParseError(const std::vector<uint8_t>& bytes) {
  return std::string(ParseDetectionOptions(bytes).status().message());
}

TEST(DetectionOptionsTest, ReadsWhatIsThereAndKeepsDefaults) {
  const auto options = ParseDetectionOptions(Write(Valid()));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->max_detections, 2);
  EXPECT_EQ(options->detections_per_class, 100);
  EXPECT_FALSE(options->use_regular_nms);
  EXPECT_EQ(options->h_scale, 5);
}

TEST(DetectionOptionsTest, NamesWhatIsMissing) {
  for (const auto& [key, unused] : Valid()) {
    Options options = Valid();
    options.erase(key);
    EXPECT_EQ(ParseError(Write(options)), absl::StrCat(key, " is missing"));
  }
}

TEST(DetectionOptionsTest, NamesValuesOfOtherTypesAndRanges) {
  for (const Add& value : {Int(int64_t{1} << 40), Int(-(int64_t{1} << 40)), Real(2.5), Text("2")}) {
    EXPECT_EQ(ParseError(Write(With("num_classes", value))), "num_classes is no 32-bit integer");
  }
  EXPECT_EQ(ParseError(Write(With("y_scale", Text("10")))), "y_scale is no number");
  for (double value : {1e300, double{kInfinity}, double{kNan}}) {
    EXPECT_THAT(ParseError(Write(With("y_scale", Real(value)))), HasSubstr("y_scale is "));
  }
  EXPECT_EQ(ParseError(Write(With("use_regular_nms", Text("true")))),
            "use_regular_nms is no truth value");
}

TEST(DetectionOptionsTest, RefusesBytesThatAreNoMap) {
  EXPECT_THAT(ParseError({}), HasSubstr("no valid FlexBuffer"));
  EXPECT_THAT(ParseError({0, 0}), HasSubstr("no valid FlexBuffer"));
  flexbuffers::Builder number;
  number.Int(7);
  number.Finish();
  EXPECT_THAT(ParseError(number.GetBuffer()), HasSubstr("no map"));
}

// For the sanitizers: no cut or changed byte reads what is not there.
TEST(DetectionOptionsTest, HoldsAgainstEveryCutAndChangedByte) {
  const std::vector<uint8_t> valid = Write(Valid());
  for (size_t size = 0; size < valid.size(); ++size) {
    EXPECT_FALSE(ParseDetectionOptions({valid.data() + valid.size() - size, size}).ok()) << size;
    const std::vector<uint8_t> cut(valid.begin(), valid.begin() + size);
    const auto options = ParseDetectionOptions(cut);
    EXPECT_TRUE(options.ok() || absl::IsInvalidArgument(options.status())) << size;
  }
  for (size_t i = 0; i < valid.size(); ++i) {
    std::vector<uint8_t> changed = valid;
    for (int byte = 0; byte < 256; ++byte) {
      changed[i] = static_cast<uint8_t>(byte);
      const auto options = ParseDetectionOptions(changed);
      EXPECT_TRUE(options.ok() || absl::IsInvalidArgument(options.status())) << i << " " << byte;
    }
  }
}

// Three boxes with scores of the background and two classes.
struct Detection {
  std::vector<uint8_t> options = Write(Valid());
  std::vector<int32_t> encodings{1, 3, 4};
  std::vector<int32_t> scores{1, 3, 3};
  std::vector<int32_t> anchors{3, 4};

  std::string Build() const {
    ModelBuilder b;
    const std::vector<int> inputs{b.Input("encodings", kFloat, encodings),
                                  b.Input("scores", kFloat, scores),
                                  b.Input("anchors", kFloat, anchors)};
    const std::vector<int> outputs{
        b.Tensor("boxes", kFloat, {1, 2, 4}), b.Tensor("classes", kFloat, {1, 2}),
        b.Tensor("kept", kFloat, {1, 2}), b.Tensor("count", kFloat, {1})};
    b.CustomOp("TFLite_Detection_PostProcess", inputs, outputs);
    b.raw().subgraphs[0]->operators[0]->custom_options = options;
    for (int output : outputs) b.Output(output);
    return b.Build();
  }
};

std::vector<std::vector<float>> Detect(const Options& options, const std::vector<float>& encodings,
                                       const std::vector<float>& scores) {
  Detection model;
  model.options = Write(options);
  const std::vector<float> anchors{1, 1, 2, 2, 3, 3, 1, 2, 9, 9, 1, 1};
  const auto result =
      RunModel(model.Build(), {ToBytes(encodings), ToBytes(scores), ToBytes(anchors)});
  EXPECT_TRUE(result.ok()) << result.status();
  std::vector<std::vector<float>> outputs;
  if (!result.ok()) return {{}, {}, {}, {}};
  for (const Bytes& bytes : result->outputs) outputs.push_back(FromBytes<float>(bytes));
  return outputs;
}

const std::vector<float> kEncodings{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

// The worked example of NUMERICS.md.
TEST(DetectionPostProcessTest, DecodesABoxAndLeavesUnusedPlacesZero) {
  const auto outputs = Detect(Valid(), kEncodings, {0, 0.75f, 0.5f, 0, 0, 0, 0, 0, 0});
  EXPECT_THAT(outputs[0],
              ElementsAre(FloatNear(0.2f, 1e-6f), 0, FloatNear(2.2f, 1e-6f), 2, 0, 0, 0, 0));
  EXPECT_THAT(outputs[1], ElementsAre(0, 0));
  EXPECT_THAT(outputs[2], ElementsAre(0.75f, 0));
  EXPECT_THAT(outputs[3], ElementsAre(1));
}

TEST(DetectionPostProcessTest, KeepsTheBestOfAllClassesInEitherWay) {
  const std::vector<float> scores{0.9f, 0.75f, 0.5f, 0.9f, 0.5f, 0.875f, 0.9f, 0.25f, 0.25f};
  EXPECT_THAT(Detect(Valid(), kEncodings, scores)[2], ElementsAre(0.875f, 0.75f));
  Options regular = With("use_regular_nms", Bool(true));
  for (int64_t per_class : {int64_t{1}, int64_t{kMax}}) {
    regular["detections_per_class"] = Int(per_class);
    const auto outputs = Detect(regular, kEncodings, scores);
    EXPECT_THAT(outputs[1], ElementsAre(1, 0));
    EXPECT_THAT(outputs[2], ElementsAre(0.875f, 0.75f));
  }
}

TEST(DetectionPostProcessTest, ScoresThatAreNoNumbersAreNotDetected) {
  for (bool regular : {false, true}) {
    const auto options = With("use_regular_nms", Bool(regular));
    const auto none = Detect(options, kEncodings, std::vector<float>(9, kNan));
    EXPECT_THAT(none[3], ElementsAre(0)) << regular;
    EXPECT_THAT(none[2], Each(0));
    const auto one = Detect(options, kEncodings, {0, kNan, 0.5f, 0, kNan, kNan, 0, kNan, kNan});
    EXPECT_THAT(one[1], ElementsAre(1, 0)) << regular;
    EXPECT_THAT(one[2], ElementsAre(0.5f, 0));
  }
}

TEST(DetectionPostProcessTest, EndsWithBoxesThatAreNoNumbers) {
  for (float value : {kNan, kInfinity, -kInfinity, std::numeric_limits<float>::max()}) {
    for (bool regular : {false, true}) {
      const auto outputs = Detect(With("use_regular_nms", Bool(regular)),
                                  std::vector<float>(12, value), std::vector<float>(9, 0.5f));
      EXPECT_THAT(outputs[3], ElementsAre(2)) << value;
    }
  }
}

std::string ErrorOf(const Detection& model) {
  return std::string(CompileError(model.Build()).message());
}

std::string ErrorOf(const Options& options) {
  Detection model;
  model.options = Write(options);
  return ErrorOf(model);
}

TEST(DetectionPostProcessTest, RefusesOptionsThatMakeNoSense) {
  for (const char* key :
       {"max_detections", "max_classes_per_detection", "detections_per_class", "num_classes"}) {
    for (int64_t value : {int64_t{0}, int64_t{-1}, int64_t{-1} - kMax}) {
      EXPECT_THAT(ErrorOf(With(key, Int(value))), HasSubstr(absl::StrCat(key, " ", value)));
    }
  }
  EXPECT_THAT(ErrorOf(With("num_classes", Int(kMax))), HasSubstr("and scores of 3"));
  EXPECT_THAT(ErrorOf(With("w_scale", Real(0))), HasSubstr("scale of boxes is 0"));
  for (double value : {0.0, -1.0, 1.5}) {
    EXPECT_THAT(ErrorOf(With("nms_iou_threshold", Real(value))), HasSubstr("outside of (0, 1]"));
  }
  Detection garbage;
  garbage.options = {1, 2, 3, 4};
  EXPECT_THAT(ErrorOf(garbage), HasSubstr("FlexBuffer"));
}

TEST(DetectionPostProcessTest, LongOutputsAreHeldToTheMemoryLimit) {
  Options options = With("max_detections", Int(kMax));
  Detection model;
  model.options = Write(options);
  EXPECT_EQ(CompileError(model.Build()).code(), absl::StatusCode::kResourceExhausted);
  options["max_classes_per_detection"] = Int(2);
  EXPECT_THAT(ErrorOf(options), HasSubstr("detections of 2 classes"));
}

TEST(DetectionPostProcessTest, RefusesShapesThatDoNotFit) {
  const auto refuses = [](std::vector<int32_t> Detection::*shape, std::vector<int32_t> dims) {
    Detection model;
    model.*shape = std::move(dims);
    EXPECT_THAT(ErrorOf(model), HasSubstr("and anchors of shape"));
  };
  refuses(&Detection::encodings, {1, 3, 3});
  refuses(&Detection::encodings, {2, 3, 4});
  refuses(&Detection::encodings, {3, 4});
  refuses(&Detection::scores, {1, 4, 3});
  refuses(&Detection::scores, {1, 3});
  refuses(&Detection::anchors, {2, 4});
  refuses(&Detection::anchors, {3, 5});
}

}  // namespace
}  // namespace octet::testing
