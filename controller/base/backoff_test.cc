#include "base/backoff.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/rng.h"

namespace kaizen::base {
namespace {

TEST(Backoff, RT44NeverOverflows) {
  const BackoffPolicy policy{.first = 5ms, .cap = 1000s};
  EXPECT_EQ(backoff(policy, 0), 5ms);
  EXPECT_EQ(backoff(policy, 3), 40ms);
  EXPECT_EQ(backoff(policy, 1'000'000), 1000s);
}

TEST(Backoff, RT30FullJitterStaysWithinTheSpan) {
  Rng rng(7);
  for (int i = 0; i < 1000; ++i) {
    const Duration wait = full_jitter(800ms, rng.unit());
    ASSERT_GT(wait, 0ms);
    ASSERT_LE(wait, 800ms);
  }
}

TEST(Backoff, RT47StableJitterIsTheSameForTheSameKey) {
  EXPECT_EQ(stable_jitter(100s, 0.1, 42), stable_jitter(100s, 0.1, 42));
  for (uint64_t h = 0; h < 100; ++h) {
    const Duration span = stable_jitter(100s, 0.1, h * 0x9e3779b97f4a7c15U);
    ASSERT_GE(span, 90s);
    ASSERT_LE(span, 110s);
  }
}

}  // namespace
}  // namespace kaizen::base
