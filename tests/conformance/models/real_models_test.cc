// Whole models of the field against TensorFlow Lite's own answers, under both rules.
//
// Models whose arithmetic is integer (also between QUANTIZE and DEQUANTIZE) answer byte for byte,
// on every instruction set. Float and hybrid ones are held to a signal-to-noise ratio that follows
// from rounding, or from how far apart TensorFlow Lite's own answers are: the order of float sums
// is free, and one code that flips early in a hybrid model moves all that follows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/model/model.h"
#include "tests/conformance/models/golden.h"
#include "tests/support/goldens.h"

namespace octet::testing {
namespace {

enum class Arithmetic { kInteger, kFloat, kHybrid };

const std::map<std::string, Arithmetic>& Models() {
  static const auto* const models = new std::map<std::string, Arithmetic>{
      {"arm_ds_cnn_s_int16x8", Arithmetic::kInteger},
      {"coco_ssd_mobilenet_v1_1.0_quant_uint8", Arithmetic::kInteger},
      {"coral_deeplabv3_mnv2_dm05_uint8", Arithmetic::kInteger},
      {"coral_mobilenet_v1_0.25_128_quant", Arithmetic::kInteger},
      {"coral_movenet_lightning_ptq_int8", Arithmetic::kInteger},
      {"coral_split_concat_uint8", Arithmetic::kInteger},
      {"coral_ssd_head_layers_uint8", Arithmetic::kInteger},
      {"coral_tf2_mobilenet_v2_1.0_224_ptq", Arithmetic::kInteger},
      {"litert_torchaudio_conformer_f32", Arithmetic::kFloat},
      {"mcunet_person_detection_int8_floatio", Arithmetic::kInteger},
      {"mcunet_vww_80_int8_floatio", Arithmetic::kInteger},
      {"mlperf_tiny_ad01_int8", Arithmetic::kInteger},
      {"mlperf_tiny_kws_dscnn_int8", Arithmetic::kInteger},
      {"mlperf_tiny_resnet8_f32", Arithmetic::kFloat},
      {"mlperf_tiny_resnet8_int8", Arithmetic::kInteger},
      {"mlperf_tiny_streaming_wakeword_int8", Arithmetic::kInteger},
      {"mlperf_tiny_toycar_hybrid", Arithmetic::kHybrid},
      {"mlperf_tiny_vww_96_f32", Arithmetic::kFloat},
      {"mlperf_tiny_vww_96_int8", Arithmetic::kInteger},
      {"mobilenet_v1_0.25_224_f32", Arithmetic::kFloat},
      {"mobilenet_v1_0.25_224_quant", Arithmetic::kInteger},
      {"mobilenet_v2_035_96_embedder_hybrid", Arithmetic::kHybrid},
      {"mp_face_detection_short_range_f16", Arithmetic::kFloat},
      {"mww_vad_int8_streaming_vars", Arithmetic::kInteger},
      {"pinto_unet_person_hybrid", Arithmetic::kHybrid},
      {"silabs_kws_on_off_v3_int8", Arithmetic::kInteger},
      {"smartgallery_mobilenet_v3_int8_uint8in", Arithmetic::kInteger},
      {"tflm_hello_world_int8", Arithmetic::kInteger},
      {"tflm_micro_speech_int8", Arithmetic::kInteger},
      {"tflm_mnist_lstm_int8", Arithmetic::kInteger},
  };
  return *models;
}

size_t DifferingBytes(absl::Span<const std::byte> got, const std::string& want) {
  size_t differing = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    differing += static_cast<char>(got[i]) != want[i];
  }
  return differing;
}

// Terms of the longest sum that an operator makes for one element of its output.
double SumLength(const SubgraphDef& graph, const OperatorDef& op) {
  const auto elements = [&](int32_t t) {
    return static_cast<double>(graph.tensors[t].shape.num_elements());
  };
  const Shape& out = graph.tensors[op.outputs[0]].shape;
  switch (op.op) {
    case BuiltinOp::kConv2d:
    case BuiltinOp::kDepthwiseConv2d:
    case BuiltinOp::kFullyConnected:
    case BuiltinOp::kTransposeConv:
      return elements(op.inputs[1]) / static_cast<double>(out.dim(out.rank() - 1));
    case BuiltinOp::kMean:
    case BuiltinOp::kAveragePool2d:
      return elements(op.inputs[0]) / elements(op.outputs[0]);
    case BuiltinOp::kSoftmax:
      return static_cast<double>(out.dim(out.rank() - 1));
    default:
      return 1;
  }
}

// The ratio that two float32 executions of a model keep, with sums in any order. A sum of k terms
// ends within lambda * u * sqrt(k) of its exact value, u = 2^-24, but for a chance of
// 2 exp(-lambda^2 / 2) (N. Higham and T. Mary, "A New Approach to Probabilistic Rounding Error
// Analysis", 2019). Errors of different operators are independent and pass through later ones as
// signals do, so their squares add up, over both executions.
double FloatSqnrDb(const Model& model) {
  constexpr double kLambda = 4;
  constexpr double kUnit = 0x1p-24;
  double terms = 0;
  for (const OperatorDef& op : model.main().operators) terms += SumLength(model.main(), op);
  return -20 * std::log10(std::sqrt(2 * terms) * kLambda * kUnit);
}

using Case = std::tuple<std::string, Rounding>;

class RealModels : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
    golden_ = {GoldensFolder() + "/models", std::get<0>(GetParam())};
    auto model = LoadModel(ReadFile(golden_.Path(".tflite")));
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *model;
  }

  // Runs the recorded inputs once on an instruction set.
  void RunOn(const std::string& isa) {
    CompileOptions options;
    options.rounding = std::get<1>(GetParam());
    options.isa = isa;
    auto compiled = CompiledModel::Compile(model_, options);
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    compiled_ = *compiled;
    auto context = ExecutionContext::Create(compiled_);
    ASSERT_TRUE(context.ok()) << context.status();
    context_ = *std::move(context);
    const absl::Status filled = FillInputs(golden_, *compiled_, *context_);
    ASSERT_TRUE(filled.ok()) << filled;
    const absl::Status run = context_->Run();
    ASSERT_TRUE(run.ok()) << run;
  }

  void CheckOutput(int i) {
    const auto reference = Expected(golden_, Rounding::kFixedPoint, i);
    const auto usual = Expected(golden_, Rounding::kFloat32, i);
    ASSERT_TRUE(reference.ok() && usual.ok()) << reference.status() << usual.status();
    const std::string& want =
        std::get<1>(GetParam()) == Rounding::kFloat32 ? usual->bytes : reference->bytes;
    const auto got = context_->output(i);
    ASSERT_EQ(got.size(), want.size());
    switch (Models().at(golden_.name)) {
      case Arithmetic::kInteger:
        EXPECT_EQ(DifferingBytes(got, want), 0u) << "of " << got.size();
        break;
      case Arithmetic::kFloat:
        EXPECT_GE(SqnrDb(got, want), FloatSqnrDb(*model_));
        break;
      case Arithmetic::kHybrid: {
        const absl::Status close = CheckAsCloseAsRecorded(golden_, i, got);
        EXPECT_TRUE(close.ok()) << close;
        break;
      }
    }
  }

  int num_outputs() const { return static_cast<int>(compiled_->description().outputs.size()); }

  Golden golden_;
  std::shared_ptr<const Model> model_;
  std::shared_ptr<const CompiledModel> compiled_;
  std::unique_ptr<ExecutionContext> context_;
};

TEST_P(RealModels, AnswersAsRecorded) {
  for (const std::string& isa : UsableIsas()) {
    SCOPED_TRACE(isa);
    ASSERT_NO_FATAL_FAILURE(RunOn(isa));
    for (int i = 0; i < num_outputs(); ++i) {
      SCOPED_TRACE(absl::StrCat("output ", i));
      ASSERT_NO_FATAL_FAILURE(CheckOutput(i));
    }
  }
}

TEST(RealModelsTest, EveryRecordedModelIsListed) {
  if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
  std::vector<std::string> recorded;
  for (const Golden& golden : GoldensOf(GoldensFolder() + "/models")) {
    recorded.push_back(golden.name);
  }
  std::vector<std::string> listed;
  for (const auto& [name, arithmetic] : Models()) listed.push_back(name);
  EXPECT_THAT(recorded, ::testing::ContainerEq(listed));
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& [name, arithmetic] : Models()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Models, RealModels,
                         ::testing::Combine(::testing::ValuesIn(Names()),
                                            ::testing::Values(Rounding::kFloat32,
                                                              Rounding::kFixedPoint)),
                         [](const auto& info) {
                           std::string name = absl::StrCat(std::get<0>(info.param), "_",
                                                           RoundingName(std::get<1>(info.param)));
                           for (char& c : name) c = absl::ascii_isalnum(c) ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace octet::testing
