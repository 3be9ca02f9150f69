// What quantizing costs the project's own network: at most half a point of its accuracy on held-out
// images, in every mode and with every method of calibration.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/formats/npz.h"
#include "octet/engine.h"
#include "octet/quantize.h"
#include "tests/support/goldens.h"

namespace octet {
namespace {

constexpr size_t kSamples = 64;
constexpr double kLargestLoss = 0.5;  // points

struct Data {
  std::string images;  // float32 [count, 8, 8, 1]
  std::vector<int64_t> labels;
  size_t image_bytes = 0;
};

Data Load() {
  Data data;
  const std::string path = absl::StrCat(OCTET_DATA_DIR, "/digits_test.npz");
  const auto arrays = client::ParseNpz(testing::ReadFile(path), int64_t{1} << 26);
  EXPECT_TRUE(arrays.ok()) << arrays.status();
  if (!arrays.ok()) return data;
  data.images = arrays->at("image").data;
  const std::string& labels = arrays->at("labels").data;
  data.labels.resize(labels.size() / sizeof(int64_t));
  std::memcpy(data.labels.data(), labels.data(), labels.size());
  data.image_bytes = data.images.size() / data.labels.size();
  return data;
}

// Share of right answers, in percent.
double Points(const std::string& file, const Data& data) {
  const auto model = LoadModel(file);
  EXPECT_TRUE(model.ok()) << model.status();
  const auto compiled = CompiledModel::Compile(*model, {});
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  const auto context = ExecutionContext::Create(*compiled);
  EXPECT_TRUE(context.ok()) << context.status();
  const IoTensor& input = (*compiled)->description().inputs[0];
  int right = 0;
  for (size_t i = 0; i < data.labels.size(); ++i) {
    const absl::Span<const std::byte> image(
        reinterpret_cast<const std::byte*>(data.images.data()) + i * data.image_bytes,
        data.image_bytes);
    if (input.type == DataType::kFloat32) {
      std::memcpy((*context)->input(0).data(), image.data(), image.size());
    } else {
      EXPECT_TRUE(QuantizeValues(image, input.type, input.quantization, (*context)->input(0)).ok());
    }
    EXPECT_TRUE((*context)->Run().ok());
    const absl::Span<const std::byte> output = (*context)->output(0);
    int64_t best = 0;
    if ((*compiled)->description().outputs[0].type == DataType::kFloat32) {
      const auto* scores = reinterpret_cast<const float*>(output.data());
      best = std::max_element(scores, scores + output.size() / sizeof(float)) - scores;
    } else {
      const auto* scores = reinterpret_cast<const int8_t*>(output.data());
      best = std::max_element(scores, scores + output.size()) - scores;
    }
    right += best == data.labels[i];
  }
  return 100.0 * right / static_cast<double>(data.labels.size());
}

std::vector<CalibrationSample> FirstImages(const Data& data, const std::string& input) {
  std::vector<CalibrationSample> samples;
  for (size_t i = 0; i < kSamples; ++i) {
    const auto* begin =
        reinterpret_cast<const std::byte*>(data.images.data()) + i * data.image_bytes;
    samples.push_back(
        {{{input, DataType::kFloat32, Shape({1, 8, 8, 1}), {begin, data.image_bytes}}}});
  }
  return samples;
}

TEST(DigitsAccuracyTest, HalfAPointAtMost) {
  const Data data = Load();
  ASSERT_GT(data.labels.size(), 400);
  const std::string source =
      testing::ReadFile(absl::StrCat(OCTET_DATA_DIR, "/digits_float32.tflite"));
  const double reals = Points(source, data);
  EXPECT_GT(reals, 90);
  const double converter =
      Points(testing::ReadFile(absl::StrCat(OCTET_DATA_DIR, "/digits_int8.tflite")), data);
  const std::vector<CalibrationSample> samples = FirstImages(data, "image");
  QuantizeResources resources;
  resources.samples = samples;
  std::vector<QuantizeOptions> all;
  for (const CalibrationMethod method :
       {CalibrationMethod::kMinMax, CalibrationMethod::kMovingAverage,
        CalibrationMethod::kPercentile, CalibrationMethod::kMse}) {
    all.push_back({.mode = QuantizationMode::kFullInteger, .calibration = {.method = method}});
  }
  all.push_back({.mode = QuantizationMode::kFullInteger, .bias_correction = true});
  all.push_back({.mode = QuantizationMode::kFullInteger, .cross_layer_equalization = true});
  all.push_back({.mode = QuantizationMode::kInt16x8});
  all.push_back({.mode = QuantizationMode::kDynamicRange, .min_weight_elements = 1});
  all.push_back({.mode = QuantizationMode::kWeightOnly, .min_weight_elements = 1});
  all.push_back({.mode = QuantizationMode::kFloat16});
  for (const QuantizeOptions& options : all) {
    const auto quantized = QuantizeModel(source, options, resources);
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const double points = Points(quantized->bytes, data);
    const std::string name = absl::StrCat(QuantizationModeName(options.mode), " ",
                                          CalibrationMethodName(options.calibration.method));
    std::printf("%-28s %6.2f of %6.2f (converter's int8 %6.2f), output SQNR %5.1f dB\n",
                name.c_str(), points, reals, converter, quantized->report.outputs[0].error.sqnr_db);
    EXPECT_GE(points, reals - kLargestLoss) << name;
    for (const LayerReport& layer : quantized->report.layers) {
      EXPECT_TRUE(layer.measured) << layer.tensor;
    }
  }
}

}  // namespace
}  // namespace octet
