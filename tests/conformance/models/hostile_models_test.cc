// Files that must end in a clear error, or run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "octet/engine.h"
#include "tests/support/goldens.h"

namespace octet::testing {
namespace {

using ::testing::HasSubstr;

// Loads, compiles and runs a file once; the first error, or OK.
absl::Status Serve(const std::string& bytes) {
  auto model = LoadModel(bytes);
  if (!model.ok()) return model.status();
  auto compiled = CompiledModel::Compile(*model, CompileOptions());
  if (!compiled.ok()) return compiled.status();
  auto context = ExecutionContext::Create(*compiled);
  if (!context.ok()) return context.status();
  return (*context)->Run();
}

struct Hostile {
  const char* file;
  absl::StatusCode code;  // kOk: it runs
  const char* text;       // that the message holds
};

class HostileModels : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileModels, EndsAsExpected) {
  if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
  const std::string bytes =
      ReadFile(absl::StrCat(GoldensFolder(), "/hostile/", GetParam().file, ".tflite"));
  ASSERT_FALSE(bytes.empty()) << GetParam().file;
  const absl::Status status = Serve(bytes);
  std::cout << GetParam().file << ": " << status << "\n";
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().text));
}

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

INSTANTIATE_TEST_SUITE_P(
    Files, HostileModels,
    ::testing::Values(Hostile{"coral_mobilenet_v1_0.25_128_edgetpu_custom", kUnimplemented,
                              "edgetpu-custom-op"},
                      Hostile{"tf_multi_subgraphs_while", kOk, ""},
                      Hostile{"tf_0_subgraphs", kInvalid, "no subgraph"},
                      Hostile{"tf_empty_model", kInvalid, "subgraph"},
                      Hostile{"tf_test_model_broken", kInvalid, "no identifier TFL3 at offset 4"},
                      Hostile{"tf_segment_sum_invalid_buffer", kInvalid, "buffer"},
                      Hostile{"tf_conv_huge_im2col", kOk, ""},
                      Hostile{"litert_gather_string", kUnimplemented, "STRING"},
                      Hostile{"litert_qualcomm_precompiled", kUnimplemented, "DISPATCH_OP"},
                      Hostile{"litert_blockwise_quantized", kUnimplemented, "block-wise"},
                      Hostile{"flutter_bad_model_29bytes", kInvalid, "not a TensorFlow Lite"},
                      // Its operators are in a valid order after all.
                      Hostile{"litert_topo_order_violation", kOk, ""},
                      Hostile{"tf_zero_size_constant", kOk, ""},
                      Hostile{"tf_call_once_mul_resource", kOk, ""}),
    [](const auto& info) {
      std::string name = info.param.file;
      for (char& c : name) c = absl::ascii_isalnum(c) ? c : '_';
      return name;
    });

}  // namespace
}  // namespace octet::testing
