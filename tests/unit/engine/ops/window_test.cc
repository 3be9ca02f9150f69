#include "engine/ops/spatial/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace octet::ops {
namespace {

using ::testing::HasSubstr;

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

void ExpectWindow(Padding padding, int32_t in, int32_t kernel, int32_t stride, int32_t dilation,
                  int32_t out, int32_t pad_before) {
  const auto axis = ComputeWindow(padding, in, kernel, stride, dilation);
  ASSERT_TRUE(axis.ok()) << axis.status();
  EXPECT_EQ(axis->out, out) << in << " " << kernel << " " << stride << " " << dilation;
  EXPECT_EQ(axis->pad_before, pad_before)
      << in << " " << kernel << " " << stride << " " << dilation;
}

// out = ceil(in / stride); before = half of what is missing, rounded down.
TEST(WindowTest, Same) {
  ExpectWindow(Padding::kSame, 5, 3, 1, 1, 5, 1);
  ExpectWindow(Padding::kSame, 5, 3, 2, 1, 3, 1);
  ExpectWindow(Padding::kSame, 6, 3, 2, 1, 3, 0);
  ExpectWindow(Padding::kSame, 5, 2, 1, 1, 5, 0);
  ExpectWindow(Padding::kSame, 5, 4, 1, 1, 5, 1);
  ExpectWindow(Padding::kSame, 5, 3, 1, 2, 5, 2);
  ExpectWindow(Padding::kSame, 224, 7, 2, 1, 112, 2);
  ExpectWindow(Padding::kSame, 1, 7, 1, 1, 1, 3);
}

TEST(WindowTest, SamePaddingIsNeverNegative) {
  ExpectWindow(Padding::kSame, 4, 1, 2, 1, 2, 0);
  ExpectWindow(Padding::kSame, 9, 1, 4, 1, 3, 0);
  ExpectWindow(Padding::kSame, 10, 2, 5, 1, 2, 0);
}

TEST(WindowTest, Valid) {
  ExpectWindow(Padding::kValid, 5, 3, 1, 1, 3, 0);
  ExpectWindow(Padding::kValid, 5, 3, 2, 1, 2, 0);
  ExpectWindow(Padding::kValid, 6, 3, 2, 1, 2, 0);
  ExpectWindow(Padding::kValid, 5, 3, 1, 2, 1, 0);
  ExpectWindow(Padding::kValid, 5, 5, 9, 1, 1, 0);
}

// Against each output's taps, one by one.
TEST(WindowTest, InteriorOutputsHaveAllTheirTaps) {
  for (Padding padding : {Padding::kSame, Padding::kValid}) {
    for (int32_t in = 1; in < 12; ++in) {
      for (int32_t kernel = 1; kernel < 6; ++kernel) {
        for (int32_t stride = 1; stride < 4; ++stride) {
          for (int32_t dilation = 1; dilation < 3; ++dilation) {
            const auto axis = ComputeWindow(padding, in, kernel, stride, dilation);
            if (!axis.ok()) continue;
            const InteriorOutputs interior = Interior(*axis);
            for (int32_t o = 0; o < axis->out; ++o) {
              const bool inside =
                  axis->Begin(o) >= 0 && axis->Begin(o) + (kernel - 1) * dilation < in;
              EXPECT_EQ(interior.has(o), inside)
                  << in << " " << kernel << " " << stride << " " << o;
            }
          }
        }
      }
    }
  }
}

TEST(WindowTest, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(ComputeWindow(Padding::kValid, 4, 5, 1, 1).ok());
  EXPECT_FALSE(ComputeWindow(Padding::kValid, 4, 3, 1, 2).ok());
  EXPECT_THAT(ComputeWindow(Padding::kValid, 4, 5, 1, 1).status().message(),
              HasSubstr("a window of 5 with stride 1 and dilation 1 over 4 pixels does not fit"));
}

TEST(WindowTest, RefusesParametersBelowOne) {
  for (Padding padding : {Padding::kSame, Padding::kValid}) {
    EXPECT_FALSE(ComputeWindow(padding, 0, 1, 1, 1).ok());
    EXPECT_FALSE(ComputeWindow(padding, 4, 0, 1, 1).ok());
    EXPECT_FALSE(ComputeWindow(padding, 4, 1, 0, 1).ok());
    EXPECT_FALSE(ComputeWindow(padding, 4, 1, 1, 0).ok());
    EXPECT_FALSE(ComputeWindow(padding, 4, 1, -1, 1).ok());
  }
}

TEST(WindowTest, ExtremeParametersNeverOverflow) {
  EXPECT_FALSE(ComputeWindow(Padding::kSame, 4, kMax, 1, kMax).ok());
  EXPECT_FALSE(ComputeWindow(Padding::kSame, kMax, 3, 1, 1).ok());
  EXPECT_FALSE(ComputeWindow(Padding::kValid, 4, kMax, 1, kMax).ok());
  ExpectWindow(Padding::kSame, 4, 1, kMax, kMax, 1, 0);
  ExpectWindow(Padding::kValid, kMax, 1, kMax, 1, 1, 0);
}

TEST(WindowTest, PointwiseIsOneTapOnEveryPixel) {
  const auto window = [](int32_t kernel, int32_t stride, int32_t dilation) {
    Window w;
    w.h = *ComputeWindow(Padding::kSame, 5, kernel, stride, dilation);
    w.w = *ComputeWindow(Padding::kSame, 7, kernel, stride, dilation);
    return w;
  };
  EXPECT_TRUE(window(1, 1, 1).is_pointwise());
  EXPECT_TRUE(window(1, 1, 3).is_pointwise());
  EXPECT_FALSE(window(1, 2, 1).is_pointwise());
  EXPECT_FALSE(window(3, 1, 1).is_pointwise());
  EXPECT_EQ(window(3, 2, 1).taps(), 9);
  EXPECT_EQ(window(3, 2, 1).out_pixels(), 12);
}

}  // namespace
}  // namespace octet::ops
