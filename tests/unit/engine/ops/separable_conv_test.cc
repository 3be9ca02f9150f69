// Convolutions that run band by band give the bytes that they give one after the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/runtime/compiled_program.h"
#include "engine/runtime/program_runner.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

// [1x1] -> depthwise -> 1x1.
struct ChainCase {
  std::string name;
  int32_t height = 13;
  int32_t width = 11;
  int32_t in = 5;
  int32_t expanded = 24;  // 0: no 1x1 before
  int32_t multiplier = 1;
  int32_t out = 7;
  int32_t kernel = 3;
  int32_t stride = 1;
  int32_t dilation = 1;
  Padding padding = Padding::kSame;
  bool unsigned_codes = false;
  int32_t groups = 1;       // of the last one
  bool tiny_scale = false;  // of a weight of each: the rule that kernels leave to the operator
};

class ChainBuilder {
 public:
  explicit ChainBuilder(const ChainCase& c) : c_(c) {}

  std::string Build() {
    const int32_t middle = c_.expanded == 0 ? c_.in : c_.expanded;
    const int32_t filtered = middle * c_.multiplier;
    int x = b_.Input("x", Type(), {1, c_.height, c_.width, c_.in}, Codes(0.05f, 3));
    if (c_.expanded > 0) {
      x = Conv(x, {middle, 1, 1, c_.in}, {1, c_.height, c_.width, middle}, 0, Codes(0.04f, -128),
               Conv2DOptions{Padding::kValid, 1, 1, 1, 1, Activation::kRelu6});
    }
    const int32_t h = Out(c_.height);
    const int32_t w = Out(c_.width);
    DepthwiseConv2DOptions depthwise;
    depthwise.padding = c_.padding;
    depthwise.stride_h = depthwise.stride_w = c_.stride;
    depthwise.dilation_h = depthwise.dilation_w = c_.dilation;
    depthwise.activation = Activation::kRelu6;
    x = Conv(x, {1, c_.kernel, c_.kernel, filtered}, {1, h, w, filtered}, 3, Codes(0.03f, -100),
             depthwise);
    x = Conv(x, {c_.out, 1, 1, filtered / c_.groups}, {1, h, w, c_.out}, 0, Codes(0.2f, 5),
             Conv2DOptions{Padding::kSame, 1, 1});
    b_.Output(x);
    return b_.Build();
  }

 private:
  DataType Type() const { return c_.unsigned_codes ? DataType::kUint8 : DataType::kInt8; }
  Quant Codes(float scale, int zero_point) const {
    return {scale, zero_point + (c_.unsigned_codes ? 128 : 0)};
  }
  int32_t Out(int32_t in) const { return ComputeOut(in, (c_.kernel - 1) * c_.dilation + 1); }
  int32_t ComputeOut(int32_t in, int32_t span) const {
    return c_.padding == Padding::kSame ? (in + c_.stride - 1) / c_.stride
                                        : (in - span) / c_.stride + 1;
  }

  int Conv(int x, const Dims& weights, const Dims& output, int axis, const Quant& quant,
           const OpOptions& options) {
    const std::string name = absl::StrCat("conv", ++count_);
    std::vector<float> scales(weights[axis], 0.01f);
    if (c_.tiny_scale) scales[0] = 1e-40f;
    const Quant weight_quant = c_.unsigned_codes ? Quant(0.01f, 120) : Quant(scales, axis);
    const auto codes = MixedCodes(Count(weights), count_);
    const int w =
        c_.unsigned_codes
            ? b_.Constant<uint8_t>(name + "_w", weights,
                                   std::vector<uint8_t>(codes.begin(), codes.end()), weight_quant)
            : b_.Constant<int8_t>(name + "_w", weights, codes, weight_quant);
    std::vector<int32_t> bias(output[3]);
    for (size_t i = 0; i < bias.size(); ++i) bias[i] = static_cast<int32_t>(i % 7) * 40 - 100;
    const int b = b_.Constant<int32_t>(name + "_b", {output[3]}, bias);
    const int y = b_.Tensor(name, Type(), output, quant);
    const auto op = std::holds_alternative<Conv2DOptions>(options) ? BuiltinOp::kConv2d
                                                                   : BuiltinOp::kDepthwiseConv2d;
    b_.Op(op, 5, {x, w, b}, {y}, options);
    return y;
  }

  const ChainCase c_;
  ModelBuilder b_;
  uint32_t count_ = 0;
};

std::vector<ChainCase> Cases() {
  return {
      {.name = "expanded"},
      {.name = "not_expanded", .in = 40, .expanded = 0},
      {.name = "strided", .stride = 2},
      {.name = "strided_valid", .stride = 2, .padding = Padding::kValid},
      {.name = "skips_rows", .kernel = 1, .stride = 3},
      {.name = "valid", .padding = Padding::kValid},
      {.name = "dilated", .dilation = 3},
      {.name = "five_taps", .expanded = 64, .out = 33, .kernel = 5},
      {.name = "one_row", .height = 1},
      {.name = "less_than_the_window", .height = 2, .kernel = 5},
      {.name = "multiplied", .in = 6, .expanded = 0, .multiplier = 4},
      {.name = "wide", .height = 5, .width = 40, .in = 16, .expanded = 96, .out = 24},
      {.name = "unsigned", .unsigned_codes = true},
      {.name = "unsigned_not_expanded", .in = 9, .expanded = 0, .unsigned_codes = true},
      {.name = "grouped", .out = 6, .groups = 3},
      {.name = "tiny_scale", .tiny_scale = true},
  };
}

struct Setting {
  bool apart = false;  // every operator a step of its own
  Rounding rounding = Rounding::kFloat32;
  std::string isa = "scalar";
  int threads = 1;
  size_t cache_bytes = 1 << 20;
};

// What the model answers to a batch that runs as one, and how many steps it has.
struct Answer {
  std::vector<int8_t> codes;
  size_t steps = 0;
};
Answer RunChain(const std::string& file, const std::vector<int8_t>& in, int rows,
                const Setting& setting) {
  RuntimeOptions options;
  options.graph.isas = *AllowedIsas(setting.isa);
  options.graph.rounding = setting.rounding;
  options.graph.keep_every_tensor = setting.apart;
  options.graph.cache_bytes = setting.cache_bytes;
  if (setting.threads > 1) options.pool = std::make_shared<ThreadPool>(setting.threads);
  options.max_arena_bytes = 1 << 26;
  const auto compiled = CompiledProgram::Compile(*ReadModel(file), options);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  if (!compiled.ok()) return {};
  ProgramRunner runner = ProgramRunner::OfWholeBatches(**compiled);
  EXPECT_TRUE(runner.SetRows(rows).ok());
  std::memcpy(runner.input(0).data(), in.data(), in.size());
  EXPECT_TRUE(runner.Run().ok());
  const auto* out = reinterpret_cast<const int8_t*>(runner.output(0).data());
  return {{out, out + runner.output(0).size()}, (*compiled)->main().steps.size()};
}

class SeparableConvTest : public ::testing::TestWithParam<ChainCase> {};

TEST_P(SeparableConvTest, GivesTheBytesOfTheOperatorsApart) {
  const ChainCase& c = GetParam();
  const std::string file = ChainBuilder(c).Build();
  const int64_t row = int64_t{c.height} * c.width * c.in;
  for (Rounding rounding : kBothRules) {
    for (int rows : {1, 3}) {
      const std::vector<int8_t> in = MixedCodes(row * rows, 5);
      const Answer want = RunChain(file, in, rows, {.apart = true, .rounding = rounding});
      EXPECT_EQ(want.steps, c.expanded > 0 ? 3 : 2);
      for (Isa isa : FoundIsas().Descending()) {
        if (!BuiltIsas().Has(isa)) continue;
        for (int threads : {1, 2, 5}) {
          for (size_t cache_bytes : {size_t{1}, size_t{20'000}, size_t{1} << 22}) {
            const Setting setting = {.rounding = rounding,
                                     .isa = std::string(IsaName(isa)),
                                     .threads = threads,
                                     .cache_bytes = cache_bytes};
            const Answer answer = RunChain(file, in, rows, setting);
            EXPECT_EQ(answer.steps, c.expanded > 0 || threads > 1 ? 1 : 2);
            EXPECT_EQ(answer.codes, want.codes)
                << rows << " rows, " << setting.isa << ", " << threads << " threads, "
                << cache_bytes << " bytes of cache";
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Chains, SeparableConvTest, ::testing::ValuesIn(Cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace octet::testing
