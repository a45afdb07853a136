#include "stats/plan.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

constexpr Line kHalfAPoint{.a = 0.005, .b = 1.0};

// The table of the design: canary requests to a rollback and to evidence.
TEST(Plan, ST16RequestsToDecideMatchTheTable) {
  const Terms harm{.line = kHalfAPoint, .direction = +1, .level = 0.05, .restarts = 3};
  const Terms no_harm{.line = kHalfAPoint, .direction = -1, .level = 0.05, .restarts = 0};

  EXPECT_NEAR(*requests_to_decide({0.02, 0.005}, 0.1, harm) * 0.1, 1695, 0.5);
  EXPECT_NEAR(*requests_to_decide({0.02, 0.005}, 0.5, harm) * 0.5, 2781, 0.5);
  EXPECT_NEAR(*requests_to_decide({0.05, 0.005}, 0.1, harm) * 0.1, 168, 0.5);
  EXPECT_NEAR(*requests_to_decide({0.001, 0.001}, 0.1, no_harm) * 0.1, 1504, 0.5);
  EXPECT_NEAR(*requests_to_decide({0.01, 0.01}, 0.5, no_harm) * 0.5, 7802, 0.5);
}

TEST(Plan, ST16NeverWhenTheNullHolds) {
  const Terms harm{.line = kHalfAPoint, .direction = +1, .level = 0.05, .restarts = 3};

  EXPECT_EQ(requests_to_decide({0.005, 0.005}, 0.1, harm), std::nullopt);
  EXPECT_EQ(requests_to_decide({0.01, 0.005}, 0.1, harm), std::nullopt);
}

TEST(Plan, ST16TheRestIsDividedByTheMeanGrowth) {
  const double bar = std::log(20.0);

  EXPECT_NEAR(*ticks_to_decide(0.0, 0.05, std::vector<double>{0.1, 0.3}), bar / 0.2, 1e-12);
  EXPECT_NEAR(*ticks_to_decide(bar - 1.0, 0.05, std::vector<double>{0.5}), 2.0, 1e-12);
  EXPECT_EQ(ticks_to_decide(bar + 1.0, 0.05, {}), 0.0);
}

TEST(Plan, ST16WithoutGrowthTheRestIsUnknown) {
  EXPECT_EQ(ticks_to_decide(0.0, 0.05, {}), std::nullopt);
  EXPECT_EQ(ticks_to_decide(0.0, 0.05, std::vector<double>{0.3, -0.3}), std::nullopt);
  EXPECT_EQ(ticks_to_decide(0.0, 0.05, std::vector<double>{-0.1}), std::nullopt);
}

TEST(Plan, ST8EachStepPlansARestartPerTwentyTicks) {
  EXPECT_EQ(planned_restarts(std::vector<int64_t>{20, 20, 20}), 3);
  EXPECT_EQ(planned_restarts(std::vector<int64_t>{0, 1, 21, 40}), 6);
  EXPECT_EQ(planned_restarts({}), 0);
  EXPECT_EQ(planned_restarts(std::vector<int64_t>(3, INT64_MAX)), INT32_MAX);
}

}  // namespace
}  // namespace kaizen::stats
