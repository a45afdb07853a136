#include "stats/one_sample.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

TEST(OneSample, ST13MatchesTheReference) {
  EXPECT_NEAR(log_one_sample({.n = 300, .x = 12}, 0.01, +1), 5.540364322493323, 1e-10);
  EXPECT_NEAR(log_one_sample({.n = 100, .x = 30}, 0.2, +1), 1.6194018216865251, 1e-10);
  EXPECT_EQ(log_one_sample({.n = 0, .x = 0}, 0.2, +1), 0.0);
}

// Exact: every outcome of n requests, rates on the limit and below it.
TEST(OneSample, ST13ExpectationIsAtMostOneUpToTheLimit) {
  for (const int64_t n : {1, 7, 40}) {
    for (const double limit : {0.01, 0.2, 0.6}) {
      for (const double p : {limit, limit / 2.0, limit / 10.0}) {
        double expectation = 0.0;
        for (int64_t x = 0; x <= n; ++x) {
          const auto total = static_cast<double>(n);
          const auto bad = static_cast<double>(x);
          const double log_choose =
              std::lgamma(total + 1) - std::lgamma(bad + 1) - std::lgamma(total - bad + 1);
          expectation += std::exp(log_choose + bad * std::log(p) + (total - bad) * std::log1p(-p) +
                                  log_one_sample({.n = n, .x = x}, limit, +1));
        }

        EXPECT_LE(expectation, 1.0 + 1e-9) << n << " " << limit << " " << p;
      }
    }
  }
}

TEST(OneSample, ST13ARateAboveTheLimitIsFound) {
  EXPECT_GT(log_one_sample({.n = 60, .x = 30}, 0.2, +1), std::log(200.0));
  EXPECT_LT(log_one_sample({.n = 60, .x = 6}, 0.2, +1), 0.0);
  EXPECT_GT(log_one_sample({.n = 60, .x = 1}, 0.2, -1), std::log(20.0));
}

TEST(OneSampleDeathTest, ST18AnImpossibleLimitEndsTheProcess) {
  EXPECT_DEATH(log_one_sample({.n = 1, .x = 1}, 0.0, +1), "strictly between");
  EXPECT_DEATH(log_one_sample({.n = 1, .x = 1}, std::nan(""), +1), "strictly between");
}

}  // namespace
}  // namespace kaizen::stats
