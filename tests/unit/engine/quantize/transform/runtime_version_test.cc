#include "engine/quantize/transform/runtime_version.h"

#include <gtest/gtest.h>

#include <memory>
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

tflite::ModelT WithEntry(const std::string& version) {
  tflite::ModelT model;
  model.buffers.push_back(std::make_unique<tflite::BufferT>());
  model.buffers.push_back(std::make_unique<tflite::BufferT>());
  model.buffers[1]->data.assign(version.begin(), version.end());
  model.buffers[1]->data.resize(16);
  model.metadata.push_back(std::make_unique<tflite::MetadataT>());
  model.metadata[0]->name = "min_runtime_version";
  model.metadata[0]->buffer = 1;
  return model;
}

std::string Entry(const tflite::ModelT& model) {
  const auto& data = model.buffers[model.metadata[0]->buffer]->data;
  return std::string(data.begin(), data.end());
}

TEST(RaiseMinRuntimeVersionTest, RaisesButNeverLowers) {
  tflite::ModelT model = WithEntry("1.5.0");
  RaiseMinRuntimeVersion(model, "2.17.0");
  EXPECT_EQ(Entry(model), std::string("2.17.0\0\0\0\0\0\0\0\0\0\0", 16));
  RaiseMinRuntimeVersion(model, "2.4.0");
  EXPECT_EQ(Entry(model), std::string("2.17.0\0\0\0\0\0\0\0\0\0\0", 16));
}

TEST(RaiseMinRuntimeVersionTest, NoEntryNoClaim) {
  tflite::ModelT model;
  RaiseMinRuntimeVersion(model, "2.17.0");
  EXPECT_TRUE(model.metadata.empty());
}

}  // namespace
}  // namespace octet
