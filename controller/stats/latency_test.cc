#include "stats/latency.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

const Buckets kCanary{.boundaries = {0.1, 0.3, 0.5, 1.0},
                      .at_most = {10, 60, 90, 100},
                      .total = 104};
const Buckets kStable{.boundaries = {0.1, 0.25, 0.5, 1.0},
                      .at_most = {700, 850, 950, 990},
                      .total = 1000};

TEST(Latency, MP15TheThresholdMovesUpToTheNextBoundary) {
  EXPECT_EQ(effective_threshold({0.1, 0.3, 0.5}, 0.2).value(), 0.3);
  EXPECT_EQ(effective_threshold({0.1, 0.3, 0.5}, 0.3).value(), 0.3);
  EXPECT_EQ(effective_threshold({0.1, 0.3, 0.5}, 0.5).value(), 0.5);
}

TEST(Latency, MP15AThresholdAboveTheBucketsIsAnError) {
  EXPECT_EQ(effective_threshold({0.1, 0.3, 0.5}, 0.6).error(),
            LatencyProblem::kThresholdAboveBuckets);
  EXPECT_EQ(slow_requests(kCanary, kStable, 1.5).error(), LatencyProblem::kThresholdAboveBuckets);
  EXPECT_EQ(slow_requests(kCanary, 1.5).error(), LatencyProblem::kThresholdAboveBuckets);
}

// 0.3 is no boundary of stable, so the first common one above 0.2 is 0.5.
TEST(Latency, ST14SlowIsWhatExceedsTheThresholdInForce) {
  const SlowRequests slow = slow_requests(kCanary, kStable, 0.2).value();

  EXPECT_EQ(slow.threshold, 0.5);
  EXPECT_EQ(slow.batch, (Batch{.canary = {.n = 104, .x = 14}, .stable = {.n = 1000, .x = 50}}));
}

TEST(Latency, ST14OneArmKeepsItsOwnBoundaries) {
  const SlowArm slow = slow_requests(kCanary, 0.2).value();

  EXPECT_EQ(slow.threshold, 0.3);
  EXPECT_EQ(slow.counts, (Counts{.n = 104, .x = 44}));
}

TEST(Latency, MP13ArmsWithDifferentBoundariesUseTheIntersection) {
  EXPECT_EQ(common_boundaries(kCanary, kStable).value(), (std::vector<double>{0.1, 0.5, 1.0}));
  EXPECT_EQ(restricted(kCanary, {0.1, 1.0}),
            (Buckets{.boundaries = {0.1, 1.0}, .at_most = {10, 100}, .total = 104}));
}

TEST(Latency, MP13NoCommonBoundaryIsAnError) {
  const Buckets other{.boundaries = {7.0}, .at_most = {1}, .total = 1};

  EXPECT_EQ(slow_requests(kCanary, other, 0.2).error(), LatencyProblem::kNoCommonBoundary);
}

TEST(Latency, MP13SmallStepsBackAreRepaired) {
  const Buckets noisy{.boundaries = {0.1, 0.3, 0.5}, .at_most = {500, 498, 999}, .total = 997};

  EXPECT_EQ(repaired(noisy).value(),
            (Buckets{.boundaries = {0.1, 0.3, 0.5}, .at_most = {500, 500, 999}, .total = 999}));
}

TEST(Latency, MP13MoreThanOnePercentRepairedIsAnError) {
  const Buckets just{.boundaries = {0.1, 0.3}, .at_most = {500, 490}, .total = 1000};
  const Buckets over{.boundaries = {0.1, 0.3}, .at_most = {500, 489}, .total = 1000};
  const Buckets total{.boundaries = {0.1, 0.3}, .at_most = {500, 600}, .total = 580};

  EXPECT_TRUE(repaired(just).ok());
  EXPECT_EQ(repaired(over).error(), LatencyProblem::kBucketsNotMonotone);
  EXPECT_EQ(repaired(total).error(), LatencyProblem::kBucketsNotMonotone);
  EXPECT_EQ(slow_requests(kCanary, over, 0.1).error(), LatencyProblem::kBucketsNotMonotone);
}

TEST(Latency, MP13MalformedBucketsAreAnErrorNotACrash) {
  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();

  EXPECT_FALSE(repaired({.boundaries = {0.3, 0.1}, .at_most = {1, 2}, .total = 2}).ok());
  EXPECT_FALSE(repaired({.boundaries = {0.1, 0.1}, .at_most = {1, 2}, .total = 2}).ok());
  EXPECT_FALSE(repaired({.boundaries = {0.1, nan}, .at_most = {1, 2}, .total = 2}).ok());
  EXPECT_FALSE(repaired({.boundaries = {0.1, infinity}, .at_most = {1, 2}, .total = 2}).ok());
  EXPECT_FALSE(repaired({.boundaries = {0.1}, .at_most = {1, 2}, .total = 2}).ok());
  EXPECT_FALSE(repaired({.boundaries = {0.1}, .at_most = {-1}, .total = 2}).ok());
  EXPECT_EQ(to_string(repaired({.boundaries = {}, .at_most = {}, .total = -1}).error()),
            "MalformedBuckets");
}

TEST(Latency, ProblemsAreNamedAsTheirReasons) {
  EXPECT_EQ(to_string(LatencyProblem::kBucketsNotMonotone), "BucketsNotMonotone");
  EXPECT_EQ(to_string(LatencyProblem::kThresholdAboveBuckets), "ThresholdAboveBuckets");
  EXPECT_EQ(to_string(LatencyProblem::kNoCommonBoundary), "NoCommonBoundary");
}

}  // namespace
}  // namespace kaizen::stats
