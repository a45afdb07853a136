#include "stats/drift/decision.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

using ::testing::ElementsAre;

constexpr double kNone = -std::numeric_limits<double>::infinity();
constexpr double kYear = 8760.0;
constexpr double kMonth = 720.0;
constexpr Budget kHourly{.windows_per_false_act = kYear, .clocks = 2.0};

TEST(DriftDecision, DR89TheRatioPricesEachCheckAndClock) {
  const std::vector<Stake> checks = {{.share = 0.75, .log_evidence = std::log(10'000.0)},
                                     {.share = 0.25, .log_evidence = std::log(40'080.0)}};

  // (0.75 * 10,000 + 0.25 * 40,080) / (2 * 8760) = 1
  EXPECT_NEAR(log_ratio(checks, kHourly), 0.0, 1e-12);
}

TEST(DriftDecision, DR89EvidenceBeyondADoubleStillCounts) {
  const std::vector<Stake> checks = {{.share = 1.0, .log_evidence = 5'000.0}};

  EXPECT_NEAR(log_ratio(checks, kHourly), 5'000.0 - std::log(2.0 * kYear), 1e-9);
}

TEST(DriftDecision, DR89WithoutEvidenceThereIsNoRatio) {
  const std::vector<Stake> none = {{.share = 0.0, .log_evidence = 3.0},
                                   {.share = 1.0, .log_evidence = kNone}};

  EXPECT_EQ(log_ratio(none, kHourly), kNone);
  EXPECT_EQ(log_ratio({}, kHourly), kNone);
  EXPECT_EQ(severity_of(kNone, kMonth, kYear), Severity::kNone);
}

TEST(DriftDecision, DR89ActAtOneWarnAtTheRatioOfBothTimes) {
  EXPECT_EQ(severity_of(0.0, kMonth, kYear), Severity::kAct);
  EXPECT_EQ(severity_of(std::log(0.999), kMonth, kYear), Severity::kWarn);
  EXPECT_EQ(severity_of(std::log(0.0822), kMonth, kYear), Severity::kWarn);
  EXPECT_EQ(severity_of(std::log(0.0821), kMonth, kYear), Severity::kNone);
}

TEST(DriftDecision, DR92ACheckThatStandsAloneIsConfirmed) {
  // K = 3, alpha = 1/8760: one check is rejected when 3 * share * M >= 3 * 8760.
  const std::vector<Stake> checks = {{.share = 0.4, .log_evidence = std::log(21'900.0)},
                                     {.share = 0.4, .log_evidence = std::log(5'000.0)},
                                     {.share = 0.2, .log_evidence = std::log(10.0)}};
  const Budget one_clock{.windows_per_false_act = kYear, .clocks = 1.0};

  EXPECT_THAT(blame(checks, one_clock, log_ratio(checks, one_clock)),
              ElementsAre(Blame::kConfirmed, Blame::kSuspect, Blame::kNone));
}

TEST(DriftDecision, DR92ChecksThatMoveAlikeAreConfirmedTogether) {
  const std::vector<Stake> checks(5, Stake{.share = 0.2, .log_evidence = std::log(10'000.0)});
  const Budget one_clock{.windows_per_false_act = kYear, .clocks = 1.0};

  // Alone each has 10,000 of 5 * 8760; five times 10,000 is enough for all five.
  EXPECT_THAT(blame(checks, one_clock, log_ratio(checks, one_clock)),
              ElementsAre(Blame::kConfirmed, Blame::kConfirmed, Blame::kConfirmed,
                          Blame::kConfirmed, Blame::kConfirmed));
}

TEST(DriftDecision, DR92ManyWeakMoversActTogetherAndNoneIsConfirmed) {
  std::vector<Stake> checks;
  for (const double years : {3.0, 1.5, 1.0, 0.5}) {
    checks.push_back({.share = 0.25, .log_evidence = std::log(years * kYear)});
  }
  const Budget one_clock{.windows_per_false_act = kYear, .clocks = 1.0};
  const double log_s = log_ratio(checks, one_clock);

  EXPECT_NEAR(std::exp(log_s), 1.5, 1e-9);
  EXPECT_THAT(blame(checks, one_clock, log_s),
              ElementsAre(Blame::kSuspect, Blame::kSuspect, Blame::kSuspect, Blame::kNone));
}

TEST(DriftDecision, DR94AnActNeedsTheEffectNow) {
  const EffectGate gate{.min_effect = default_min_effect(0.05, 0.10), .min_count = 100.0};

  EXPECT_DOUBLE_EQ(gate.min_effect, 0.10);
  EXPECT_EQ(gated(Severity::kAct, 0.10, 100.0, gate), Severity::kAct);
  EXPECT_EQ(gated(Severity::kAct, 0.099, 100.0, gate), Severity::kWarn);
  EXPECT_EQ(gated(Severity::kAct, 0.10, 99.0, gate), Severity::kWarn);
  EXPECT_EQ(gated(Severity::kWarn, 0.0, 0.0, gate), Severity::kWarn);
  EXPECT_EQ(gated(Severity::kNone, 0.9, 1e6, gate), Severity::kNone);
}

TEST(DriftDecision, DR113QuietIsWithinWhatTheCountsExplain) {
  // max(0.05, 0.05) + 1.36 / sqrt(10,000) = 0.0636
  EXPECT_TRUE(is_quiet(0.0635, 10'000.0, 0.05, 0.10));
  EXPECT_FALSE(is_quiet(0.0636, 10'000.0, 0.05, 0.10));
  EXPECT_TRUE(is_quiet(0.113, 10'000.0, 0.05, 0.20));
  EXPECT_FALSE(is_quiet(0.0, 0.0, 0.05, 0.10));
}

}  // namespace
}  // namespace kaizen::stats
