#include "stats/combine.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

TEST(Combine, ST10HarmIsTheWeightedMean) {
  const std::vector<Weighted> metrics = {{std::log(8.0), 1.0}, {std::log(2.0), 3.0}};

  EXPECT_NEAR(combine(metrics).log_wealth, std::log((8.0 + 3.0 * 2.0) / 4.0), 1e-15);
}

TEST(Combine, ST10TheLargestContributionIsBlamed) {
  EXPECT_EQ(combine(std::vector<Weighted>{{1.0, 1.0}, {3.0, 1.0}, {2.0, 1.0}}).blame, 1U);
  EXPECT_EQ(combine(std::vector<Weighted>{{std::log(8.0), 1.0}, {std::log(3.0), 3.0}}).blame, 1U);
  EXPECT_EQ(combine(std::vector<Weighted>{{5.0, 0.0}, {-3.0, 1.0}}).blame, 1U);
}

TEST(Combine, ST10AMetricWithoutWeightIsOnlyReported) {
  EXPECT_EQ(combine(std::vector<Weighted>{{600.0, 0.0}, {-1.0, 2.0}}).log_wealth, -1.0);
  EXPECT_EQ(combine(std::vector<Weighted>{{600.0, 0.0}}).log_wealth, 0.0);
  EXPECT_EQ(combine(std::vector<Weighted>{{600.0, 0.0}}).blame, std::nullopt);
  EXPECT_EQ(combine({}).log_wealth, 0.0);
}

TEST(Combine, ST18LargeWealthsDoNotOverflow) {
  EXPECT_NEAR(combine(std::vector<Weighted>{{700.0, 100.0}, {700.0, 100.0}}).log_wealth, 700.0,
              1e-9);
}

TEST(Combine, ST10EvidenceNeedsEveryWeightedMetric) {
  const double enough = std::log(20.0) + 1e-12;

  EXPECT_TRUE(all_evident(std::vector<Weighted>{{enough, 1.0}, {enough, 2.0}}, 0.05));
  EXPECT_FALSE(all_evident(std::vector<Weighted>{{enough, 1.0}, {2.9, 2.0}}, 0.05));
  EXPECT_TRUE(all_evident(std::vector<Weighted>{{enough, 1.0}, {2.9, 0.0}}, 0.05));
}

TEST(Combine, ST10NothingJudgedIsNoEvidence) {
  EXPECT_FALSE(all_evident({}, 0.05));
  EXPECT_FALSE(all_evident(std::vector<Weighted>{{600.0, 0.0}}, 0.05));
}

}  // namespace
}  // namespace kaizen::stats
