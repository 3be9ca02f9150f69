#include "client/formats/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A file with this header text and data, as NumPy lays it out.
std::string MakeNpy(const std::string& header, const std::string& data, int version = 1) {
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  const int length_bytes = version == 1 ? 2 : 4;
  for (int i = 0; i < length_bytes; ++i) file += static_cast<char>(header.size() >> (8 * i) & 255);
  return file + header + data;
}

std::string HeaderOf(const std::string& descr, const std::string& shape,
                     const std::string& fortran = "False") {
  return absl::StrCat("{'descr': '", descr, "', 'fortran_order': ", fortran, ", 'shape': ", shape,
                      ", }\n");
}

TEST(NpyTest, RoundTripsEveryTypeAndShape) {
  for (const char* name : {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32",
                           "INT64", "FP16", "FP32", "FP64"}) {
    for (const std::vector<int64_t>& shape :
         {std::vector<int64_t>{}, {5}, {2, 3}, {0, 4}, {1, 2, 3, 4}}) {
      Array array{*ParseDataType(name), shape, ""};
      array.data.assign(*ElementCount(shape) * DataTypeSize(array.type), '\x01');
      const std::string file = SerializeNpy(array);
      EXPECT_EQ((file.size() - array.data.size()) % 64, 0);
      const auto read = ParseNpy(file);
      ASSERT_TRUE(read.ok()) << name << read.status();
      EXPECT_EQ(read->type, array.type);
      EXPECT_EQ(read->shape, array.shape);
      EXPECT_EQ(read->data, array.data);
    }
  }
}

TEST(NpyTest, WritesTheHeaderThatNumpyExpects) {
  const std::string file = SerializeNpy({DataType::kInt16, {3}, Bytes<int16_t>({1, 2, 3})});
  EXPECT_EQ(file.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_THAT(file, HasSubstr("{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }"));
  EXPECT_EQ(file[127], '\n');
}

TEST(NpyTest, ReadsAllVersionsOfTheFormat) {
  for (int version : {1, 2, 3}) {
    const auto array = ParseNpy(MakeNpy(HeaderOf("<f4", "(1, 2)"), Bytes<float>({1, 2}), version));
    ASSERT_TRUE(array.ok()) << version << array.status();
    EXPECT_THAT(array->shape, ElementsAre(1, 2));
    EXPECT_THAT(Values<float>(array->data), ElementsAre(1, 2));
  }
}

TEST(NpyTest, TurnsFortranOrder) {
  // [[1, 2, 3], [4, 5, 6]], columns first.
  const auto array =
      ParseNpy(MakeNpy(HeaderOf("<i2", "(2, 3)", "True"), Bytes<int16_t>({1, 4, 2, 5, 3, 6})));
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_THAT(Values<int16_t>(array->data), ElementsAre(1, 2, 3, 4, 5, 6));
  std::vector<uint8_t> cube(8);
  for (int i = 0; i < 8; ++i) cube[(i & 1) << 2 | (i & 2) | i >> 2] = i;
  const auto turned = ParseNpy(MakeNpy(HeaderOf("|u1", "(2, 2, 2)", "True"), Bytes<uint8_t>(cube)));
  EXPECT_THAT(Values<uint8_t>(turned->data), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

struct Hostile {
  const char* name;
  std::string file;
  const char* message;
};

TEST(NpyTest, HostileFilesAreErrors) {
  const std::string four = Bytes<float>({1});
  const Hostile cases[] = {
      {"empty", "", "first bytes"},
      {"other", "PK\x03\x04 something else", "first bytes"},
      {"magic alone", "\x93NUMPY", "ends within"},
      {"version 9", MakeNpy(HeaderOf("<f4", "(1,)"), four, 9), "version"},
      {"cut length", std::string("\x93NUMPY\x02\x00\x10\x00", 10), "ends within"},
      {"header beyond the end", std::string("\x93NUMPY\x01\x00\xff\x00{", 11), "ends within"},
      {"huge header", std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13), "too long"},
      {"no dictionary", MakeNpy("[1]", four), "dictionary"},
      {"unclosed", MakeNpy("{'descr': '<f4', ", four), "broken"},
      {"missing key", MakeNpy("{'descr': '<f4'}", four), "lacks"},
      {"unknown key", MakeNpy("{'a': '<f4'}", four), "unknown or repeated"},
      {"repeated key", MakeNpy("{'descr': '<f4', 'descr': '<f4'}", four), "unknown or repeated"},
      {"code for a dictionary", MakeNpy("{'descr': __import__('os')}", four), "not supported"},
      {"text after", MakeNpy(HeaderOf("<f4", "(1,)") + "x", four), "follows"},
      {"pickled", MakeNpy(HeaderOf("|O", "(1,)"), four), "'|O'"},
      {"text elements", MakeNpy(HeaderOf("<U1", "(1,)"), four), "'<U1'"},
      {"records", MakeNpy("{'descr': [('a', '<f4')], }", four), "not supported"},
      {"big-endian", MakeNpy(HeaderOf(">f4", "(1,)"), four), "big-endian"},
      {"negative", MakeNpy(HeaderOf("<f4", "(-1,)"), four), "'shape'"},
      {"no number", MakeNpy(HeaderOf("<f4", "(a,)"), four), "'shape'"},
      {"beyond 64 bits", MakeNpy(HeaderOf("<f4", "(99999999999999999999,)"), four), "'shape'"},
      {"overflowing", MakeNpy(HeaderOf("<f8", "(4294967296, 4294967296)"), four), "too large"},
      {"wrap to zero", MakeNpy(HeaderOf("<f8", "(2305843009213693952,)"), ""), "too large"},
      {"too short", MakeNpy(HeaderOf("<f4", "(2,)"), four), "needs 8 bytes, 4"},
      {"too long", MakeNpy(HeaderOf("<f4", "(1,)"), four + "x"), "needs 4 bytes, 5"},
  };
  for (const Hostile& each : cases) {
    const absl::Status status = ParseNpy(each.file).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << each.name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(each.message)) << each.name;
  }
}

TEST(NpyTest, TooManyDimensionsAreAnError) {
  std::string shape = "(";
  for (int i = 0; i < 33; ++i) shape += "1,";
  EXPECT_FALSE(ParseNpy(MakeNpy(HeaderOf("|u1", shape + ")"), "x")).ok());
}

TEST(NpyTest, NoPrefixOfAFileIsReadable) {
  const std::string file = SerializeNpy({DataType::kFp32, {2}, Bytes<float>({1, 2})});
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ParseNpy(file.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace octet::client
