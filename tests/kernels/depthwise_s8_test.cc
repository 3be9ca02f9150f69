// Every int8 depthwise convolution against the oracle, byte for byte, with guard pages right behind
// what a kernel may read and write.
#include "engine/kernels/depthwise_s8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/kernels/packing.h"
#include "engine/kernels/reference/reference.h"
#include "tests/kernels/guarded_buffer.h"
#include "tests/kernels/kernel_cases.h"

namespace octet::kernels {
namespace {

struct Shape {
  int32_t pixels;
  int32_t channels;
  int32_t taps;
  int32_t tap_step;
  int32_t out_gap = 0;
  int32_t tap_advance = 0;  // channels
};

std::ostream& operator<<(std::ostream& os, const Shape& s) {
  return os << "pixels " << s.pixels << " channels " << s.channels << " taps " << s.taps
            << " tap step " << s.tap_step << " gap " << s.out_gap;
}

struct Data {
  Codes input;
  Codes weights;
  int32_t zero_point;
};

class DepthwiseS8Test : public ::testing::TestWithParam<const DepthwiseS8Variant*> {
 protected:
  void SetUp() override {
    if (!MachineRuns(GetParam()->isa)) {
      GTEST_SKIP() << GetParam()->name << " was not run: this machine lacks "
                   << std::string(IsaName(GetParam()->isa));
    }
  }

  void Check(const Shape& s, const Data& data, EpilogueKind kind, Scales scales) {
    const DepthwiseS8Variant& variant = *GetParam();
    SCOPED_TRACE(::testing::Message()
                 << s << " epilogue " << kind << " scales " << static_cast<int>(scales) << " codes "
                 << static_cast<int>(data.input) << "," << static_cast<int>(data.weights));
    std::vector<int8_t> weights = MakeCodes(data.weights, int64_t{s.taps} * s.channels, random_);
    if (!variant.accepts_minus_128) {
      std::replace(weights.begin(), weights.end(), int8_t{-128}, int8_t{-127});
    }
    std::vector<int32_t> bias(s.channels);
    for (int32_t& b : bias) b = std::uniform_int_distribution<int32_t>(-9999, 9999)(random_);
    const auto packed =
        PackDepthwiseS8(variant, s.channels, s.taps, weights, bias, data.zero_point);
    ASSERT_TRUE(packed.ok()) << packed.status();

    // Taps are drawn from a few rows of channels; the last row has just the slack behind it.
    constexpr int kRows = 11;
    const GuardedBuffer input = Guard(MakeCodes(
        data.input,
        (kRows + int64_t{s.pixels} * s.tap_advance) * s.channels + kDepthwiseOverReadBytes,
        random_));
    const int64_t tap_pointers = s.pixels == 0 ? 0 : int64_t{s.pixels - 1} * s.tap_step + s.taps;
    std::vector<const int8_t*> tap_list(tap_pointers);
    for (const int8_t*& tap : tap_list) {
      tap = input.as<int8_t>() +
            std::uniform_int_distribution<int>(0, kRows - 1)(random_) * s.channels;
    }
    const GuardedBuffer taps = Guard(tap_list);
    const GuardedBuffer blocks = Guard(std::vector<int8_t>(
        packed->blocks.as<int8_t>(), packed->blocks.as<int8_t>() + packed->blocks.size()));
    const GuardedBuffer folded = Guard(packed->bias);
    const EpilogueCase epilogue(kind, scales, 80.0 * 80.0 * std::sqrt(s.taps + 1.0), s.channels,
                                variant.layout.c_tile, random_);
    const int64_t out_stride = s.channels + s.out_gap;
    const size_t out_bytes = s.pixels == 0 || s.channels == 0
                                 ? 0
                                 : ((s.pixels - 1) * out_stride + s.channels) * OutputBytes(kind);
    const GuardedBuffer out(out_bytes, 0x5a), expected(out_bytes, 0x5a);

    const DepthwiseS8Args args = {taps.as<const int8_t*>(),
                                  s.taps,
                                  s.tap_step,
                                  int64_t{s.tap_advance} * s.channels,
                                  s.pixels,
                                  s.channels,
                                  blocks.as<int8_t>(),
                                  packed->block_stride,
                                  folded.as<int32_t>(),
                                  epilogue.args(),
                                  out.as<void>(),
                                  out_stride};
    variant.run(&args);
    reference::DepthwiseS8({taps.as<const int8_t*>(), s.taps, s.tap_step,
                            int64_t{s.tap_advance} * s.channels, s.pixels, s.channels,
                            weights.data(), bias.data(), data.zero_point, epilogue.args(),
                            expected.as<void>(), out_stride});
    for (size_t i = 0; i < out_bytes; ++i) {
      ASSERT_EQ(out.as<uint8_t>()[i], expected.as<uint8_t>()[i]) << "at byte " << i;
    }
  }

  Random random_{20240613};
};

TEST_P(DepthwiseS8Test, EqualsReferenceOnShapesThatTestTails) {
  const Shape shapes[] = {
      {1, 1, 1, 1},         {1, 7, 9, 9},        {1, 8, 9, 9},         {2, 16, 9, 3},
      {3, 17, 9, 3},        {4, 24, 9, 6},       {5, 32, 9, 3},        {6, 33, 25, 5},
      {7, 3, 2, 2},         {9, 40, 49, 7},      {13, 64, 3, 1},       {4, 31, 4, 4, 5},
      {11, 15, 121, 11},    {2, 100, 7, 7},      {8, 48, 8, 0},        {17, 16, 10, 2},
      {20, 64, 9, 0, 0, 1}, {9, 33, 9, 0, 3, 2}, {6, 16, 25, 0, 0, 1},
  };
  for (const Shape& shape : shapes) {
    for (EpilogueKind kind : kAllEpilogues) {
      for (Scales scales : kAllScales) {
        Check(shape, {Codes::kRandom, Codes::kRandom, -3}, kind, scales);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(DepthwiseS8Test, EmptyProblemsWriteNothingOrTheBias) {
  for (EpilogueKind kind : kAllEpilogues) {
    Check({0, 5, 9, 9}, {Codes::kRandom, Codes::kRandom, 0}, kind, Scales::kUseful);
    Check({5, 0, 9, 9}, {Codes::kRandom, Codes::kRandom, 0}, kind, Scales::kUseful);
    Check({5, 5, 0, 0}, {Codes::kRandom, Codes::kRandom, 0}, kind, Scales::kTies);
  }
}

TEST_P(DepthwiseS8Test, NeverSaturatesOnExtremeCodes) {
  const Shape shapes[] = {{1, 1, 9, 9}, {5, 17, 9, 3}, {4, 32, 25, 5}, {3, 9, 400, 20}};
  for (const Shape& shape : shapes) {
    for (Codes input : kAllCodes) {
      for (Codes weights : kAllCodes) {
        for (int32_t zero_point : {-128, 0, 127}) {
          for (EpilogueKind kind : kAllEpilogues) {
            Check(shape, {input, weights, zero_point}, kind, Scales::kUseful);
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

TEST_P(DepthwiseS8Test, EqualsReferenceOnRandomProblems) {
  const auto up_to = [&](int limit) {
    return std::uniform_int_distribution<int>(0, limit)(random_);
  };
  for (int i = 0; i < 400; ++i) {
    const Shape shape = {up_to(20), up_to(70), up_to(30), up_to(30), up_to(5)};
    const Data data = {kAllCodes[up_to(4)], kAllCodes[up_to(4)], up_to(255) - 128};
    Check(shape, data, kAllEpilogues[up_to(3)], kAllScales[up_to(2)]);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, DepthwiseS8Test, ::testing::ValuesIn(AllDepthwiseS8()),
                         VariantName());

}  // namespace
}  // namespace octet::kernels
