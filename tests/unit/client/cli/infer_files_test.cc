#include "client/cli/infer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const std::vector<InputSpec> kOne = {{"image", DataType::kInt8, {-1, 2}}};
const std::vector<InputSpec> kTwo = {{"a", DataType::kInt8, {-1, 2}},
                                     {"b", DataType::kInt8, {-1, 2}}};

InferArguments Files(std::vector<std::string> files) {
  InferArguments arguments;
  arguments.files = std::move(files);
  return arguments;
}

InferArguments Inputs(std::vector<std::pair<std::string, std::string>> inputs) {
  InferArguments arguments;
  arguments.inputs = std::move(inputs);
  return arguments;
}

void ExpectInvalid(const absl::Status& status, const std::string& part) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST(InferFilesTest, EachFileIsARequest) {
  const auto jobs = PlanJobs(Files({"x.npy", "y.png"}), kOne);
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  ASSERT_EQ(jobs->size(), 2);
  EXPECT_EQ((*jobs)[1].title, "y.png");
  EXPECT_THAT((*jobs)[1].files, ElementsAre(Pair("image", "y.png")));
}

TEST(InferFilesTest, AFolderStandsForItsInputsInOrder) {
  const TemporaryFolder folder;
  for (const char* name : {"b.npy", "a.PNG", "c.raw", "d.bin", "notes.txt"}) {
    folder.Write(name, "x");
  }
  const auto jobs = PlanJobs(Files({folder.path()}), kOne);
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  std::vector<std::string> titles;
  for (const InferJob& job : *jobs) titles.push_back(job.title);
  EXPECT_THAT(titles, ElementsAre(folder.path("a.PNG"), folder.path("b.npy"), folder.path("c.raw"),
                                  folder.path("d.bin")));
}

TEST(InferFilesTest, AFolderWithoutInputsIsAnError) {
  const TemporaryFolder folder;
  ExpectInvalid(PlanJobs(Files({folder.path()}), kOne).status(), folder.path());
}

TEST(InferFilesTest, NamedInputsAreOneRequestAndAllThere) {
  const auto jobs = PlanJobs(Inputs({{"b", "y"}, {"a", "x"}}), kTwo);
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  ASSERT_EQ(jobs->size(), 1);
  EXPECT_THAT((*jobs)[0].files, ElementsAre(Pair("b", "y"), Pair("a", "x")));
  ExpectInvalid(PlanJobs(Inputs({{"a", "x"}}), kTwo).status(), "--input b=FILE");
  ExpectInvalid(PlanJobs(Inputs({{"a", "x"}, {"a", "y"}}), kTwo).status(), "--input a");
  ExpectInvalid(PlanJobs(Inputs({{"c", "x"}}), kTwo).status(), "'a', 'b'");
  ExpectInvalid(PlanJobs(Files({"x"}), kTwo).status(), "2 inputs");
}

TEST(InferFilesTest, LoadsEachInputAndNamesTheFileInErrors) {
  const TemporaryFolder folder;
  const std::string good = folder.Write("a.raw", "ab");
  const std::string bad = folder.Write("b.raw", "abc");
  const auto tensors = LoadInputs({"", {{"b", good}}}, kTwo, std::nullopt);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  EXPECT_EQ((*tensors)[0].name, "b");
  EXPECT_EQ((*tensors)[0].data, "ab");
  ExpectInvalid(LoadInputs({"", {{"b", bad}}}, kTwo, std::nullopt).status(), bad);
  EXPECT_EQ(LoadInputs({"", {{"b", folder.path("none")}}}, kTwo, std::nullopt).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(OutputNamesTest, NamesStayInTheFolderAndAreNeverUsedTwice) {
  OutputNames names("out");
  EXPECT_EQ(names.Next("in/x.npy", "scores"), "out/x.scores.npy");
  EXPECT_EQ(names.Next("other/x.png", "scores"), "out/x.scores-2.npy");
  EXPECT_EQ(names.Next("", "a/../b:0"), "out/a_.._b_0.npy");
  EXPECT_EQ(names.Next("", "a/../b/0"), "out/a_.._b_0-2.npy");
  EXPECT_EQ(names.Next("", "../../etc"), "out/.._.._etc.npy");
}

}  // namespace
}  // namespace octet::client
