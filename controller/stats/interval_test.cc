#include "stats/interval.h"

#include <random>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

TEST(Interval, ST16MatchesTheReference) {
  const Interval interval = rate_interval({.n = 400, .x = 2}, 0.05);

  EXPECT_NEAR(interval.low, 8.285791751651278e-05, 1e-12);
  EXPECT_NEAR(interval.high, 0.029106018833940425, 1e-12);
}

TEST(Interval, ST16WithoutRequestsEverythingIsPossible) {
  EXPECT_EQ(rate_interval({}, 0.05), (Interval{.low = 0.0, .high = 1.0}));
  EXPECT_EQ(effect_interval({}, 0.05), (Interval{.low = -1.0, .high = 1.0}));
}

TEST(Interval, ST16EndsAreReachedOnlyByCertainty) {
  EXPECT_EQ(rate_interval({.n = 10, .x = 0}, 0.05).low, 0.0);
  EXPECT_EQ(rate_interval({.n = 10, .x = 10}, 0.05).high, 1.0);
}

TEST(Interval, ST16TheEffectIsTheDifferenceOfTheEndsAtHalfTheLevel) {
  const Interval effect =
      effect_interval({.canary = {.n = 4210, .x = 9}, .stable = {.n = 4388, .x = 11}}, 0.05);

  EXPECT_NEAR(effect.low, 0.00038312036857809315 - 0.006874920674433918, 1e-12);
  EXPECT_NEAR(effect.high, 0.0063923175424059585 - 0.000549709306546321, 1e-12);
}

TEST(Interval, ST18HoldsForTheLargestCounts) {
  const Interval interval = rate_interval({.n = kMaxCount, .x = kMaxCount / 3}, 0.05);

  EXPECT_NEAR(interval.low, 1.0 / 3.0, 1e-3);
  EXPECT_NEAR(interval.high, 1.0 / 3.0, 1e-3);
}

// 1000 sequences, looked at after each of 60 ticks: the true rate may be missed at any look in at
// most alpha of them. Margin: four standard errors of a share of 50 %.
TEST(Interval, ST16CoversTheRateAtEveryLook) {
  constexpr int kRuns = 1000;
  std::mt19937_64 random(20240601);
  int missed = 0;
  for (int run = 0; run < kRuns; ++run) {
    Counts counts;
    bool out = false;
    for (int tick = 0; tick < 60 && !out; ++tick) {
      counts.n += 50;
      counts.x += std::binomial_distribution<int64_t>(50, 0.02)(random);
      const Interval interval = rate_interval(counts, 0.5);
      out = interval.low > 0.02 || interval.high < 0.02;
    }
    missed += out ? 1 : 0;
  }

  EXPECT_LE(missed, 500 + 4 * 16);
  EXPECT_GE(missed, 10);  // an interval that never misses is too wide to say anything
}

}  // namespace
}  // namespace kaizen::stats
