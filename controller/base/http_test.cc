#include "base/http.h"

#include <optional>

#include <gtest/gtest.h>

namespace kaizen::base {
namespace {

TEST(Http, RT12RetryAfterIsCappedAt60Seconds) {
  EXPECT_EQ(retry_after({{"retry-after", "7"}}), 7s);
  EXPECT_EQ(retry_after({{"Retry-After", "3600"}}), 60s);
  EXPECT_EQ(retry_after({{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}}), std::nullopt);
  EXPECT_EQ(retry_after({}), std::nullopt);
}

}  // namespace
}  // namespace kaizen::base
