#include "engine/kernels/packing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace octet::kernels {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

GemmS8Variant Gemm(GemmS8Layout layout) {
  return {"gemm_test", Isa::kScalar, 1, layout, true, nullptr};
}
DepthwiseS8Variant Depthwise(DepthwiseS8Layout layout) {
  return {"depthwise_test", Isa::kScalar, layout, true, nullptr};
}

std::vector<int8_t> Count(int n) {
  std::vector<int8_t> codes(n);
  for (int i = 0; i < n; ++i) codes[i] = static_cast<int8_t>(i * 7 % 255 - 127);
  return codes;
}

TEST(PackGemmS8Test, LaysOutPanelsByHand) {
  // Three columns of five, in panels of two columns and groups of two codes; k padded to four.
  const std::vector<int8_t> weights = {1,  2,  3,  4,  5,    //
                                       11, 12, 13, 14, 15,   //
                                       21, 22, 23, 24, 25};  //
  const GemmS8Variant variant = Gemm({2, 2, 4, 0});
  const auto packed = PackGemmS8(variant, 3, 1, 5, weights, {}, 0);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->panel_stride, 64);
  ASSERT_EQ(packed->panels.size(), 128);
  const int8_t* panel = packed->panels.as<int8_t>();
  EXPECT_THAT(std::vector<int8_t>(panel, panel + 16),
              ElementsAre(1, 2, 11, 12, 3, 4, 13, 14, 5, 0, 15, 0, 0, 0, 0, 0));
  panel += packed->panel_stride;
  EXPECT_THAT(std::vector<int8_t>(panel, panel + 16),
              ElementsAre(21, 22, 0, 0, 23, 24, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(packed->bias, ElementsAre(0, 0, 0, 0));
}

// The layouts of wider instruction sets, read back by the formula that the contract states.
TEST(PackGemmS8Test, EveryLayoutHoldsEveryCodeAndZeros) {
  const GemmS8Layout layouts[] = {{16, 4, 64, 0}, {16, 4, 4, 128}, {8, 8, 8, 0}, {4, 1, 1, 0}};
  for (const GemmS8Layout& layout : layouts) {
    const int n = 19, segments = 3, length = 37;
    const std::vector<int8_t> weights = Count(n * segments * length);
    const GemmS8Variant variant = Gemm(layout);
    const auto packed = PackGemmS8(variant, n, segments, length, weights, {}, 0);
    ASSERT_TRUE(packed.ok()) << packed.status();
    const int padded = (length + layout.k_align - 1) / layout.k_align * layout.k_align;
    const int panels = (n + layout.n_tile - 1) / layout.n_tile;
    ASSERT_EQ(packed->panel_stride % 64, 0);
    ASSERT_GE(packed->panel_stride, segments * padded * layout.n_tile);
    ASSERT_EQ(packed->panels.size(), panels * packed->panel_stride);
    ASSERT_EQ(packed->bias.size(), panels * layout.n_tile);
    for (int column = 0; column < panels * layout.n_tile; ++column) {
      for (int s = 0; s < segments; ++s) {
        for (int k = 0; k < padded; ++k) {
          const int64_t at = column / layout.n_tile * packed->panel_stride +
                             s * padded * layout.n_tile +
                             k / layout.k_group * layout.k_group * layout.n_tile +
                             column % layout.n_tile * layout.k_group + k % layout.k_group;
          const int expected =
              column < n && k < length ? weights[(column * segments + s) * length + k] : 0;
          ASSERT_EQ(packed->panels.as<int8_t>()[at], expected);
        }
      }
    }
  }
}

TEST(PackGemmS8Test, FoldsZeroPointAndOffsetIntoTheBias) {
  const std::vector<int8_t> weights = {1, 2, -5, 100, -128, 3};
  const GemmS8Variant plain = Gemm({4, 1, 1, 0}), unsigned_codes = Gemm({4, 4, 4, 128});
  const auto a = PackGemmS8(plain, 2, 1, 3, weights, {10, 20}, -7);
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_THAT(a->bias, ElementsAre(10 + 7 * -2, 20 + 7 * -25, 0, 0));
  const auto b = PackGemmS8(unsigned_codes, 2, 1, 3, weights, {10, 20}, -7);
  ASSERT_TRUE(b.ok()) << b.status();
  EXPECT_THAT(b->bias, ElementsAre(10 - 121 * -2, 20 - 121 * -25, 0, 0));
}

TEST(PackGemmS8Test, ProvesThatTheSumFits) {
  const GemmS8Variant variant = Gemm({1, 1, 1, 0});
  const std::vector<int8_t> weights = {127, -127};
  // Codes lie at most 255 from the zero point.
  EXPECT_TRUE(PackGemmS8(variant, 1, 1, 2, weights, {kMax - 254 * 255}, -128).ok());
  EXPECT_TRUE(PackGemmS8(variant, 1, 1, 2, weights, {-(kMax - 254 * 255)}, -128).ok());
  const auto refused = PackGemmS8(variant, 1, 1, 2, weights, {kMax - 254 * 255 + 1}, -128);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("output channel 0"));
  // At most 128 from a zero point in the middle.
  EXPECT_TRUE(PackGemmS8(variant, 1, 1, 2, weights, {kMax - 254 * 128}, 0).ok());
  EXPECT_FALSE(PackGemmS8(variant, 1, 1, 2, weights, {kMax - 254 * 128 + 1}, 0).ok());
  EXPECT_FALSE(PackGemmS8(variant, 1, 1, 2, weights, {-kMax - 1}, 0).ok());
}

TEST(PackGemmS8Test, LongSumsOfLargeWeightsAreRefused) {
  const GemmS8Variant variant = Gemm({1, 1, 1, 0});
  const std::vector<int8_t> safe(66311, 127), unsafe(66312, 127);
  EXPECT_TRUE(PackGemmS8(variant, 1, 1, 66311, safe, {}, -128).ok());
  EXPECT_EQ(PackGemmS8(variant, 1, 1, 66312, unsafe, {}, -128).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PackGemmS8Test, RefusesWrongSizes) {
  const GemmS8Variant variant = Gemm({4, 1, 1, 0});
  const std::vector<int8_t> weights(6);
  const std::vector<int32_t> bias(3);
  for (const auto& packed : {PackGemmS8(variant, 2, 1, 4, weights, {}, 0),
                             PackGemmS8(variant, 2, 1, 3, weights, bias, 0),
                             PackGemmS8(variant, -2, 1, -3, weights, {}, 0),
                             PackGemmS8(variant, 2, 1, 3, weights, {}, 128),
                             PackGemmS8(variant, 2, 1, 3, weights, {}, -129)}) {
    EXPECT_EQ(packed.status().code(), absl::StatusCode::kInvalidArgument) << packed.status();
  }
  const auto huge = PackGemmS8(variant, kMax, kMax, kMax, weights, {}, 0);
  EXPECT_EQ(huge.status().code(), absl::StatusCode::kResourceExhausted) << huge.status();
}

TEST(PackGemmS8Test, EmptyMatricesPack) {
  const GemmS8Variant variant = Gemm({4, 2, 2, 0});
  const auto no_columns = PackGemmS8(variant, 0, 1, 5, {}, {}, 3);
  ASSERT_TRUE(no_columns.ok()) << no_columns.status();
  EXPECT_TRUE(no_columns->bias.empty());
  const auto no_terms = PackGemmS8(variant, 2, 1, 0, {}, {5, 6}, 3);
  ASSERT_TRUE(no_terms.ok()) << no_terms.status();
  EXPECT_THAT(no_terms->bias, ElementsAre(5, 6, 0, 0));
}

TEST(MakeGemmS8ArgsTest, StartsAtAPanel) {
  const GemmS8Variant variant = Gemm({4, 1, 1, 0});
  const std::vector<int8_t> weights = Count(10 * 3);
  const auto packed = PackGemmS8(variant, 10, 1, 3, weights, {}, 2);
  ASSERT_TRUE(packed.ok()) << packed.status();
  const std::vector<float> scale(12);
  const EpilogueArgs epilogue = {kEpilogueFloat32, nullptr, nullptr, scale.data(),
                                 nullptr,          1,       -2,      3};
  const GemmS8Args args = MakeGemmS8Args(*packed, epilogue, 4, 9);
  EXPECT_EQ(args.n, 5);
  EXPECT_EQ(args.segments, 1);
  EXPECT_EQ(args.segment_length, 3);
  EXPECT_EQ(args.b, packed->panels.as<int8_t>() + packed->panel_stride);
  EXPECT_EQ(args.b_panel_stride, packed->panel_stride);
  EXPECT_EQ(args.bias, packed->bias.data() + 4);
  EXPECT_EQ(args.epilogue.scale, scale.data() + 4);
  EXPECT_EQ(args.epilogue.multiplier, nullptr);
  EXPECT_EQ(args.epilogue.hi, 3);
}

TEST(PackDepthwiseS8Test, LaysOutBlocksByHand) {
  // Three taps of three channels, in blocks of two channels and groups of two taps.
  const std::vector<int8_t> weights = {1,  2,  3,    //
                                       11, 12, 13,   //
                                       21, 22, 23};  //
  const DepthwiseS8Variant variant = Depthwise({2, 2, 1, 0});
  const auto packed = PackDepthwiseS8(variant, 3, 3, weights, {100, 200, 300}, 1);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->block_stride, 64);
  ASSERT_EQ(packed->blocks.size(), 128);
  const int8_t* block = packed->blocks.as<int8_t>();
  EXPECT_THAT(std::vector<int8_t>(block, block + 8), ElementsAre(1, 11, 2, 12, 21, 0, 22, 0));
  block += packed->block_stride;
  EXPECT_THAT(std::vector<int8_t>(block, block + 8), ElementsAre(3, 13, 0, 0, 23, 0, 0, 0));
  EXPECT_THAT(packed->bias, ElementsAre(100 - 33, 200 - 36, 300 - 39, 0));
}

// Two lanes: fours of the first sixteen channels alternate with fours of the next.
TEST(PackDepthwiseS8Test, OrdersChannelsAsInterleavingLeavesThem) {
  std::vector<int8_t> weights(40);
  std::vector<int32_t> bias(40);
  for (int c = 0; c < 40; ++c) {
    weights[c] = static_cast<int8_t>(c + 1);
    bias[c] = 100 + c;
  }
  const DepthwiseS8Variant variant = Depthwise({32, 4, 2, 0});
  const auto packed = PackDepthwiseS8(variant, 40, 1, weights, bias, 0);
  ASSERT_TRUE(packed.ok()) << packed.status();
  ASSERT_EQ(packed->bias.size(), 64);
  const int order[] = {0, 1, 2,  3,  16, 17, 18, 19, 4,  5,  6,  7,  20, 21, 22, 23,
                       8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31};
  for (int place = 0; place < 32; ++place) {
    EXPECT_EQ(packed->blocks.as<int8_t>()[place * 4], order[place] + 1) << place;
    EXPECT_EQ(packed->blocks.as<int8_t>()[place * 4 + 1], 0) << place;
    EXPECT_EQ(packed->bias[place], 100 + order[place]) << place;
    const int next = 32 + order[place];
    EXPECT_EQ(packed->bias[32 + place], next < 40 ? 100 + next : 0) << place;
  }
}

TEST(PackDepthwiseS8Test, ChecksAsTheMatrixDoes) {
  const DepthwiseS8Variant variant = Depthwise({4, 1, 1, 128});
  const std::vector<int8_t> weights = {127, 1, -128, 2};
  const auto packed = PackDepthwiseS8(variant, 2, 2, weights, {}, -1);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_THAT(packed->bias, ElementsAre(-127 * -1, -127 * 3, 0, 0));
  const int32_t limit = kMax - 255 * 128;
  EXPECT_TRUE(PackDepthwiseS8(variant, 2, 2, weights, {limit, 0}, 0).ok());
  for (const auto& refused : {PackDepthwiseS8(variant, 2, 2, weights, {limit + 1, 0}, 0),
                              PackDepthwiseS8(variant, 2, 3, weights, {}, 0),
                              PackDepthwiseS8(variant, 2, 2, weights, {1}, 0),
                              PackDepthwiseS8(variant, -2, -2, weights, {}, 0),
                              PackDepthwiseS8(variant, 2, 2, weights, {}, 200)}) {
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << refused.status();
  }
}

TEST(PadColumnsTest, FillsUpTheTile) {
  EXPECT_THAT(PadColumns<float>({1.5f, 2.5f, 3.5f}, 4), ElementsAre(1.5f, 2.5f, 3.5f, 0));
  EXPECT_THAT(PadColumns<int32_t>({1, 2}, 2), ElementsAre(1, 2));
  EXPECT_TRUE(PadColumns<int32_t>({}, 8).empty());
}

}  // namespace
}  // namespace octet::kernels
