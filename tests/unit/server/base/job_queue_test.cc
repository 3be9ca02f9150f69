#include "server/base/job_queue.h"

#include <atomic>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

TEST(JobQueue, RunsJobsInOrderAndAllBeforeItEnds) {
  std::vector<int> order;
  {
    JobQueue queue(1, 100);
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(queue.Submit([&order, i] { order.push_back(i); }).ok());
    }
  }
  ASSERT_EQ(order.size(), 50);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[i], i);
}

TEST(JobQueue, RefusesMoreThanMayWait) {
  absl::Notification begun;
  absl::Notification go_on;
  JobQueue queue(1, 2);
  ASSERT_TRUE(queue
                  .Submit([&] {
                    begun.Notify();
                    go_on.WaitForNotification();
                  })
                  .ok());
  begun.WaitForNotification();
  EXPECT_TRUE(queue.Submit([] {}).ok());
  EXPECT_TRUE(queue.Submit([] {}).ok());
  const absl::Status refused = queue.Submit([] {});
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("the limit is 2"));
  go_on.Notify();
}

}  // namespace
}  // namespace octet::server
