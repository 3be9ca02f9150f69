// What operators that move or make values refuse, where their limits lie, and which of them keep
// rows apart. Right answers are recorded (tests/data/ops) and shown (WORKED_EXAMPLES.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Ints = std::vector<int32_t>;

// One operator: inputs as they were added, one INT32 or float output.
class Single {
 public:
  explicit Single(BuiltinOp op, OpOptions options = {}) : op_(op), options_(std::move(options)) {}

  Single& Fed(Ints shape, DataType type = DataType::kInt32) {
    inputs_.push_back(b_.Input(absl::StrCat("in", inputs_.size()), type, std::move(shape)));
    return *this;
  }
  template <typename T>
  Single& Fixed(Ints shape, const std::vector<T>& values) {
    inputs_.push_back(b_.Constant<T>(absl::StrCat("c", inputs_.size()), std::move(shape), values));
    return *this;
  }
  std::string Giving(Ints shape, DataType type = DataType::kInt32) {
    const int out = b_.Tensor("out", type, std::move(shape));
    b_.Op(op_, 1, inputs_, {out}, options_);
    b_.Output(out);
    return b_.Build();
  }

 private:
  const BuiltinOp op_;
  const OpOptions options_;
  ModelBuilder b_;
  std::vector<int32_t> inputs_;
};

// What compiling, or else running on these numbers, says.
std::string Refusal(const std::string& file, const std::vector<Ints>& inputs) {
  std::vector<Bytes> bytes;
  for (const Ints& input : inputs) bytes.push_back(ToBytes(input));
  return std::string(RunModel(file, bytes).status().message());
}

std::string NotBatched(const std::string& file) {
  const auto model = CompileBytes(file);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? (*model)->description().not_batchable_reason : "";
}

TEST(MirrorPadTest, ReflectsNoFurtherThanTheImage) {
  const auto padded = [](bool symmetric, int32_t by) {
    return Single(BuiltinOp::kMirrorPad, MirrorPadOptions{symmetric})
        .Fed({3})
        .Fixed<int32_t>({1, 2}, {by, 0})
        .Giving({3 + by});
  };
  EXPECT_THAT((RunValues<int32_t, int32_t>(padded(false, 2), {{1, 2, 3}})),
              ElementsAre(3, 2, 1, 2, 3));
  EXPECT_THAT((RunValues<int32_t, int32_t>(padded(true, 3), {{1, 2, 3}})),
              ElementsAre(3, 2, 1, 1, 2, 3));
  EXPECT_THAT(Refusal(padded(false, 3), {{1, 2, 3}}), HasSubstr("padding 3 of dimension 0"));
  EXPECT_THAT(Refusal(padded(true, 4), {{1, 2, 3}}), HasSubstr("0 to 3 are possible"));
  EXPECT_THAT(Refusal(padded(true, -1), {{1, 2, 3}}), HasSubstr("padding -1"));
}

TEST(BlocksTest, RefuseWhatIsNoWholeNumberOfBlocks) {
  const auto to_depth = [](int32_t block) {
    return Single(BuiltinOp::kSpaceToDepth, BlockOptions{block}).Fed({1, 4, 6, 1}).Giving({1});
  };
  EXPECT_THAT(Refusal(to_depth(4), {Ints(24)}), HasSubstr("blocks of 4 do not fit shape"));
  EXPECT_THAT(Refusal(to_depth(0), {Ints(24)}), HasSubstr("blocks of 0 are not possible"));
  const auto to_space =
      Single(BuiltinOp::kDepthToSpace, BlockOptions{2}).Fed({1, 1, 1, 6}).Giving({1});
  EXPECT_THAT(Refusal(to_space, {Ints(6)}), HasSubstr("do not fit"));
}

TEST(BlocksTest, OfTheBatchAreChecked) {
  const auto to_batch = [](Ints block, Ints paddings) {
    return Single(BuiltinOp::kSpaceToBatchNd)
        .Fed({1, 3, 4, 1})
        .Fixed<int32_t>({2}, block)
        .Fixed<int32_t>({2, 2}, paddings)
        .Giving({4, 2, 2, 1});
  };
  EXPECT_THAT(Refusal(to_batch({2, 2}, {0, 0, 0, 0}), {Ints(12)}),
              HasSubstr("no whole number of blocks"));
  EXPECT_THAT(Refusal(to_batch({0, 2}, {0, 0, 0, 0}), {Ints(12)}), HasSubstr("blocks of 0"));
  EXPECT_THAT(
      Refusal(to_batch({1 << 20, 1 << 20}, {0, (1 << 20) - 3, 0, (1 << 20) - 4}), {Ints(12)}),
      HasSubstr("no whole number of blocks"));
  EXPECT_THAT(Refusal(to_batch({2, 2}, {-1, 0, 0, 0}), {Ints(12)}), HasSubstr("a side of -1"));
  EXPECT_THAT(NotBatched(to_batch({2, 2}, {0, 1, 0, 0})),
              HasSubstr("its first dimension is not 1"));
}

TEST(FillTest, ShapesThatAreNoShapes) {
  const auto file = Single(BuiltinOp::kFill).Fed({2}).Fixed<int32_t>({}, {7}).Giving({1, 1});
  const auto filled = RunModel(file, {ToBytes(Ints{1, 3})});
  ASSERT_TRUE(filled.ok()) << filled.status();
  EXPECT_THAT(FromBytes<int32_t>(filled->outputs[0]), ElementsAre(7, 7, 7));
  EXPECT_EQ(filled->shapes[0], (Shape{1, 3}));
  EXPECT_FALSE(Refusal(file, {{-1, 3}}).empty());
  EXPECT_FALSE(Refusal(file, {{1 << 30, 1 << 30}}).empty());
}

TEST(RangeTest, EndsAndRefusals) {
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  const auto file = Single(BuiltinOp::kRange).Fed({}).Fed({}).Fed({}).Giving({1});
  const auto range = [&](int32_t start, int32_t limit, int32_t delta) {
    return RunValues<int32_t, int32_t>(file, {{start}, {limit}, {delta}});
  };
  EXPECT_THAT(range(0, 5, 2), ElementsAre(0, 2, 4));
  EXPECT_THAT(range(3, 3, 1), IsEmpty());
  EXPECT_THAT(range(kMax - 1, kMax, 100), ElementsAre(kMax - 1));
  EXPECT_THAT(Refusal(file, {{0}, {5}, {0}}), HasSubstr("is no range"));
  EXPECT_THAT(Refusal(file, {{0}, {5}, {-1}}), HasSubstr("from 0 to 5 by -1 is no range"));
}

TEST(RangeTest, FloatsThatAreNotNumbers) {
  const auto file = Single(BuiltinOp::kRange)
                        .Fed({}, DataType::kFloat32)
                        .Fed({}, DataType::kFloat32)
                        .Fed({}, DataType::kFloat32)
                        .Giving({1}, DataType::kFloat32);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::vector<float>& bounds : std::vector<std::vector<float>>{
           {0, nan, 1}, {0, 1, nan}, {0, 1e30f, 1e-3f}, {0, 1, 1e-45f}}) {
    const auto run = RunModel(
        file, {ToBytes(std::vector<float>{bounds[0]}), ToBytes(std::vector<float>{bounds[1]}),
               ToBytes(std::vector<float>{bounds[2]})});
    EXPECT_EQ(run.status().code(), absl::StatusCode::kInvalidArgument) << run.status();
  }
}

TEST(OneHotTest, KeepsRowsApartUnlessItPutsADimensionBeforeThem) {
  const auto file = [](int32_t axis, Ints shape) {
    return Single(BuiltinOp::kOneHot, AxisOptions{axis})
        .Fed({1, 2})
        .Fixed<int32_t>({}, {3})
        .Fixed<int32_t>({}, {1})
        .Fixed<int32_t>({}, {0})
        .Giving(std::move(shape));
  };
  EXPECT_EQ(NotBatched(file(-1, {1, 2, 3})), "");
  EXPECT_NE(NotBatched(file(0, {3, 1, 2})), "");
  EXPECT_THAT((RunValues<int32_t, int32_t>(file(-1, {1, 2, 3}), {{-1, 2}})),
              ElementsAre(0, 0, 0, 0, 0, 1));
}

TEST(UpdateTest, IndicesAreCheckedOrMoved) {
  const auto scatter = Single(BuiltinOp::kScatterNd)
                           .Fed({1, 1})
                           .Fixed<int32_t>({1}, {5})
                           .Fixed<int32_t>({1}, {3})
                           .Giving({3});
  EXPECT_THAT((RunValues<int32_t, int32_t>(scatter, {{2}})), ElementsAre(0, 0, 5));
  EXPECT_THAT(Refusal(scatter, {{3}}), HasSubstr("index 3 is outside of dimension 0 of [3]"));
  EXPECT_THAT(Refusal(scatter, {{-1}}), HasSubstr("index -1"));
  const auto update = Single(BuiltinOp::kDynamicUpdateSlice).Fed({4}).Fed({2}).Fed({1}).Giving({4});
  const auto updated = [&](int32_t at) {
    return RunValues<int32_t, int32_t>(update, {{1, 2, 3, 4}, {8, 9}, {at}});
  };
  EXPECT_THAT(updated(-7), ElementsAre(8, 9, 3, 4));
  EXPECT_THAT(updated(std::numeric_limits<int32_t>::max()), ElementsAre(1, 2, 8, 9));
}

TEST(LookupTest, IndicesOutsideOfTheTable) {
  const auto file = Single(BuiltinOp::kEmbeddingLookup)
                        .Fed({1})
                        .Fixed<float>({2, 2}, {1, 2, 3, 4})
                        .Giving({1, 2}, DataType::kFloat32);
  EXPECT_THAT((RunValues<float, int32_t>(file, {{1}})), ElementsAre(3, 4));
  EXPECT_THAT(Refusal(file, {{2}}), HasSubstr("index 2 is outside of a table of 2 rows"));
  EXPECT_THAT(Refusal(file, {{-1}}), HasSubstr("index -1"));
  EXPECT_EQ(NotBatched(file), "");
  const auto gather = Single(BuiltinOp::kGather, GatherOptions{0, 0}).Fed({1}).Fed({1}).Giving({1});
  EXPECT_THAT(Refusal(gather, {{5}, {1}}), HasSubstr("index 1"));
  const auto gather_nd = Single(BuiltinOp::kGatherNd).Fed({2, 2}).Fed({1, 2}).Giving({1});
  EXPECT_THAT(Refusal(gather_nd, {{1, 2, 3, 4}, {1, 2}}), HasSubstr("index 2 is outside"));
}

TEST(CumsumTest, AxisAndRows) {
  const auto file = [](int32_t axis) {
    return Single(BuiltinOp::kCumsum, CumsumOptions{})
        .Fed({1, 3})
        .Fixed<int32_t>({}, {axis})
        .Giving({1, 3});
  };
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  EXPECT_THAT((RunValues<int32_t, int32_t>(file(-1), {{kMax, 1, 1}})),
              ElementsAre(kMax, std::numeric_limits<int32_t>::min(), -kMax));
  EXPECT_EQ(NotBatched(file(1)), "");
  EXPECT_THAT(NotBatched(file(0)), HasSubstr("it sums along dimension 0"));
  EXPECT_FALSE(Refusal(file(2), {{1, 2, 3}}).empty());
}

TEST(StridedSliceTest, Edges) {
  const auto cut = [](Ints begin, Ints end, Ints strides, StridedSliceOptions options, Ints shape) {
    return Single(BuiltinOp::kStridedSlice, options)
        .Fed({2, 4})
        .Fixed<int32_t>({2}, begin)
        .Fixed<int32_t>({2}, end)
        .Fixed<int32_t>({2}, strides)
        .Giving(std::move(shape));
  };
  const Ints in = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto run = [&](const std::string& file) { return RunValues<int32_t, int32_t>(file, {in}); };
  EXPECT_THAT(run(cut({0, 3}, {2, -5}, {1, -2}, {}, {2, 2})), ElementsAre(3, 1, 7, 5));
  EXPECT_THAT(run(cut({0, 3}, {2, 1}, {1, 1}, {}, {2, 0})), IsEmpty());
  EXPECT_THAT(run(cut({-100, -100}, {100, 100}, {1, 3}, {}, {2, 2})), ElementsAre(0, 3, 4, 7));
  EXPECT_THAT(run(cut({1, 9}, {9, 0}, {1, -1}, {.end_mask = 2}, {1, 4})), ElementsAre(7, 6, 5, 4));
  EXPECT_THAT(run(cut({1, 2}, {0, 0}, {1, 1}, {.shrink_axis_mask = 3}, {})), ElementsAre(6));
  EXPECT_FALSE(Refusal(cut({0, 0}, {2, 4}, {1, 0}, {}, {2, 4}), {in}).empty());
}

}  // namespace
}  // namespace octet::testing
