#include "stats/numerics.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Numerics, ST18LogWealthIsClampedTo700) {
  EXPECT_EQ(clamp_log(12.5), 12.5);
  EXPECT_EQ(clamp_log(1e9), 700.0);
  EXPECT_EQ(clamp_log(-1e9), -700.0);
  EXPECT_EQ(clamp_log(-kInfinity), -700.0);
  EXPECT_TRUE(std::isfinite(std::exp(clamp_log(kInfinity))));
}

TEST(NumericsDeathTest, ST18NaNNeverPasses) {
  EXPECT_DEATH(clamp_log(std::nan("")), "never NaN");
}

TEST(Numerics, ST18SumsOfExponentialsDoNotOverflow) {
  EXPECT_NEAR(log_sum_exp(std::vector<double>{1000.0, 1000.0}), 1000.0 + std::log(2.0), 1e-12);
  EXPECT_EQ(log_sum_exp(std::vector<double>{-1e6, 3.0}), 3.0);
  EXPECT_EQ(log_sum_exp(std::vector<double>{}), -kInfinity);
  EXPECT_EQ(log_sum_exp(std::vector<double>{-kInfinity, -kInfinity}), -kInfinity);
}

TEST(Numerics, ST18LogBetaKeepsItsPrecision) {
  EXPECT_NEAR(log_beta(0.5, 0.5), std::log(M_PI), 1e-14);
  EXPECT_NEAR(log_beta(1.0, 20001.0), -std::log(20001.0), 1e-9);
  EXPECT_TRUE(std::isfinite(log_beta(9e15, 9e15)));
}

TEST(Numerics, OddsSurviveTheRoundTrip) {
  for (const double rate : {1e-9, 0.005, 0.5, 0.999999999}) {
    EXPECT_NEAR(expit(logit(rate)), rate, 1e-15) << rate;
  }
  EXPECT_EQ(expit(-1e6), 0.0);
  EXPECT_EQ(expit(1e6), 1.0);
}

TEST(Numerics, ARateIsKeptOffItsEnds) {
  EXPECT_EQ(clip(-3.0), 1e-9);
  EXPECT_EQ(clip(2.0), 1.0 - 1e-9);
  EXPECT_EQ(clip(0.25), 0.25);
}

}  // namespace
}  // namespace kaizen::stats
