#include "engine/base/aligned_buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace octet {
namespace {

TEST(AlignedBufferTest, StartsOnACacheLineAndIsZero) {
  for (size_t size : {1, 63, 64, 65, 4097}) {
    AlignedBuffer buffer(size);
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kBufferAlignment, 0u);
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(buffer.as<uint8_t>()[i], 0) << i;
  }
}

TEST(AlignedBufferTest, EmptyIsOk) {
  EXPECT_TRUE(AlignedBuffer().ok());
  EXPECT_TRUE(AlignedBuffer(0).ok());
  EXPECT_EQ(AlignedBuffer(0).data(), nullptr);
}

TEST(AlignedBufferTest, AnImpossibleSizeIsNotOk) {
  EXPECT_FALSE(AlignedBuffer(SIZE_MAX).ok());
  EXPECT_FALSE(AlignedBuffer(SIZE_MAX - kBufferAlignment + 1).ok());
}

TEST(AlignedBufferTest, MovesKeepTheMemory) {
  AlignedBuffer a(8);
  std::byte* const data = a.data();
  AlignedBuffer b = std::move(a);
  EXPECT_EQ(b.data(), data);
  EXPECT_EQ(b.size(), 8u);
}

}  // namespace
}  // namespace octet
