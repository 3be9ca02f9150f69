#include "server/services/quantize_samples.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using octet::v1::SamplePart;
using testing::HasSubstr;

SamplePart Part(const std::string& name, const std::string& datatype,
                std::initializer_list<int64_t> shape, const std::string& data, bool last = false) {
  SamplePart part;
  part.set_name(name);
  part.set_datatype(datatype);
  for (const int64_t dim : shape) part.add_shape(dim);
  part.set_data(data);
  part.set_last(last);
  return part;
}

SamplePart More(const std::string& data, bool last) {
  SamplePart part;
  part.set_continued(true);
  part.set_data(data);
  part.set_last(last);
  return part;
}

std::string Text(const octet::SampleTensor& tensor) {
  return std::string(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
}

TEST(SampleCollector, PutsPartsTogether) {
  SampleCollector collector(100);
  ASSERT_TRUE(collector.Add(Part("a", "FP32", {1, 2}, "1234")).ok());
  ASSERT_TRUE(collector.Add(More("5678", false)).ok());
  ASSERT_TRUE(collector.Add(Part("b", "INT8", {3}, "xyz", true)).ok());
  ASSERT_TRUE(collector.Add(Part("", "UINT8", {}, "u", true)).ok());
  const absl::StatusOr<std::vector<CalibrationSample>> samples = collector.Samples();
  ASSERT_TRUE(samples.ok());
  ASSERT_EQ(samples->size(), 2u);
  ASSERT_EQ((*samples)[0].inputs.size(), 2u);
  EXPECT_EQ((*samples)[0].inputs[0].name, "a");
  EXPECT_EQ((*samples)[0].inputs[0].type, DataType::kFloat32);
  EXPECT_EQ((*samples)[0].inputs[0].shape, Shape({1, 2}));
  EXPECT_EQ(Text((*samples)[0].inputs[0]), "12345678");
  EXPECT_EQ(Text((*samples)[0].inputs[1]), "xyz");
  ASSERT_EQ((*samples)[1].inputs.size(), 1u);
  EXPECT_EQ((*samples)[1].inputs[0].name, "");
  EXPECT_EQ(Text((*samples)[1].inputs[0]), "u");
}

TEST(SampleCollector, NoneIsNone) { EXPECT_TRUE(SampleCollector(0).Samples()->empty()); }

void ExpectError(const absl::Status& status, absl::StatusCode code, const char* text) {
  EXPECT_EQ(status.code(), code);
  EXPECT_THAT(status.message(), HasSubstr(text));
}

TEST(SampleCollector, NamesWhatIsWrong) {
  constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  ExpectError(SampleCollector(9).Add(Part("a", "FLOAT", {1}, "")), kInvalid,
              "sample 0, input 'a': datatype is 'FLOAT'");
  ExpectError(SampleCollector(9).Add(Part("a", "FP32", {-1}, "")), kInvalid, "can be -1");
  ExpectError(SampleCollector(9).Add(Part("a", "FP32", {1}, "12345")), kInvalid,
              "sample 0, input 'a' has 5 bytes; its shape [1] and datatype FP32 need 4");
  ExpectError(SampleCollector(9).Add(Part("a", "FP32", {1}, "123", true)), kInvalid, "has 3 bytes");
  ExpectError(SampleCollector(9).Add(More("1", true)), kInvalid, "first part");
  SampleCollector collector(99);
  ASSERT_TRUE(collector.Add(Part("a", "FP32", {1}, "1234", true)).ok());
  ASSERT_TRUE(collector.Add(Part("a", "FP32", {1}, "123")).ok());
  ExpectError(collector.Samples().status(), kInvalid, "sample 1 has no part with `last`");
  ExpectError(collector.Add(Part("b", "FP32", {1}, "")), kInvalid, "sample 1, input 'a' has 3");
}

TEST(SampleCollector, HoldsNoMoreThanItMay) {
  SampleCollector collector(7);
  ASSERT_TRUE(collector.Add(Part("a", "INT8", {4}, "1234", true)).ok());
  ExpectError(collector.Add(Part("a", "INT8", {4}, "5678", true)),
              absl::StatusCode::kResourceExhausted, "more than 7 bytes");
}

}  // namespace
}  // namespace octet::server
