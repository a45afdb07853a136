#include "stats/drift/multiple_testing.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

std::vector<double> logs(std::vector<double> values) {
  for (double& value : values) value = std::log(value);
  return values;
}

TEST(MultipleTesting, DR90StepUpAdjustsFromTheLargestDown) {
  const Adjusted adjusted = benjamini_hochberg(std::vector<double>{0.01, 0.04, 0.03, 0.50}, 0.05);

  EXPECT_THAT(adjusted.p, ElementsAre(DoubleNear(0.04, 1e-12), DoubleNear(0.0533333333, 1e-9),
                                      DoubleNear(0.0533333333, 1e-9), DoubleNear(0.5, 1e-12)));
  EXPECT_THAT(adjusted.rejected, ElementsAre(true, false, false, false));
}

TEST(MultipleTesting, DR90BonferroniMultiplies) {
  const Adjusted adjusted = bonferroni(std::vector<double>{0.01, 0.02, 0.6}, 0.05);

  EXPECT_THAT(adjusted.p, ElementsAre(DoubleNear(0.03, 1e-12), DoubleNear(0.06, 1e-12), 1.0));
  EXPECT_THAT(adjusted.rejected, ElementsAre(true, false, false));
}

TEST(MultipleTesting, DR91RejectsTheTopKWithEnoughTogether) {
  // K = 4, level 0.05: k * e_(k) >= 80
  const EBh result = e_bh(logs({50.0, 1.0, 41.0, 0.5}), 0.05);

  EXPECT_EQ(result.k, 2U);
  EXPECT_THAT(result.rejected, ElementsAre(true, false, true, false));
}

TEST(MultipleTesting, DR91ATieOfTheRuleRejects) {
  EXPECT_EQ(e_bh(logs({20.0}), 0.05).k, 1U);
  EXPECT_EQ(e_bh(logs({30.0, 30.0, 30.0}), 0.1).k, 3U);
  EXPECT_EQ(e_bh(logs({19.999}), 0.05).k, 0U);
}

TEST(MultipleTesting, DR91EvidenceBeyondADoubleIsNoTrouble) {
  const std::vector<double> log_e = {5'000.0, -std::numeric_limits<double>::infinity()};

  EXPECT_THAT(e_bh(log_e, 0.001).rejected, ElementsAre(true, false));
  EXPECT_EQ(e_bh({}, 0.05).k, 0U);
}

}  // namespace
}  // namespace kaizen::stats
