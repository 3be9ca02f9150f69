#include "engine/ops/spatial/patches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace octet::ops {
namespace {

using ::testing::ElementsAre;

Window MakeWindow(int32_t in, int32_t kernel, int32_t stride, int32_t dilation) {
  Window window;
  window.h = *ComputeWindow(Padding::kSame, in, kernel, stride, dilation);
  window.w = window.h;
  return window;
}

std::vector<int> Gather(const Window& window, int32_t channels, int32_t begin, int32_t count,
                        int32_t oy, int32_t ox) {
  std::vector<int> image(window.h.in * window.w.in * channels);
  std::iota(image.begin(), image.end(), 0);
  std::vector<int> row(window.taps() * count, -99);
  GatherPatch(window, image.data(), channels, begin, count, oy, ox, -1, row.data());
  return row;
}

TEST(PatchesTest, InsideTheImage) {
  EXPECT_THAT(Gather(MakeWindow(3, 2, 1, 1), 1, 0, 1, 1, 0), ElementsAre(3, 4, 6, 7));
  EXPECT_THAT(Gather(MakeWindow(3, 2, 1, 1), 2, 0, 2, 0, 1), ElementsAre(2, 3, 4, 5, 8, 9, 10, 11));
}

TEST(PatchesTest, OutsideIsTheFill) {
  EXPECT_THAT(Gather(MakeWindow(3, 3, 1, 1), 1, 0, 1, 0, 0),
              ElementsAre(-1, -1, -1, -1, 0, 1, -1, 3, 4));
  EXPECT_THAT(Gather(MakeWindow(3, 3, 1, 1), 1, 0, 1, 2, 2),
              ElementsAre(4, 5, -1, 7, 8, -1, -1, -1, -1));
}

TEST(PatchesTest, Dilated) {
  EXPECT_THAT(Gather(MakeWindow(5, 2, 1, 3), 1, 0, 1, 2, 2), ElementsAre(6, 9, 21, 24));
  EXPECT_THAT(Gather(MakeWindow(5, 2, 1, 3), 1, 0, 1, 0, 1), ElementsAre(-1, -1, 10, 13));
}

TEST(PatchesTest, SomeOfTheChannels) {
  EXPECT_THAT(Gather(MakeWindow(2, 2, 1, 1), 4, 2, 2, 0, 0),
              ElementsAre(2, 3, 6, 7, 10, 11, 14, 15));
}

TEST(PatchesTest, BlocksAreWholeTilesWithinBounds) {
  EXPECT_EQ(PatchBlockRows(0), 64);
  EXPECT_EQ(PatchBlockRows(1), 64);
  EXPECT_EQ(PatchBlockRows(1000), 32);
  EXPECT_EQ(PatchBlockRows(1 << 30), 16);
  for (int64_t bytes = 1; bytes < 5000; bytes += 7) EXPECT_EQ(PatchBlockRows(bytes) % 16, 0);
}

}  // namespace
}  // namespace octet::ops
