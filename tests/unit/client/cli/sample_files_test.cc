#include "client/cli/sample_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/formats/npy.h"
#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Npy(const std::string& bytes) {
  return SerializeNpy({DataType::kInt8, {static_cast<int64_t>(bytes.size())}, bytes});
}

TEST(SampleFilesTest, OneSampleAFileInTheOrderOfNames) {
  const TemporaryFolder folder;
  folder.Write("b.npz", MakeZip({{"x.npy", Npy("one")}, {"y.npy", Npy("two")}}));
  folder.Write("a.npy", Npy("only"));
  folder.Write("notes.txt", "no sample");
  const absl::StatusOr<SampleFolder> found = ReadSamples(folder.path());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->samples.size(), 2u);
  EXPECT_EQ(found->files[1], folder.path("b.npz"));
  ASSERT_EQ(found->samples[0].size(), 1u);
  EXPECT_EQ(found->samples[0][0].name, "");
  EXPECT_EQ(found->samples[0][0].data, "only");
  ASSERT_EQ(found->samples[1].size(), 2u);
  EXPECT_EQ(found->samples[1][1].name, "y");
  EXPECT_EQ(found->samples[1][1].data, "two");
}

TEST(SampleFilesTest, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_THAT(ReadSamples(folder.path("none")).status().message(), HasSubstr("none"));
  EXPECT_THAT(ReadSamples(folder.path()).status().message(), HasSubstr("holds no .npz or .npy"));
  folder.Write("broken.npz", "no archive");
  const absl::Status broken = ReadSamples(folder.path()).status();
  EXPECT_EQ(broken.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(broken.message(), HasSubstr("broken.npz: "));
}

TEST(SampleFilesTest, AnErrorOfTheServerGetsTheFilesName) {
  const std::vector<std::string> files = {"d/a.npz", "d/b.npz"};
  const absl::Status error = absl::InvalidArgumentError("sample 1, input 'x' is missing");
  EXPECT_THAT(NameSample(error, files).message(),
              AllOf(HasSubstr("is missing"), HasSubstr("Sample 1 is d/b.npz.")));
  for (const char* other : {"the samples have more", "sample 7: no", "no sample", ""}) {
    EXPECT_EQ(NameSample(absl::InternalError(other), files).message(), other);
  }
}

}  // namespace
}  // namespace octet::client
