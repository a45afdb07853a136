#include "stats/sign.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

TEST(Sign, ST15EightOfEightGivesFiftySeven) {
  EXPECT_NEAR(std::exp(log_sign(8, 8)), 56.77777777777769, 1e-9);
  EXPECT_NEAR(std::exp(log_sign(7, 7)), 31.875, 1e-9);
  EXPECT_NEAR(log_sign(20, 4), -2.6013195497634243, 1e-10);
  EXPECT_EQ(log_sign(0, 0), 0.0);
}

TEST(Sign, ST15ExpectationIsAtMostOne) {
  for (int64_t n = 1; n < 30; ++n) {
    double expectation = 0.0;
    for (int64_t k = 0; k <= n; ++k) {
      const auto pairs = static_cast<double>(n);
      const auto against = static_cast<double>(k);
      const double log_choose = std::lgamma(pairs + 1) - std::lgamma(against + 1) -
                                std::lgamma(pairs - against + 1) - pairs * std::log(2.0);
      expectation += std::exp(log_choose + log_sign(n, k));
    }

    EXPECT_NEAR(expectation, 1.0, 1e-9) << n;
  }
}

// Beyond the range of a double the tail is summed in logs; both ways meet.
TEST(Sign, ST15FarTailsDoNotVanish) {
  EXPECT_NEAR(log_sign(5000, 100), -8.476588179870305, 1e-7);
  EXPECT_NEAR(log_sign(3000, 0), -8.0067008454389, 1e-7);
  EXPECT_NEAR(log_sign(3000, 3000), 2072.127988014954, 1e-6);
  EXPECT_TRUE(std::isfinite(log_sign(10000000, 10)));
}

}  // namespace
}  // namespace kaizen::stats
