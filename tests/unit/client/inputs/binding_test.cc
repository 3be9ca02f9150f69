#include "client/inputs/binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include "client/formats/npy.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const InputSpec kImage{"image", DataType::kInt8, {-1, 2, 2, 1}};
const InputSpec kRealImage{"image", DataType::kFp32, {1, 2, 2, 1}};
const InputSpec kByteImage{"image", DataType::kUint8, {2, 2, 3}};

void ExpectInvalid(const absl::Status& status, const std::vector<std::string>& parts) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const std::string& part : parts) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }
}

TEST(BindingTest, SpecsComeFromTheMetadata) {
  const auto specs = InputSpecs(SmallModel("m"));
  ASSERT_TRUE(specs.ok()) << specs.status();
  ASSERT_EQ(specs->size(), 1);
  EXPECT_EQ((*specs)[0].name, "image");
  EXPECT_EQ((*specs)[0].type, DataType::kInt8);
  EXPECT_THAT((*specs)[0].shape, ElementsAre(-1, 2, 2, 1));
  inference::ModelMetadataResponse text;
  AddTensor(text.mutable_inputs(), "words", "BYTES", {1});
  ExpectInvalid(InputSpecs(text).status(), {"words", "BYTES"});
}

TEST(BindingTest, ArraysFitWithOrWithoutTheRow) {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{2, 2, 1}, {1, 2, 2, 1}}) {
    const auto tensor = BindArray({DataType::kInt8, shape, "abcd"}, kImage);
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->name, "image");
    EXPECT_THAT(tensor->shape, ElementsAre(1, 2, 2, 1));
    EXPECT_EQ(tensor->data, "abcd");
  }
  EXPECT_THAT(BindArray({DataType::kInt8, {3, 2, 2, 1}, "abcdefghijkl"}, kImage)->shape,
              ElementsAre(3, 2, 2, 1));
}

TEST(BindingTest, AWrongShapeSaysWhatIsRight) {
  ExpectInvalid(BindArray({DataType::kInt8, {4}, "abcd"}, kImage).status(),
                {"shape [4]", "'image'", "INT8 [-1,2,2,1]"});
  ExpectInvalid(BindArray({DataType::kInt8, {2, 2, 2, 1}, "abcdefgh"}, kRealImage).status(),
                {"shape [2,2,2,1]", "FP32 [1,2,2,1]"});
}

TEST(BindingTest, ElementsAreConvertedAndFloatsLeftForTheServerToQuantize) {
  const auto integers =
      BindArray({DataType::kInt64, {1, 2, 2, 1}, Bytes<int64_t>({1, 2, 3, -4})}, kImage);
  EXPECT_EQ(integers->type, DataType::kInt8);
  EXPECT_THAT(Values<int8_t>(integers->data), ElementsAre(1, 2, 3, -4));
  const auto reals =
      BindArray({DataType::kFp64, {1, 2, 2, 1}, Bytes<double>({0, 0.5, 1, 2})}, kImage);
  EXPECT_EQ(reals->type, DataType::kFp32);
  EXPECT_THAT(Values<float>(reals->data), ElementsAre(0, 0.5, 1, 2));
  ExpectInvalid(
      BindArray({DataType::kInt64, {1, 2, 2, 1}, Bytes<int64_t>({1, 2, 3, 400})}, kImage).status(),
      {"INT64", "range"});
}

TEST(BindingTest, PicturesBecomeWhatTheInputTakes) {
  const Picture gray{2, 2, 1, std::string("\x00\x7f\x80\xff", 4)};
  const auto codes = BindPicture(gray, kImage, std::nullopt);
  ASSERT_TRUE(codes.ok()) << codes.status();
  EXPECT_THAT(codes->shape, ElementsAre(1, 2, 2, 1));
  EXPECT_THAT(Values<int8_t>(codes->data), ElementsAre(-128, -1, 0, 127));
  const auto reals = BindPicture(gray, kRealImage, std::nullopt);
  EXPECT_THAT(Values<float>(reals->data), ElementsAre(0, 127 / 255.0f, 128 / 255.0f, 1));
  const auto bytes = BindPicture(gray, kByteImage, std::nullopt);
  EXPECT_THAT(bytes->shape, ElementsAre(2, 2, 3));
  EXPECT_EQ(bytes->data.substr(3, 3), "\x7f\x7f\x7f");
}

TEST(BindingTest, ARangeMakesRealValues) {
  const auto tensor =
      BindPicture({2, 2, 1, std::string("\x00\xff\x00\xff", 4)}, kImage, PixelRange{-1, 1});
  EXPECT_EQ(tensor->type, DataType::kFp32);
  EXPECT_THAT(Values<float>(tensor->data), ElementsAre(-1, 1, -1, 1));
}

TEST(BindingTest, PicturesOfAnotherSizeOrForOtherInputsAreErrors) {
  ExpectInvalid(BindPicture({1, 3, 1, "abc"}, kImage, std::nullopt).status(),
                {"3 wide and 1 high", "[-1,2,2,1]"});
  ExpectInvalid(
      BindPicture({2, 2, 1, "abcd"}, {"x", DataType::kFp32, {1, 4}}, std::nullopt).status(),
      {"picture", "[1,4]"});
  ExpectInvalid(
      BindPicture({2, 2, 1, "abcd"}, {"x", DataType::kInt32, {1, 2, 2, 1}}, std::nullopt).status(),
      {"picture", "INT32"});
  ExpectInvalid(
      BindPicture({2, 2, 1, "abcd"}, {"x", DataType::kInt8, {1, 2, 2, 2}}, std::nullopt).status(),
      {"channels", "[1,2,2,2]"});
}

TEST(BindingTest, RawBytesAreWholeRows) {
  EXPECT_THAT(BindRaw("abcdefgh", kImage)->shape, ElementsAre(2, 2, 2, 1));
  EXPECT_THAT(BindRaw("abcdefghijkl", kByteImage)->shape, ElementsAre(2, 2, 3));
  for (const char* bytes : {"", "abc", "abcde"}) {
    ExpectInvalid(BindRaw(bytes, kImage).status(), {"raw bytes"});
  }
  ExpectInvalid(BindRaw("abcd", kRealImage).status(), {"4 raw bytes", "FP32 [1,2,2,1]"});
  ExpectInvalid(BindRaw("abcd", {"x", DataType::kInt8, {-1, -1}}).status(), {"shape"});
}

TEST(BindingTest, FilesAreToldApartByTheirContent) {
  EXPECT_EQ(BindFile("abcd", kImage, std::nullopt)->data, "abcd");
  EXPECT_EQ(
      BindFile(SerializeNpy({DataType::kInt8, {2, 2, 1}, "abcd"}), kImage, std::nullopt)->data,
      "abcd");
  EXPECT_THAT(Values<int8_t>(BindFile(MakePng(2, 2, PNG_COLOR_TYPE_GRAY, "\x81\x82\x83\x84"),
                                      kImage, std::nullopt)
                                 ->data),
              ElementsAre(1, 2, 3, 4));
}

Array Labels(std::vector<int64_t> labels) {
  return {DataType::kInt64, {static_cast<int64_t>(labels.size())}, Bytes<int64_t>(labels)};
}

TEST(BindingTest, SamplesAreFoundByTheInputsNameOrX) {
  for (const char* name : {"image", "x"}) {
    const auto set = BindSamples(
        {{name, {DataType::kInt8, {2, 2, 2, 1}, "abcdefgh"}}, {"labels", Labels({3, 5})}},
        {kImage});
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ(set->samples, 2);
    EXPECT_THAT(set->labels, ElementsAre(3, 5));
    EXPECT_EQ(set->inputs[0].name(), "image");
    EXPECT_EQ(set->inputs[0].datatype(), "INT8");
    EXPECT_THAT(set->inputs[0].shape(), ElementsAre(2, 2, 2, 1));
    EXPECT_EQ(set->inputs[0].data(), "abcdefgh");
  }
}

TEST(BindingTest, SamplesOfInputsWithoutRowsHaveTheirAxisInFront) {
  const InputSpec spec{"a", DataType::kInt8, {4, 3}};
  EXPECT_TRUE(
      BindSamples({{"a", {DataType::kInt8, {2, 4, 3}, std::string(24, 'a')}}}, {spec}).ok());
  EXPECT_FALSE(BindSamples({{"a", {DataType::kInt8, {4, 3}, std::string(12, 'a')}}}, {spec}).ok());
}

TEST(BindingTest, SampleSetsThatContradictThemselvesAreErrors) {
  const Array two{DataType::kInt8, {2, 2, 2, 1}, "abcdefgh"};
  ExpectInvalid(BindSamples({{"x", two}, {"labels", Labels({})}}, {kImage}).status(),
                {"0 labels for 2 samples"});
  ExpectInvalid(BindSamples({{"labels", Labels({1})}}, {kImage}).status(), {"no array 'image'"});
  ExpectInvalid(BindSamples({{"x", two}, {"labels", Labels({1})}}, {kImage}).status(),
                {"1 labels for 2 samples"});
  ExpectInvalid(BindSamples({{"x", two}, {"y", two}}, {kImage}).status(), {"'y'", "neither"});
  ExpectInvalid(BindSamples({{"x", {DataType::kInt8, {2, 4}, "abcdefgh"}}}, {kImage}).status(),
                {"'x'", "[2,4]", "[-1,2,2,1]"});
  ExpectInvalid(
      BindSamples({{"x", two}, {"labels", {DataType::kFp32, {2}, Bytes<float>({1, 2})}}}, {kImage})
          .status(),
      {"'labels'", "FP32"});
  const InputSpec other{"other", DataType::kInt8, {-1}};
  ExpectInvalid(
      BindSamples({{"image", two}, {"other", {DataType::kInt8, {3}, "abc"}}}, {kImage, other})
          .status(),
      {"'other'", "3 samples", "2"});
}

}  // namespace
}  // namespace octet::client
