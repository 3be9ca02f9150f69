#include "server/services/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::HasSubstr;

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();
constexpr int64_t kLong = std::numeric_limits<int64_t>::max();

class SharedMemoryTest : public testing::Test {
 protected:
  SharedMemoryTest()
      : key_(absl::StrCat("/octet_test_", getpid())),
        fd_(shm_open(key_.c_str(), O_RDWR | O_CREAT, 0600)) {
    EXPECT_GE(fd_, 0);
    Resize(100);
    EXPECT_EQ(pwrite(fd_, "0123456789", 10, 0), 10);
  }
  ~SharedMemoryTest() override {
    close(fd_);
    shm_unlink(key_.c_str());
  }
  void Resize(int64_t bytes) { EXPECT_EQ(ftruncate(fd_, bytes), 0); }
  int64_t Size() {
    struct stat info;
    EXPECT_EQ(fstat(fd_, &info), 0);
    return info.st_size;
  }
  absl::StatusCode Refusal(const std::string& key, uint64_t offset, uint64_t size) {
    return memory_.Register("refused", key, offset, size).code();
  }

  const std::string key_;
  const int fd_;
  SharedMemory memory_;
};

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST_F(SharedMemoryTest, ReadsAndWritesWithinItsPart) {
  ASSERT_TRUE(memory_.Register("r", key_, 2, 8).ok());
  const SharedMemoryHandle region = *memory_.Find("r");
  EXPECT_EQ(*region->Read(0, 8), "23456789");
  EXPECT_EQ(*region->Read(3, 2), "56");
  ASSERT_TRUE(region->Write(6, "xy").ok());
  EXPECT_EQ(*region->Read(0, 8), "234567xy");
}

TEST_F(SharedMemoryTest, NothingBeyondThePartIsReached) {
  ASSERT_TRUE(memory_.Register("r", key_, 2, 8).ok());
  const SharedMemoryHandle region = *memory_.Find("r");
  EXPECT_EQ(region->Read(0, 9).status().code(), kInvalid);
  EXPECT_EQ(region->Read(8, 1).status().code(), kInvalid);
  EXPECT_EQ(region->Read(-1, 1).status().code(), kInvalid);
  EXPECT_EQ(region->Read(0, -1).status().code(), kInvalid);
  EXPECT_EQ(region->Read(kLong, kLong).status().code(), kInvalid);
  EXPECT_EQ(region->Read(1, kLong).status().code(), kInvalid);
  EXPECT_EQ(region->Write(7, "xy").code(), kInvalid);
  EXPECT_EQ(region->Write(-2, "xy").code(), kInvalid);
}

TEST_F(SharedMemoryTest, PartsThatAreNotWithinTheObjectAreRefused) {
  EXPECT_EQ(Refusal(key_, 0, 101), kInvalid);
  EXPECT_EQ(Refusal(key_, 100, 1), kInvalid);
  EXPECT_EQ(Refusal(key_, 0, 0), kInvalid);
  EXPECT_EQ(Refusal(key_, kHuge, 2), kInvalid);
  EXPECT_EQ(Refusal(key_, 2, kHuge), kInvalid);
  EXPECT_EQ(Refusal(key_, kHuge, kHuge), kInvalid);
}

TEST_F(SharedMemoryTest, KeysThatArePathsAreRefused) {
  for (const char* key : {"", "/", ".", "/..", "//x", "/a/b", "a/../b", "/../etc/passwd"}) {
    EXPECT_EQ(Refusal(key, 0, 1), kInvalid) << key;
  }
  EXPECT_EQ(Refusal(std::string("/a\0b", 4), 0, 1), kInvalid);
  EXPECT_EQ(Refusal(std::string(300, 'x'), 0, 1), kInvalid);
  EXPECT_EQ(Refusal("/octet_test_that_is_not_there", 0, 1), absl::StatusCode::kNotFound);
}

TEST_F(SharedMemoryTest, AnObjectThatShrinksGivesAnErrorAndStaysAsSmall) {
  ASSERT_TRUE(memory_.Register("r", key_, 0, 100).ok());
  const SharedMemoryHandle region = *memory_.Find("r");
  Resize(4);
  EXPECT_THAT(region->Read(0, 100).status().message(), HasSubstr("smaller"));
  EXPECT_EQ(*region->Read(0, 4), "0123");
  EXPECT_THAT(region->Write(2, "abc").message(), HasSubstr("smaller"));
  EXPECT_EQ(Size(), 4);
  EXPECT_TRUE(region->Write(2, "ab").ok());
}

TEST_F(SharedMemoryTest, NamesAreTakenOnce) {
  ASSERT_TRUE(memory_.Register("r", key_, 0, 8).ok());
  EXPECT_EQ(memory_.Register("r", key_, 0, 8).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(memory_.Register("", key_, 0, 8).code(), kInvalid);
  const SharedMemoryHandle region = *memory_.Find("r");
  memory_.Unregister("r");
  memory_.Unregister("never there");
  EXPECT_THAT(memory_.Find("r").status().message(), HasSubstr("'r' is not registered"));
  EXPECT_EQ(*region->Read(0, 1), "0");  // whoever uses it goes on
  EXPECT_TRUE(memory_.Register("r", key_, 0, 8).ok());
  memory_.Unregister("");
  EXPECT_TRUE(memory_.List().empty());
}

TEST_F(SharedMemoryTest, TheirNumberIsBounded) {
  for (size_t i = 0; i < SharedMemory::kMaxRegions; ++i) {
    const absl::Status status = memory_.Register(absl::StrCat(i), key_, 0, 1);
    if (absl::IsUnknown(status)) GTEST_SKIP() << "the system's limit of open files comes first";
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(memory_.Register("more", key_, 0, 1).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace octet::server
