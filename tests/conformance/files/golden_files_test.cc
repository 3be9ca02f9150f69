// The reader against files of many writers: sound ones, and such as broke other readers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/model.h"
#include "tests/support/goldens.h"

namespace octet {
namespace {

using ::testing::HasSubstr;

TEST(GoldenFilesTest, SoundFilesAreRead) {
  const std::string goldens = testing::GoldensFolder();
  if (goldens.empty()) GTEST_SKIP() << testing::MissingGoldens();
  for (const char* folder : {"ops", "models"}) {
    const std::string path = absl::StrCat(goldens, "/", folder);
    const std::vector<std::string> files = testing::FilesEndingIn(path, ".tflite");
    EXPECT_FALSE(files.empty()) << path;
    for (const std::string& file : files) {
      const auto model = ReadModel(testing::ReadFile(absl::StrCat(path, "/", file)));
      EXPECT_TRUE(model.ok()) << file << ": " << model.status();
    }
  }
}

// What the reader says of a file; an empty text stands for one that it reads, and that later
// rooms run or refuse.
struct Hostile {
  const char* file;
  absl::StatusCode code;
  const char* text;
};

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

constexpr Hostile kHostile[] = {
    {"coral_mobilenet_v1_0.25_128_edgetpu_custom", kOk, ""},
    {"flutter_bad_model_29bytes", kInvalid, "not a TensorFlow Lite model"},
    {"litert_blockwise_quantized", kUnimplemented,
     "tensor 2 'quantized_tensor': block-wise quantization"},
    {"litert_gather_string", kUnimplemented, "tensor 0 'input': STRING tensors"},
    {"litert_qualcomm_precompiled", kOk, ""},
    // In spite of its name its operators stand in an order that works.
    {"litert_topo_order_violation", kOk, ""},
    {"tf_0_subgraphs", kInvalid, "no subgraph"},
    {"tf_call_once_mul_resource", kOk, ""},
    {"tf_conv_huge_im2col", kOk, ""},
    {"tf_empty_model", kInvalid, "nothing to run"},
    {"tf_multi_subgraphs_while", kOk, ""},
    {"tf_segment_sum_invalid_buffer", kInvalid, "its buffer 0 has no data"},
    {"tf_test_model_broken", kInvalid, "no identifier TFL3"},
    {"tf_zero_size_constant", kOk, ""},
};

TEST(GoldenFilesTest, HostileFilesGetTheirError) {
  const std::string goldens = testing::GoldensFolder();
  if (goldens.empty()) GTEST_SKIP() << testing::MissingGoldens();
  const std::string folder = absl::StrCat(goldens, "/hostile");
  EXPECT_EQ(testing::FilesEndingIn(folder, ".tflite").size(), std::size(kHostile));
  for (const Hostile& hostile : kHostile) {
    const auto model =
        ReadModel(testing::ReadFile(absl::StrCat(folder, "/", hostile.file, ".tflite")));
    EXPECT_EQ(model.status().code(), hostile.code) << hostile.file << ": " << model.status();
    EXPECT_THAT(std::string(model.status().message()), HasSubstr(hostile.text)) << hostile.file;
  }
}

TEST(GoldenFilesTest, CustomOperatorBehindCodeZero) {
  const std::string goldens = testing::GoldensFolder();
  if (goldens.empty()) GTEST_SKIP() << testing::MissingGoldens();
  const auto model = ReadModel(
      testing::ReadFile(absl::StrCat(goldens, "/hostile/litert_qualcomm_precompiled.tflite")));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->main().operators[0].op, BuiltinOp::kCustom);
  EXPECT_EQ((*model)->main().operators[0].custom_name, "DISPATCH_OP");
}

}  // namespace
}  // namespace octet
