#include "server/metrics/metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"
#include "server/metrics/request_scope.h"
#include "tests/unit/server/fake_clock.h"

namespace octet::server {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

std::string Page(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
}

class MetricsTest : public testing::Test {
 protected:
  FakeClock clock_;
  Activity activity_{&clock_};
  Metrics metrics_{"1.2.3", "scalar,avx2"};
};

TEST_F(MetricsTest, BuildInfo) {
  EXPECT_THAT(Page(metrics_),
              HasSubstr("octet_build_info{isa=\"scalar,avx2\",version=\"1.2.3\"} 1"));
}

TEST_F(MetricsTest, SuccessAndFailureAreMeasuredAlike) {
  auto model = metrics_.ForModel("m", "1");
  for (const absl::StatusCode code :
       {absl::StatusCode::kOk, absl::StatusCode::kInvalidArgument, absl::StatusCode::kOk}) {
    RequestScope scope(&clock_, &activity_);
    scope.SetModel(model);
    clock_.Advance(milliseconds(3));
    scope.Finish(code, 2, {.compute = milliseconds(2)});
  }
  const std::string page = Page(metrics_);
  EXPECT_THAT(page, HasSubstr("octet_requests_total{code=\"OK\",model=\"m\",version=\"1\"} 2"));
  EXPECT_THAT(
      page,
      HasSubstr("octet_requests_total{code=\"INVALID_ARGUMENT\",model=\"m\",version=\"1\"} 1"));
  EXPECT_THAT(page, HasSubstr("octet_request_duration_seconds_count{model=\"m\",version=\"1\"} 3"));
  EXPECT_THAT(page, HasSubstr("octet_request_duration_seconds_bucket{model=\"m\",version=\"1\","
                              "le=\"0.0025\"} 0"));
  EXPECT_THAT(page, HasSubstr("octet_request_duration_seconds_bucket{model=\"m\",version=\"1\","
                              "le=\"0.005\"} 3"));
  EXPECT_THAT(page, HasSubstr("octet_stage_duration_seconds_count{model=\"m\",stage=\"compute\","
                              "version=\"1\"} 2"));
  EXPECT_THAT(page, HasSubstr("octet_inflight_requests{model=\"m\",version=\"1\"} 0"));
}

TEST_F(MetricsTest, UnknownModelsMakeNoSeries) {
  RequestScope scope(&clock_, &activity_);
  scope.SetModel(nullptr);
  scope.Finish(absl::StatusCode::kNotFound, 0, {});
  EXPECT_THAT(Page(metrics_), Not(HasSubstr("octet_requests_total{")));
}

TEST_F(MetricsTest, OneStateIsOne) {
  auto model = metrics_.ForModel("m", "1");
  model->SetState("loading");
  model->SetState("ready");
  const std::string page = Page(metrics_);
  EXPECT_THAT(page, HasSubstr("octet_model_state{model=\"m\",state=\"ready\",version=\"1\"} 1"));
  EXPECT_THAT(page, HasSubstr("octet_model_state{model=\"m\",state=\"loading\",version=\"1\"} 0"));
}

TEST_F(MetricsTest, AReloadGoesOnCounting) {
  metrics_.ForModel("m", "1")->Executed(4, {});
  metrics_.ForModel("m", "1")->Executed(2, {});
  const std::string page = Page(metrics_);
  EXPECT_THAT(page, HasSubstr("octet_executions_total{model=\"m\",version=\"1\"} 2"));
  EXPECT_THAT(page, HasSubstr("octet_batch_size_sum{model=\"m\",version=\"1\"} 6"));
}

TEST_F(MetricsTest, StatisticsCountRowsRequestsAndRuns) {
  auto model = metrics_.ForModel("m", "1");
  model->RequestStarted();
  model->RequestFinished(absl::StatusCode::kOk, 3, milliseconds(5),
                         {milliseconds(1), milliseconds(1), milliseconds(2), milliseconds(1)});
  model->RequestStarted();
  model->RequestFinished(absl::StatusCode::kDeadlineExceeded, 3, milliseconds(9),
                         {.queue = milliseconds(9)});
  model->Executed(3, {.compute = milliseconds(2)});
  const ModelStatisticsSnapshot statistics = model->Statistics();
  EXPECT_EQ(statistics.inference_count, 3);
  EXPECT_EQ(statistics.execution_count, 1);
  EXPECT_EQ(statistics.success.count, 1);
  EXPECT_EQ(statistics.success.time, milliseconds(5));
  EXPECT_EQ(statistics.fail.count, 1);
  EXPECT_EQ(statistics.compute_infer.time, milliseconds(2));
  EXPECT_EQ(statistics.by_rows.at(3).compute_infer.count, 1);
  EXPECT_GT(statistics.last_inference_ms, 0);
}

TEST_F(MetricsTest, ActivityIsQuietAfterTheLastCall) {
  EXPECT_FALSE(activity_.QuietFor(milliseconds(10)));
  clock_.Advance(milliseconds(10));
  EXPECT_TRUE(activity_.QuietFor(milliseconds(10)));
  activity_.Begin();
  clock_.Advance(milliseconds(100));
  EXPECT_FALSE(activity_.QuietFor(milliseconds(10)));
  EXPECT_EQ(activity_.calls(), 1);
  activity_.End();
  EXPECT_FALSE(activity_.QuietFor(milliseconds(10)));
  clock_.Advance(milliseconds(10));
  EXPECT_TRUE(activity_.QuietFor(milliseconds(10)));
}

}  // namespace
}  // namespace octet::server
