#include "stats/quantile.h"

#include <vector>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

constexpr Terms kTerms{.line = {.a = 0.01, .b = 1.0},
                       .direction = +1,
                       .level = 0.05,
                       .restarts = 2};

TEST(Quantile, ST14PairsAreShiftedByTheRelativeMargin) {
  const std::vector<double> boundaries = {5, 10, 25, 50, 100};

  EXPECT_EQ(boundary_pairs(boundaries, 0.1),
            (std::vector<BoundaryPair>{{0, 1}, {1, 2}, {2, 3}, {3, 4}}));
  EXPECT_EQ(boundary_pairs(boundaries, 0.0),
            (std::vector<BoundaryPair>{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}}));
  EXPECT_TRUE(boundary_pairs(boundaries, 100.0).empty());
}

// 0.1 * 1.1 is a little more than 0.11 in doubles.
TEST(Quantile, ST14RoundingDoesNotSkipABoundary) {
  EXPECT_EQ(boundary_pairs(std::vector<double>{0.1, 0.11, 0.2}, 0.1),
            (std::vector<BoundaryPair>{{0, 1}, {1, 2}}));
}

TEST(Quantile, ST14OnlyTailsThatSaySomethingAreUsed) {
  const std::vector<BoundaryPair> pairs = {{0, 0}, {1, 1}, {2, 2}, {3, 3}};
  const CumulativeCounts baseline{.n = 10000, .at_most = {4999, 5000, 9990, 9991}};

  EXPECT_EQ(usable_pairs(pairs, baseline), (std::vector<BoundaryPair>{{1, 1}, {2, 2}}));
  EXPECT_TRUE(usable_pairs(pairs, {.n = 0, .at_most = {0, 0, 0, 0}}).empty());
}

TEST(Quantile, ST14AtMostEightPairsAreUsed) {
  std::vector<BoundaryPair> pairs;
  CumulativeCounts baseline{.n = 1000, .at_most = {}};
  for (size_t i = 0; i < 20; ++i) {
    pairs.push_back({.stable = i, .canary = i});
    baseline.at_most.push_back(600 + 20 * static_cast<int64_t>(i));
  }

  const std::vector<BoundaryPair> chosen = usable_pairs(pairs, baseline);

  ASSERT_EQ(chosen.size(), 8U);
  EXPECT_EQ(chosen.front().stable, 0U);
  EXPECT_EQ(chosen.back().stable, 19U);
}

TEST(Quantile, ST14AShiftedDistributionIsFoundAndAnEqualOneIsNot) {
  const std::vector<BoundaryPair> pairs = {{0, 0}, {1, 1}, {2, 2}};
  const CumulativeCounts fast{.n = 400, .at_most = {300, 380, 398}};
  const CumulativeCounts slow{.n = 400, .at_most = {200, 330, 390}};
  Quantile same(pairs, kTerms);
  Quantile shifted(pairs, kTerms);
  double same_wealth = 0.0;
  double shifted_wealth = 0.0;
  for (int i = 0; i < 12; ++i) {
    if (i == 6) same.restart();
    if (i == 6) shifted.restart();
    same_wealth = same.tick(fast, fast);
    shifted_wealth = shifted.tick(slow, fast);
  }

  EXPECT_LT(same_wealth, 0.0);
  EXPECT_GE(shifted_wealth, 3.0);
}

}  // namespace
}  // namespace kaizen::stats
