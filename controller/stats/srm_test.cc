#include "stats/srm.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

constexpr ShareCheck kTenPercent{.weight = 0.1, .tolerance = 0.02};

TEST(Srm, ST12MatchesTheReference) {
  EXPECT_NEAR(log_share_mismatch(100, 900, kTenPercent), -0.301651200053783, 1e-9);
  EXPECT_NEAR(log_share_mismatch(300, 700, kTenPercent), 25.58246762753427, 1e-9);
  EXPECT_NEAR(log_share_mismatch(20, 980, kTenPercent), 6.62496553892181, 1e-9);
}

TEST(Srm, ST12AMismatchIsFoundAtOneHundred) {
  EXPECT_NEAR(std::exp(kLogShareMismatch), 100.0, 1e-9);
  EXPECT_GE(log_share_mismatch(20, 980, kTenPercent), kLogShareMismatch);
  EXPECT_LT(log_share_mismatch(80, 920, kTenPercent), kLogShareMismatch);
}

TEST(Srm, ST12SaysNothingWithoutTrafficOrChoice) {
  EXPECT_EQ(log_share_mismatch(0, 0, kTenPercent), 0.0);
  EXPECT_EQ(log_share_mismatch(50, 50, {.weight = 0.0}), 0.0);
  EXPECT_EQ(log_share_mismatch(50, 50, {.weight = 1.0}), 0.0);
}

TEST(Srm, ST12TheToleranceIsAtLeastOnePoint) {
  EXPECT_DOUBLE_EQ(share_tolerance(0.01, 0.2), 0.01);
  EXPECT_DOUBLE_EQ(share_tolerance(0.5, 0.2), 0.1);
}

}  // namespace
}  // namespace kaizen::stats
