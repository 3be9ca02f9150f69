#include "server/services/model_override.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using inference::RepositoryModelLoadRequest;
using testing::HasSubstr;

RepositoryModelLoadRequest WithConfig(const std::string& json) {
  RepositoryModelLoadRequest request;
  (*request.mutable_parameters())["config"].set_string_param(json);
  return request;
}

RepositoryModelLoadRequest WithFile(const std::string& key) {
  RepositoryModelLoadRequest request;
  (*request.mutable_parameters())[key].set_bytes_param("bytes");
  return request;
}

void ExpectRefused(const RepositoryModelLoadRequest& request, const std::string& text) {
  const absl::Status status = ParseModelOverride(request, true).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(text));
}

TEST(ModelOverride, NothingReplacesNothing) {
  const absl::StatusOr<ModelOverride> replaced = ParseModelOverride({}, false);
  ASSERT_TRUE(replaced.ok());
  EXPECT_TRUE(replaced->empty());
}

TEST(ModelOverride, NeedsTheOperatorsWord) {
  EXPECT_EQ(ParseModelOverride(WithConfig("{}"), false).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(ModelOverride, TakesSettingsAndFiles) {
  RepositoryModelLoadRequest request =
      WithConfig(R"({"backend": "octet", "max_batch_size": 4, "version_policy": {"all": {}}})");
  (*request.mutable_parameters())["file:3/model.tflite"].set_bytes_param("three");
  const absl::StatusOr<ModelOverride> replaced = ParseModelOverride(request, true);
  ASSERT_TRUE(replaced.ok()) << replaced.status();
  EXPECT_EQ(replaced->settings->max_batch_size(), 4);
  EXPECT_TRUE(replaced->settings->version_policy().has_all());
  ASSERT_EQ(replaced->versions.size(), 1);
  EXPECT_EQ(*replaced->versions.at(3), "three");
}

TEST(ModelOverride, RefusesWhatItDoesNotUnderstand) {
  ExpectRefused(WithConfig("[]"), "JSON object");
  ExpectRefused(WithConfig("{"), "JSON object");
  ExpectRefused(WithConfig(R"({"no_such_setting": 1})"), "no_such_setting");
  ExpectRefused(WithFile("file:model.tflite"), "VERSION");
  ExpectRefused(WithFile("file:../1/model.tflite"), "VERSION");
  ExpectRefused(WithFile("file:0/model.tflite"), "VERSION");
  ExpectRefused(WithFile("other"), "'other'");
  RepositoryModelLoadRequest text;
  (*text.mutable_parameters())["file:1/model.tflite"].set_string_param("bytes");
  ExpectRefused(text, "bytes_param");
}

}  // namespace
}  // namespace octet::server
