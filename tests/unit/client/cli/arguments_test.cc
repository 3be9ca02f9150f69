#include "client/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace octet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

template <typename Command>
Command Parse(const std::vector<std::string>& args) {
  const ParsedArguments parsed = ParseArguments(args);
  EXPECT_TRUE(parsed.arguments.has_value()) << parsed.text;
  if (!parsed.arguments) return {};
  return std::get<Command>(parsed.arguments->command);
}

TEST(ArgumentsTest, DefaultsAreThoseOfTheContract) {
  const ParsedArguments parsed = ParseArguments({"status"});
  ASSERT_TRUE(parsed.arguments);
  EXPECT_EQ(parsed.arguments->channel.address, "127.0.0.1:8001");
  EXPECT_EQ(parsed.arguments->channel.max_message_bytes, 256 << 20);
  EXPECT_FALSE(parsed.arguments->channel.tls.any());
  EXPECT_FALSE(parsed.arguments->json);
  EXPECT_FALSE(parsed.arguments->timeout_seconds);
}

TEST(ArgumentsTest, GlobalOptionsStandBeforeOrAfterTheCommand) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--address", "a:1", "--json", "--timeout", "2.5", "models"},
        {"models", "--address", "a:1", "--json", "--timeout", "2.5"}}) {
    const ParsedArguments parsed = ParseArguments(args);
    ASSERT_TRUE(parsed.arguments) << parsed.text;
    EXPECT_EQ(parsed.arguments->channel.address, "a:1");
    EXPECT_TRUE(parsed.arguments->json);
    EXPECT_EQ(parsed.arguments->timeout_seconds, 2.5);
  }
}

TEST(ArgumentsTest, TheEnvironmentStandsBehindTheFlags) {
  setenv("OCTET_ADDRESS", "env:1", 1);
  setenv("OCTET_TLS_CA", "ca.pem", 1);
  setenv("OCTET_TIMEOUT", "9", 1);
  const ParsedArguments from_env = ParseArguments({"status"});
  const ParsedArguments from_flag = ParseArguments({"status", "--address", "flag:1"});
  unsetenv("OCTET_ADDRESS");
  unsetenv("OCTET_TLS_CA");
  unsetenv("OCTET_TIMEOUT");
  EXPECT_EQ(from_env.arguments->channel.address, "env:1");
  EXPECT_EQ(from_env.arguments->channel.tls.ca, "ca.pem");
  EXPECT_EQ(from_env.arguments->timeout_seconds, 9);
  EXPECT_EQ(from_flag.arguments->channel.address, "flag:1");
}

TEST(ArgumentsTest, ModelsCarryTheirVersion) {
  EXPECT_EQ(Parse<MetadataArguments>({"metadata", "m"}).model.version, "");
  EXPECT_EQ(Parse<MetadataArguments>({"metadata", "m:3"}).model.version, "3");
  EXPECT_EQ(Parse<MetadataArguments>({"metadata", "m", "--version", "3"}).model.version, "3");
  const ModelName odd = ParseModelName("a:b");
  EXPECT_EQ(odd.name, "a:b");
  EXPECT_EQ(odd.version, "");
}

TEST(ArgumentsTest, Infer) {
  const auto files = Parse<InferArguments>(
      {"infer", "m", "a.npy", "b.png", "--output", "out", "--top", "3", "--pixel-range", "-1,1"});
  EXPECT_EQ(files.model.name, "m");
  EXPECT_THAT(files.files, ElementsAre("a.npy", "b.png"));
  EXPECT_EQ(files.output_dir, "out");
  EXPECT_EQ(files.top, 3);
  EXPECT_FALSE(files.codes);
  EXPECT_EQ(files.pixel_range->black, -1);
  EXPECT_EQ(files.pixel_range->white, 1);
  const auto inputs =
      Parse<InferArguments>({"infer", "--input", "a=x=1.npy", "--input", "b=y", "m", "--codes"});
  EXPECT_THAT(inputs.inputs, ElementsAre(Pair("a", "x=1.npy"), Pair("b", "y")));
  EXPECT_TRUE(inputs.codes);
}

TEST(ArgumentsTest, Quantize) {
  const auto file = Parse<QuantizeArguments>({"quantize", "in", "out"});
  EXPECT_EQ(file.input_path, "in");
  EXPECT_EQ(file.output_path, "out");
  EXPECT_FALSE(file.source || file.store_as);
  EXPECT_EQ(file.options.mode(), octet::v1::QUANTIZATION_MODE_DYNAMIC_RANGE);
  EXPECT_FALSE(file.options.has_min_weight_elements());
  const auto served =
      Parse<QuantizeArguments>({"quantize", "--model", "m", "--version", "2", "--store-as", "q:4",
                                "--min-elements", "0", "--per-tensor", "--mode", "float16"});
  EXPECT_EQ(served.input_path, "");
  EXPECT_EQ(served.output_path, "");
  EXPECT_EQ(served.source->version, "2");
  EXPECT_EQ(served.store_as->name, "q");
  EXPECT_EQ(served.store_as->version, "4");
  EXPECT_TRUE(served.options.has_min_weight_elements());
  EXPECT_TRUE(served.options.per_tensor());
  EXPECT_EQ(served.options.mode(), octet::v1::QUANTIZATION_MODE_FLOAT16);
  EXPECT_EQ(Parse<QuantizeArguments>({"quantize", "--model", "m", "out"}).output_path, "out");
}

TEST(ArgumentsTest, QuantizeWithSamples) {
  const auto plain = Parse<QuantizeArguments>({"quantize", "in", "out", "--samples", "d"});
  EXPECT_EQ(plain.samples_dir, "d");
  EXPECT_EQ(plain.report_path, "");
  EXPECT_FALSE(plain.skip_latency);
  EXPECT_EQ(plain.options.input_type(), "FP32");
  EXPECT_FALSE(plain.options.has_percentile());
  const auto full = Parse<QuantizeArguments>({"quantize",
                                              "in",
                                              "out",
                                              "--mode",
                                              "full-integer",
                                              "--samples",
                                              "d",
                                              "--calibration",
                                              "percentile",
                                              "--percentile",
                                              "99.5",
                                              "--input-type",
                                              "uint8",
                                              "--output-type",
                                              "int8",
                                              "--require-full-integer",
                                              "--bias-correction",
                                              "--equalize",
                                              "--include-op",
                                              "CONV_2D",
                                              "--include-op",
                                              "ADD",
                                              "--exclude-op",
                                              "x*",
                                              "--include-tensor",
                                              "w",
                                              "--exclude-tensor",
                                              "a",
                                              "--report",
                                              "r.html",
                                              "--skip-latency"});
  const octet::v1::QuantizeOptions& options = full.options;
  EXPECT_EQ(full.report_path, "r.html");
  EXPECT_TRUE(full.skip_latency);
  EXPECT_EQ(options.mode(), octet::v1::QUANTIZATION_MODE_FULL_INTEGER);
  EXPECT_EQ(options.calibration(), octet::v1::CALIBRATION_METHOD_PERCENTILE);
  EXPECT_EQ(options.percentile(), 99.5);
  EXPECT_EQ(options.input_type(), "UINT8");
  EXPECT_EQ(options.output_type(), "INT8");
  EXPECT_TRUE(options.require_full_integer() && options.bias_correction() &&
              options.cross_layer_equalization());
  EXPECT_THAT(options.include_ops(), ElementsAre("CONV_2D", "ADD"));
  EXPECT_THAT(options.exclude_ops(), ElementsAre("x*"));
  EXPECT_THAT(options.include_tensors(), ElementsAre("w"));
  EXPECT_THAT(options.exclude_tensors(), ElementsAre("a"));
}

TEST(ArgumentsTest, QuantizeWithCapturedSamples) {
  const auto arguments = Parse<QuantizeArguments>(
      {"quantize", "i", "o", "--mode", "full-integer", "--captured", "m:3"});
  ASSERT_TRUE(arguments.captured.has_value());
  EXPECT_EQ(arguments.captured->name, "m");
  EXPECT_EQ(arguments.captured->version, "3");
  EXPECT_FALSE(Parse<QuantizeArguments>({"quantize", "i", "o"}).captured.has_value());
}

TEST(ArgumentsTest, Evaluate) {
  const auto arguments =
      Parse<EvaluateArguments>({"evaluate", "m", "--data", "d.npz", "--reference", "r:2"});
  EXPECT_EQ(arguments.model.name, "m");
  EXPECT_EQ(arguments.data_path, "d.npz");
  EXPECT_EQ(arguments.reference->name, "r");
  EXPECT_EQ(arguments.reference->version, "2");
}

TEST(ArgumentsTest, BadUsageEndsWithTwoAndSaysWhat) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "status"},
      {{"--json"}, "status"},
      {{"frobnicate"}, "frobnicate"},
      {{"status", "extra"}, "extra"},
      {{"status", "--timeout", "0"}, "'0'"},
      {{"status", "--timeout", "soon"}, "'soon'"},
      {{"metadata"}, "model"},
      {{"metadata", "m:1", "--version", "2"}, "--version"},
      {{"infer", "m"}, "FILE"},
      {{"infer", "m", "a.npy", "--input", "x=b"}, "FILE"},
      {{"infer", "m", "--input", "x"}, "NAME=FILE"},
      {{"infer", "m", "--input", "=x"}, "NAME=FILE"},
      {{"infer", "m", "a", "--top", "0"}, "--top"},
      {{"infer", "m", "a", "--pixel-range", "1"}, "--pixel-range"},
      {{"quantize"}, "IN.tflite"},
      {{"quantize", "in"}, "OUT.tflite"},
      {{"quantize", "a", "b", "c"}, "too many"},
      {{"quantize", "--model", "m", "b", "c"}, "too many"},
      {{"quantize", "--version", "1", "a", "b"}, "--model"},
      {{"quantize", "a", "b", "--mode", "int3"}, "int3"},
      {{"quantize", "a", "b", "--min-elements", "-1"}, "--min-elements"},
      {{"quantize", "a", "b", "--mode", "full-integer"}, "needs --samples DIR"},
      {{"quantize", "a", "b", "--captured", "m", "--samples", "d"}, "either --samples or"},
      {{"quantize", "a", "b", "--bias-correction"}, "--bias-correction is of --mode"},
      {{"quantize", "a", "b", "--mode", "int16x8", "--samples", "d", "--percentile", "99"},
       "--percentile is of --calibration percentile"},
      {{"quantize", "a", "b", "--mode", "int16x8", "--samples", "d", "--calibration", "max"},
       "max"},
      {{"quantize", "a", "b", "--percentile", "12"}, "--percentile"},
      {{"evaluate", "m"}, "--data"},
  };
  for (const auto& [args, message] : cases) {
    const ParsedArguments parsed = ParseArguments(args);
    EXPECT_FALSE(parsed.arguments) << message;
    EXPECT_EQ(parsed.exit_code, 2) << message;
    EXPECT_THAT(parsed.text, HasSubstr(message));
  }
}

TEST(ArgumentsTest, HelpAndVersionAreNoErrors) {
  for (const char* flag : {"--help", "--version"}) {
    const ParsedArguments parsed = ParseArguments({flag});
    EXPECT_FALSE(parsed.arguments);
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_THAT(parsed.text, HasSubstr("octet"));
  }
  EXPECT_THAT(ParseArguments({"infer", "--help"}).text, HasSubstr("--pixel-range"));
}

}  // namespace
}  // namespace octet::client
