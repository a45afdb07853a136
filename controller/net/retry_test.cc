#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/http.h"
#include "base/time.h"
#include "net/limiter_internal.h"
#include "net/retry_internal.h"

namespace kaizen::net {
namespace {

using namespace std::chrono_literals;
using base::Duration;

base::HttpResponse answer(int32_t status, const std::string& retry_after = "") {
  base::HttpResponse response{.status = status, .headers = {}, .body = {}};
  if (!retry_after.empty()) {
    response.headers.push_back({.name = "Retry-After", .value = retry_after});
  }
  return response;
}

TEST(Retry, RT12WaitsAsLongAsTheServerSaysButAtMostAMinute) {
  Retry retry;

  EXPECT_EQ(retry.after_answer(answer(429, "3"), 0.5), Duration(3s));
  EXPECT_EQ(retry.after_answer(answer(503, "0"), 0.5), Duration(0s));
  EXPECT_EQ(retry.after_answer(answer(500, "3600"), 0.5), Duration(60s));
}

TEST(Retry, RT12GivesUpAfterTenTimes) {
  Retry retry;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(retry.after_answer(answer(429, "1"), 0.5));

  EXPECT_EQ(retry.after_answer(answer(429, "1"), 0.5), std::nullopt);
}

TEST(Retry, RT12OnlyOverloadIsRepeated) {
  Retry retry;

  for (const int32_t status : {200, 201, 301, 400, 403, 404, 409, 410, 422}) {
    EXPECT_EQ(retry.after_answer(answer(status, "1"), 0.5), std::nullopt) << status;
  }
}

TEST(Retry, RT13BacksOffFrom800MillisecondsToHalfAMinute) {
  Retry retry;

  // No jitter drawn: the whole span.
  for (const auto expected : {800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30000ms, 30000ms}) {
    EXPECT_EQ(retry.after_nothing_sent(0.0), Duration(expected));
  }
}

TEST(Retry, RT13JitterTakesAnyPartOfTheSpan) {
  Retry retry;

  EXPECT_EQ(retry.after_nothing_sent(0.75), Duration(200ms));
  EXPECT_EQ(retry.after_nothing_sent(0.5), Duration(800ms));
}

TEST(Retry, RT13ThrottledWithoutRetryAfterBacksOff) {
  Retry retry;

  EXPECT_EQ(retry.after_answer(answer(429), 0.0), Duration(800ms));
  EXPECT_EQ(retry.after_answer(answer(429, "soon"), 0.0), Duration(1600ms));
}

TEST(Retry, RT13AServerErrorWithoutRetryAfterIsTheCallers) {
  Retry retry;

  EXPECT_EQ(retry.after_answer(answer(500), 0.0), std::nullopt);
  EXPECT_EQ(retry.after_answer(answer(503), 0.0), std::nullopt);
}

TEST(Retry, RT18UnauthorizedIsRepeatedOnce) {
  Retry retry;

  EXPECT_TRUE(retry.after_unauthorized());
  EXPECT_FALSE(retry.after_unauthorized());
}

constexpr base::MonoTime at(Duration since_start) {
  return base::MonoTime::from_us(1'000'000'000) + since_start;
}

TEST(Limiter, RT14ABurstIsFreeAndTheRestFollowsTheRate) {
  Limiter limiter(50, 100);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(limiter.take(at(0s), 1s), Duration(0s));

  EXPECT_EQ(limiter.take(at(0s), 1s), Duration(20ms));
  EXPECT_EQ(limiter.take(at(0s), 1s), Duration(40ms));
  EXPECT_EQ(limiter.take(at(40ms), 1s), Duration(20ms));
}

TEST(Limiter, RT14ABucketIsNeverFullerThanItsBurst) {
  Limiter limiter(50, 2);
  ASSERT_EQ(limiter.take(at(0s), 1s), Duration(0s));

  EXPECT_EQ(limiter.take(at(1h), 1s), Duration(0s));
  EXPECT_EQ(limiter.take(at(1h), 1s), Duration(0s));
  EXPECT_EQ(limiter.take(at(1h), 1s), Duration(20ms));
}

TEST(Limiter, RT14WhoCannotWaitTakesNothing) {
  Limiter limiter(1, 1);
  ASSERT_EQ(limiter.take(at(0s), 1s), Duration(0s));

  EXPECT_EQ(limiter.take(at(0s), 500ms), std::nullopt);
  EXPECT_EQ(limiter.take(at(0s), 1s), Duration(1s));
}

TEST(Limiter, RT14ZeroIsNoLimit) {
  Limiter limiter(0, 0);

  for (int i = 0; i < 1000; ++i) ASSERT_EQ(limiter.take(at(0s), 0s), Duration(0s));
}

TEST(Limiter, RT14AClockThatGoesBackGivesNothing) {
  Limiter limiter(1, 1);
  ASSERT_EQ(limiter.take(at(10s), 1s), Duration(0s));

  EXPECT_EQ(limiter.take(at(5s), 1s), Duration(1s));
}

}  // namespace
}  // namespace kaizen::net
