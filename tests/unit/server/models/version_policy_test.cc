#include "server/models/version_policy.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<VersionPolicy> Parse(const std::string& text) {
  octet::v1::VersionPolicy message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return ParseVersionPolicy(message);
}

std::vector<int64_t> Select(const std::string& text, const std::vector<int64_t>& versions) {
  const absl::StatusOr<VersionPolicy> policy = Parse(text);
  EXPECT_TRUE(policy.ok()) << policy.status();
  std::vector<VersionFile> files;
  for (const int64_t version : versions) files.push_back({.version = version});
  std::vector<int64_t> chosen;
  for (const VersionFile& file : SelectVersions(*policy, files)) chosen.push_back(file.version);
  return chosen;
}

TEST(VersionPolicy, AllIsTheDefault) {
  EXPECT_THAT(Select("", {1, 2, 10}), ElementsAre(1, 2, 10));
  EXPECT_THAT(Select("all {}", {1, 2, 10}), ElementsAre(1, 2, 10));
}

TEST(VersionPolicy, LatestTakesTheGreatestNumbers) {
  EXPECT_THAT(Select("latest {}", {1, 2, 10}), ElementsAre(10));
  EXPECT_THAT(Select("latest { num_versions: 2 }", {1, 2, 10}), ElementsAre(2, 10));
  EXPECT_THAT(Select("latest { num_versions: 9 }", {1, 2, 10}), ElementsAre(1, 2, 10));
}

TEST(VersionPolicy, SpecificVersionsThatAreMissingAreSaidToBe) {
  EXPECT_THAT(Select("specific { versions: [10, 1] }", {1, 2, 10}), ElementsAre(1, 10));
  const std::vector<VersionFile> chosen =
      SelectVersions(*Parse("specific { versions: 3 }"), {{.version = 1}});
  ASSERT_EQ(chosen.size(), 1);
  EXPECT_EQ(chosen[0].version, 3);
  EXPECT_EQ(chosen[0].status.code(), absl::StatusCode::kNotFound);
}

TEST(VersionPolicy, NumbersThatMakeNoSenseAreNamed) {
  EXPECT_THAT(Parse("latest { num_versions: 0 }").status().message(), HasSubstr("num_versions"));
  EXPECT_THAT(Parse("specific {}").status().message(), HasSubstr("specific.versions"));
  EXPECT_THAT(Parse("specific { versions: 0 }").status().message(), HasSubstr("at least 1"));
}

}  // namespace
}  // namespace octet::server
