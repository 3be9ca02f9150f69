#include "engine/quantize/transform/runtime_version.h"

#include <gtest/gtest.h>

#include <string>

namespace octet {
namespace {

TEST(CompareVersionsTest, ByNumbers) {
  EXPECT_EQ(CompareVersions("2.9.0", "2.17.0"), -1);
  EXPECT_EQ(CompareVersions("2.17.0", "2.9.0"), 1);
  EXPECT_EQ(CompareVersions("2.3.0", "2.3.0"), 0);
  EXPECT_EQ(CompareVersions("2.3", "2.3.0"), 0);
  EXPECT_EQ(CompareVersions("", "1.5.0"), -1);
}

FileDraft WithEntry(const std::string& version) {
  FileDraft draft;
  SetMetadata(draft, "min_runtime_version", version);
  return draft;
}

std::string Entry(const FileDraft& draft) {
  const auto data = draft.contents[draft.model.metadata[0]->buffer].data();
  return std::string(reinterpret_cast<const char*>(data.data()), data.size());
}

TEST(RaiseMinRuntimeVersionTest, RaisesButNeverLowers) {
  FileDraft draft = WithEntry(std::string("1.5.0\0\0", 7));
  RaiseMinRuntimeVersion(draft, "2.17.0");
  EXPECT_EQ(Entry(draft), std::string("2.17.0\0\0\0\0\0\0\0\0\0\0", 16));
  RaiseMinRuntimeVersion(draft, "2.4.0");
  EXPECT_EQ(Entry(draft), std::string("2.17.0\0\0\0\0\0\0\0\0\0\0", 16));
}

TEST(RaiseMinRuntimeVersionTest, NoEntryNoClaim) {
  FileDraft draft;
  RaiseMinRuntimeVersion(draft, "2.17.0");
  EXPECT_TRUE(draft.model.metadata.empty());
}

}  // namespace
}  // namespace octet
