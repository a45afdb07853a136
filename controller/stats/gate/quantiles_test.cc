#include "stats/gate/quantiles.h"

#include <gtest/gtest.h>

namespace kaizen::stats::gate {
namespace {

TEST(GateQuantiles, GT7TheNormalQuantileIsExactInEveryRegion) {
  EXPECT_NEAR(upper_normal(0.05), 1.6448536269514722, 1e-15);
  EXPECT_NEAR(upper_normal(0.3), 0.5244005127080409, 1e-15);
  EXPECT_NEAR(upper_normal(0.0005), 3.2905267314918945, 1e-14);
  EXPECT_NEAR(upper_normal(1e-40), 13.310921371425174, 1e-13);
  EXPECT_EQ(upper_normal(0.5), 0.0);
  EXPECT_NEAR(upper_normal(0.95), -1.6448536269514722, 1e-15);
}

// Closed forms: 1 degree is Cauchy's distribution, 2 degrees have an algebraic quantile.
TEST(GateQuantiles, GT11StudentsQuantileAgreesWithItsClosedForms) {
  EXPECT_NEAR(upper_student(0.05, 1), 6.313751514675043, 1e-12);
  EXPECT_NEAR(upper_student(0.01, 2), 6.964556734283274, 1e-12);
}

TEST(GateQuantiles, GT11StudentsQuantileIsBetterThanTheSeriesAtSmallSamples) {
  EXPECT_NEAR(upper_student(0.05, 19), 1.729132811521367, 1e-12);
  EXPECT_NEAR(upper_student(0.0005, 19), 3.883405852592082, 1e-11);
}

TEST(GateQuantiles, GT11BothWaysToStudentsQuantileMeet) {
  EXPECT_NEAR(upper_student(0.0001, 99999), upper_student(0.0001, 100001), 1e-8);
  EXPECT_NEAR(upper_student(0.05, 1e15), 1.6448536269514722, 1e-14);
}

TEST(GateQuantilesDeathTest, AnImpossibleLevelIsOurBug) {
  EXPECT_DEATH(upper_normal(0.0), "inside");
  EXPECT_DEATH(upper_student(1.0, 20), "inside");
  EXPECT_DEATH(upper_student(0.05, 0), "degree");
}

}  // namespace
}  // namespace kaizen::stats::gate
