#include "client/cli/quantize_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "client/cli/quantize_figures.h"
#include "client/cli/quantize_text.h"

namespace octet::client {
namespace {

using octet::v1::QuantizeReport;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] = "<script>alert(\"1\")</script>&'\x1b";
constexpr char kEscaped[] = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\\x1b";

octet::v1::TensorReport Activation() {
  octet::v1::TensorReport tensor;
  tensor.set_tensor("act");
  tensor.set_role("activation");
  tensor.set_quantized(true);
  tensor.set_min(-1);
  tensor.set_max(3);
  tensor.set_range_min(-1);
  tensor.set_range_max(1);
  tensor.set_min_sample(4);
  for (const int64_t count : {4, 0, 1, 0}) tensor.add_histogram(count);
  return tensor;
}

// A report in which the model has put `text` wherever it can.
QuantizeReport With(const std::string& text) {
  QuantizeReport report;
  report.set_bytes_before(10);
  *report.add_tensors() = Activation();
  report.mutable_tensors(0)->set_tensor(text);
  report.mutable_tensors(0)->set_op(text);
  report.add_tensors()->set_reason(text);
  octet::v1::LayerReport* const layer = report.add_layers();
  layer->set_op(text);
  layer->set_tensor(text);
  layer->set_reason(text);
  layer->mutable_error()->set_sqnr_db(30);
  report.add_outputs()->set_output(text);
  octet::v1::Obstacle* const obstacle = report.mutable_compatibility()->add_micro();
  obstacle->set_op(text);
  obstacle->set_tensor(text);
  obstacle->set_reason(text);
  report.add_notes(text);
  report.add_deviations()->set_detail(text);
  report.add_improvements()->set_tensor(text);
  return report;
}

TEST(QuantizePageTest, NothingFromTheModelBecomesMarkup) {
  const std::string page = QuantizePage(kHostile, {}, With(kHostile));
  EXPECT_THAT(page, AllOf(HasSubstr(kEscaped), Not(HasSubstr("<script")), Not(HasSubstr("\x1b"))));
  // Also where a long name is cut.
  const std::string filler(60, '"');
  EXPECT_THAT(QuantizePage("m", {}, With(kHostile + filler + kHostile)),
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\"\"\""))));
}

TEST(QuantizePageTest, NeedsNoOtherFile) {
  const std::string page = QuantizePage("m", {}, With("name"));
  EXPECT_THAT(page, AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("<style>"), HasSubstr("</html>"),
                          Not(HasSubstr("http")), Not(HasSubstr("src=")), Not(HasSubstr("<link"))));
}

TEST(QuantizePageTest, ShowsErrorsRangesAndTargets) {
  const std::string page = QuantizePage("m", {}, With("name"));
  EXPECT_THAT(page,
              AllOf(HasSubstr("30.0 dB"), HasSubstr("class=\"bar fair\""), HasSubstr("<svg"),
                    HasSubstr("(sample 4)"), HasSubstr("int8 throughout: <span class=\"yes\">"),
                    HasSubstr("TFLite Micro: <span class=\"no\">")));
}

TEST(QuantizePageTest, WithoutSamplesItSaysHowToMeasure) {
  EXPECT_THAT(QuantizePage("m", {}, QuantizeReport()), HasSubstr("--samples DIR"));
}

TEST(QuantizeFiguresTest, RelativeErrorIsNoiseOverSignal) {
  EXPECT_DOUBLE_EQ(RelativeError(40), 0.01);
  EXPECT_DOUBLE_EQ(RelativeError(0), 1);
  EXPECT_EQ(RelativeError(std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(RelativeError(std::numeric_limits<double>::quiet_NaN()), 0);
}

TEST(QuantizeFiguresTest, TheRangeLiesWhereItBelongsAmongTheValues) {
  // Values span [-1, 3] and codes [-1, 1]: half of the width of 260.
  const std::string svg = RangeFigure(Activation());
  EXPECT_THAT(svg, AllOf(HasSubstr("class=\"range\" x=\"0.00\" y=\"0.00\" width=\"130.00\""),
                         HasSubstr("class=\"bin\" x=\"130.00\" y=\"32.00\"")));
}

TEST(QuantizeTextTest, AModelWithoutErrorIsExact) {
  EXPECT_EQ(SqnrText(std::numeric_limits<double>::infinity()), "exact");
  EXPECT_EQ(SqnrText(12.34), "12.3 dB");
  QuantizeReport report = With("name\x1b");
  EXPECT_THAT(QuantizeReportText(report),
              AllOf(HasSubstr("TFLite Micro would take it: no, name"), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace octet::client
