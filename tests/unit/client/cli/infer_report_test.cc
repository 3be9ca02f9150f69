#include "client/cli/infer_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

Tensor Scores(std::vector<int64_t> shape, std::vector<float> values) {
  return {"scores", DataType::kFp32, std::move(shape), Bytes<float>(values)};
}

TEST(TopClassesTest, BestFirstAndEqualOnesByClass) {
  const auto rows = TopClasses(Scores({2, 3}, {0.1f, 0.7f, 0.2f, 0.5f, 0.0f, 0.5f}), 2);
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0][0].index, 1);
  EXPECT_EQ(rows[0][1].index, 2);
  EXPECT_EQ(rows[1][0].index, 0);
  EXPECT_EQ(rows[1][1].index, 2);
  EXPECT_FLOAT_EQ(rows[1][1].score, 0.5f);
}

TEST(TopClassesTest, NaNComesLastAndFewClassesAreAll) {
  const auto rows =
      TopClasses(Scores({1, 3}, {std::nanf(""), 1, std::numeric_limits<float>::infinity()}), 9);
  ASSERT_EQ(rows[0].size(), 3);
  EXPECT_EQ(rows[0][0].index, 2);
  EXPECT_EQ(rows[0][2].index, 0);
}

TEST(TopClassesTest, OnlyRowsOfScoresHaveClasses) {
  EXPECT_EQ(TopClasses(Scores({3}, {1, 2, 3}), 1).size(), 1);
  EXPECT_EQ(TopClasses(Scores({1, 1, 1, 3}, {1, 2, 3}), 1).size(), 1);
  EXPECT_TRUE(TopClasses(Scores({1, 1}, {1}), 1).empty());
  EXPECT_TRUE(TopClasses(Scores({}, {1}), 1).empty());
  EXPECT_TRUE(TopClasses(Scores({1, 2, 2}, {1, 2, 3, 4}), 1).empty());
  EXPECT_TRUE(TopClasses(Scores({0, 3}, {}), 1).empty());
}

TEST(ResultTextTest, OneResultIsABlock) {
  EXPECT_EQ(ResultText("a.png", {Scores({1, 3}, {0.25f, 0.5f, 0.25f})}, 2, {}),
            "a.png\n"
            "output 'scores' FP32 [1,3]: min 0.25, max 0.5, mean 0.333333\n"
            "  class  1  0.5000\n"
            "  class  0  0.2500\n");
}

TEST(ResultTextTest, IntegersHaveNoFractions) {
  EXPECT_EQ(ResultText("", {{"codes", DataType::kInt8, {2}, Bytes<int8_t>({-128, 127})}}, 1, {}),
            "output 'codes' INT8 [2]: min -128, max 127, mean -0.5\n"
            "  class  1  127\n");
}

TEST(ResultTextTest, WrittenFilesAreNamedAndEmptyOutputsSaid) {
  EXPECT_EQ(ResultText("", {Scores({0, 2, 2}, {})}, 1, {"out/scores.npy"}),
            "output 'scores' FP32 [0,2,2]: no elements\n"
            "  written to out/scores.npy\n");
}

TEST(ResultLinesTest, ManyResultsAreALineARow) {
  EXPECT_EQ(ResultLines("a.png", {Scores({1, 3}, {0.25f, 0.5f, 0.25f})}, 2),
            "a.png  1:0.5000  0:0.2500\n");
  EXPECT_EQ(ResultLines("b.npy", {Scores({2, 2}, {1, 0, 0, 1})}, 1),
            "b.npy row 0  0:1.0000\n"
            "b.npy row 1  1:1.0000\n");
  EXPECT_EQ(ResultLines("c.npy", {Scores({1, 1}, {3})}, 1),
            "c.npy  FP32 [1,1] min 3, max 3, mean 3\n");
}

TEST(ResultJsonTest, HoldsShapesBestClassesAndValues) {
  const auto json = ResultJson("a.png", {Scores({1, 2}, {0.25f, 0.75f})}, 1, {});
  EXPECT_EQ(json["file"], "a.png");
  const auto& output = json["outputs"][0];
  EXPECT_EQ(output["name"], "scores");
  EXPECT_EQ(output["datatype"], "FP32");
  EXPECT_EQ(output["shape"], nlohmann::ordered_json({1, 2}));
  EXPECT_EQ(output["top"][0][0]["class"], 1);
  EXPECT_EQ(output["top"][0][0]["score"], 0.75);
  EXPECT_EQ(output["data"], nlohmann::ordered_json({0.25, 0.75}));
}

TEST(ResultJsonTest, IntegersStayExactAndWrittenValuesAreLeftOut) {
  const int64_t big = (int64_t{1} << 62) + 1;
  const Tensor tensor{"n", DataType::kInt64, {1}, Bytes<int64_t>({big})};
  EXPECT_EQ(ResultJson("", {tensor}, 1, {})["outputs"][0]["data"][0].get<int64_t>(), big);
  const auto written = ResultJson("", {tensor}, 1, {"out/n.npy"});
  EXPECT_FALSE(written["outputs"][0].contains("data"));
  EXPECT_EQ(written["outputs"][0]["written_to"], "out/n.npy");
  EXPECT_FALSE(written.contains("file"));
}

}  // namespace
}  // namespace octet::client
