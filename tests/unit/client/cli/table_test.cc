#include "client/cli/table.h"

#include <gtest/gtest.h>

#include "client/cli/console.h"

namespace octet::client {
namespace {

TEST(TableTest, AlignsColumnsAndTrimsLines) {
  Table table({Table::Align::kLeft, Table::Align::kRight, Table::Align::kLeft});
  table.AddRow({"a", "1", "x"});
  table.AddRow({"long", "100", ""});
  EXPECT_EQ(table.Format(),
            "a       1  x\n"
            "long  100\n");
}

TEST(TableTest, ShortensTheMiddleOfLongNamesInTheFirstColumn) {
  Table table({Table::Align::kLeft, Table::Align::kLeft});
  table.AddRow({"model/block_1/conv2d/kernel", "a reason of many words"});
  table.AddRow({"short", "b"});
  EXPECT_EQ(table.Format(13),
            "model...ernel  a reason of many words\n"
            "short          b\n");
  EXPECT_EQ(table.Format(),
            "model/block_1/conv2d/kernel  a reason of many words\n"
            "short                        b\n");
}

TEST(TableTest, NamesFromOutsideCannotDriveTheTerminal) {
  Table table({Table::Align::kLeft});
  table.AddRow({"a\x1b[2J\n"});
  EXPECT_EQ(table.Format(), "a\\x1b[2J\\x0a\n");
  EXPECT_EQ(Printable("\x7f\t\xc3\xa9"), "\\x7f\\x09\xc3\xa9");
}

TEST(TableTest, WritesUnitsThatFit) {
  EXPECT_EQ(BytesText(1023), "1023 B");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText(int64_t{3} << 30), "3.0 GiB");
  EXPECT_EQ(PercentText(0.97777), "97.78 %");
  EXPECT_EQ(MicrosecondsText(12.34), "12.3 us");
  EXPECT_EQ(MicrosecondsText(1250), "1.25 ms");
  EXPECT_EQ(MicrosecondsText(2.5e6), "2.50 s");
}

}  // namespace
}  // namespace octet::client
