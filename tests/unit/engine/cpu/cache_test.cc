#include "engine/cpu/cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace octet {
namespace {

// A folder as the system shows a processor's caches in; removed at the end.
class CacheFolderTest : public ::testing::Test {
 protected:
  CacheFolderTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {}
  ~CacheFolderTest() override { std::filesystem::remove_all(folder_); }

  void Add(const std::string& index, const std::string& level, const std::string& type,
           const std::string& size, const std::string& processors) {
    const std::filesystem::path cache = folder_ / index;
    std::filesystem::create_directories(cache);
    std::ofstream(cache / "level") << level << "\n";
    std::ofstream(cache / "type") << type << "\n";
    std::ofstream(cache / "size") << size << "\n";
    std::ofstream(cache / "shared_cpu_list") << processors << "\n";
  }

  size_t Read() const { return ReadSecondLevelCacheBytes(folder_.string()); }

 private:
  const std::filesystem::path folder_;
};

TEST_F(CacheFolderTest, TakesTheSecondLevel) {
  Add("index0", "1", "Data", "48K", "0");
  Add("index1", "1", "Instruction", "32K", "0");
  Add("index2", "2", "Unified", "2048K", "0");
  Add("index3", "3", "Unified", "64M", "0-63");
  EXPECT_EQ(Read(), size_t{2} << 20);
}

TEST_F(CacheFolderTest, DividesWhatProcessorsShare) {
  Add("index0", "2", "Instruction", "8M", "0");
  Add("index1", "2", "Data", "1M", "0-2,6");
  EXPECT_EQ(Read(), size_t{256} << 10);
}

TEST_F(CacheFolderTest, TakesPlainBytesAndAListOfOne) {
  Add("index0", "2", "Unified", "65536", "5");
  EXPECT_EQ(Read(), 65536);
}

TEST_F(CacheFolderTest, IsZeroWhereTheSystemDoesNotSay) {
  EXPECT_EQ(Read(), 0);
  Add("index0", "1", "Data", "48K", "0");
  EXPECT_EQ(Read(), 0);
  Add("index1", "2", "Unified", "many", "0");
  EXPECT_EQ(Read(), 0);
}

TEST(SecondLevelCacheBytesTest, IsNeverZero) { EXPECT_GT(SecondLevelCacheBytes(), 0); }

}  // namespace
}  // namespace octet
