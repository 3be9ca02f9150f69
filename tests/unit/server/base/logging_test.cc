#include "server/base/logging.h"

#include "gtest/gtest.h"

namespace octet::server {
namespace {

TEST(FormatLogLine, Text) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, "T", LogLevel::kInfo, "model ready",
                          {{"model", "m"}, {"path", "/a b"}}),
            "T INFO model ready model=m path=\"/a b\"");
}

TEST(FormatLogLine, AValueCannotForgeALine) {
  EXPECT_EQ(
      FormatLogLine(LogFormat::kText, "T", LogLevel::kError, "x", {{"model", "m\nT INFO ok"}}),
      "T ERROR x model=\"m\\nT INFO ok\"");
}

TEST(FormatLogLine, Json) {
  EXPECT_EQ(FormatLogLine(LogFormat::kJson, "T", LogLevel::kWarning, "a \"b\"",
                          {{"n", "1"}, {"bad", "\xff"}}),
            "{\"time\":\"T\",\"level\":\"warning\",\"message\":\"a \\\"b\\\"\",\"n\":\"1\","
            "\"bad\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace octet::server
