#include "server/services/quantize_admission.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::HasSubstr;
using Share = QuantizeAdmission::Share;

TEST(QuantizeAdmission, BoundsCallsUntilOneEnds) {
  QuantizeAdmission admission(2, 100);
  auto first = std::make_unique<Share>(&admission);
  Share second(&admission);
  ASSERT_TRUE(first->Enter().ok());
  ASSERT_TRUE(second.Enter().ok());
  {
    Share third(&admission);
    const absl::Status refused = third.Enter();
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(refused.message(), HasSubstr("the limit is 2"));
  }
  first.reset();
  Share third(&admission);
  EXPECT_TRUE(third.Enter().ok());
}

TEST(QuantizeAdmission, BoundsWhatAllHoldTogether) {
  QuantizeAdmission admission(2, 100);
  auto first = std::make_unique<Share>(&admission);
  Share second(&admission);
  ASSERT_TRUE(first->Enter().ok());
  ASSERT_TRUE(second.Enter().ok());
  ASSERT_TRUE(first->Reserve(60).ok());
  ASSERT_TRUE(second.Reserve(40).ok());
  const absl::Status refused = second.Reserve(1);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("100 bytes"));
  first.reset();
  EXPECT_TRUE(second.Reserve(60).ok());
}

}  // namespace
}  // namespace octet::server
