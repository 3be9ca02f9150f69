#include "server/models/sample_capture.h"

#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::Pointee;

class SampleCaptureTest : public testing::Test {
 protected:
  SampleCapture::Observer Observe() {
    return [this](int64_t samples, int64_t bytes) { seen_.emplace_back(samples, bytes); };
  }
  std::vector<std::pair<int64_t, int64_t>> seen_;
};

TEST_F(SampleCaptureTest, KeepsTheNewestByNumber) {
  SampleCapture capture(2, 100, Observe());
  EXPECT_TRUE(capture.Samples().empty());
  for (const char* text : {"a", "b", "c"}) capture.Add({text, "xyz"});
  EXPECT_THAT(capture.Samples(),
              ElementsAre(Pointee(ElementsAre("b", "xyz")), Pointee(ElementsAre("c", "xyz"))));
  EXPECT_THAT(seen_, ElementsAre(Pair(1, 4), Pair(2, 8), Pair(2, 8)));
}

TEST_F(SampleCaptureTest, KeepsTheNewestByBytes) {
  SampleCapture capture(10, 5, Observe());
  capture.Add({"ab"});
  capture.Add({"cd"});
  capture.Add({"ef"});
  EXPECT_THAT(capture.Samples(),
              ElementsAre(Pointee(ElementsAre("cd")), Pointee(ElementsAre("ef"))));
  capture.Add({"all room"});
  EXPECT_EQ(capture.Samples().size(), 2u);
  capture.Add({"exact"});
  EXPECT_THAT(capture.Samples(), ElementsAre(Pointee(ElementsAre("exact"))));
  EXPECT_THAT(seen_, ElementsAre(Pair(1, 2), Pair(2, 4), Pair(2, 4), Pair(1, 5)));
}

TEST_F(SampleCaptureTest, WhatWasGivenOutStays) {
  SampleCapture capture(1, 5, Observe());
  capture.Add({"old"});
  const auto samples = capture.Samples();
  capture.Add({"new"});
  EXPECT_THAT(samples, ElementsAre(Pointee(ElementsAre("old"))));
}

}  // namespace
}  // namespace octet::server
