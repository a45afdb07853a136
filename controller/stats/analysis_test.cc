#include "stats/analysis.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stats/numerics.h"
#include "stats/one_sample.h"
#include "stats/two_sample.h"

namespace kaizen::stats {
namespace {

using Samples = std::vector<std::optional<Batch>>;
using BakeSamples = std::vector<std::optional<Counts>>;

constexpr Line kHalfAPoint{.a = 0.005, .b = 1.0};

Batch a_tick(int64_t n_c, int64_t x_c, int64_t n_s, int64_t x_s) {
  return {.canary = {.n = n_c, .x = x_c}, .stable = {.n = n_s, .x = x_s}};
}

MetricSetup a_metric(std::string name) {
  MetricSetup metric;
  metric.name = std::move(name);
  metric.line = kHalfAPoint;
  for (int i = 0; i < 20; ++i) metric.baseline.push_back({.n = 300, .x = i % 2 == 0 ? 1 : 2});
  return metric;
}

AnalysisSetup a_setup(std::vector<MetricSetup> metrics) {
  return {.alpha = 0.05, .beta = 0.05, .restarts = 3, .metrics = std::move(metrics)};
}

Analysis an_analysis(std::vector<MetricSetup> metrics) {
  base::Result<Analysis> analysis = Analysis::start(a_setup(std::move(metrics)));
  EXPECT_TRUE(analysis.ok()) << analysis.error().message;
  return std::move(analysis).value();
}

Terms harm_terms() {
  return {.line = kHalfAPoint, .direction = +1, .level = 0.05, .restarts = 3};
}

Terms no_harm_terms() {
  return {.line = kHalfAPoint, .direction = -1, .level = 0.05, .restarts = 0};
}

TEST(Analysis, ST8HarmBetsRestartAtStepsAndEveryTwentyTicksWithin) {
  Analysis analysis = an_analysis({a_metric("errors")});
  TwoSample expected(harm_terms(), a_metric("errors").baseline);
  for (int i = 0; i < 70; ++i) {
    // Step one has 50 ticks, so it restarts at 20 and 40; step two begins at 50.
    if (i == 0 || i == 50) analysis.start_step();
    if (i == 20 || i == 40 || i == 50) expected.restart();
    const Batch batch = a_tick(30 + i, i % 4 == 0 ? 1 : 0, 270, i % 3);

    analysis.tick(Samples{batch});
    expected.tick(batch);

    ASSERT_EQ(analysis.log_harm(0), expected.log_wealth()) << i;
  }
  EXPECT_EQ(analysis.state().metrics[0].harm[0].k, 4);
}

TEST(Analysis, ST8TheFirstStepDoesNotSpendARestart) {
  Analysis analysis = an_analysis({a_metric("errors")});

  analysis.start_step();

  EXPECT_EQ(analysis.state().metrics[0].harm[0].k, 1);
  analysis.start_step();
  EXPECT_EQ(analysis.state().metrics[0].harm[0].k, 2);
}

TEST(Analysis, ST9EveryStepStartsANewNoHarmProcess) {
  Analysis analysis = an_analysis({a_metric("errors")});
  analysis.start_step();
  for (int i = 0; i < 30; ++i) analysis.tick(Samples{a_tick(150, 0, 150, 1)});
  EXPECT_GT(analysis.log_no_harm(0), 1.0);

  analysis.start_step();

  EXPECT_EQ(analysis.log_no_harm(0), 0.0);
  EXPECT_EQ(analysis.counts(0), Batch{});
  EXPECT_EQ(analysis.remaining(0), std::nullopt);
  TwoSample expected(no_harm_terms(), std::vector<Counts>(20, Counts{.n = 150, .x = 1}));
  for (int i = 0; i < 10; ++i) {
    analysis.tick(Samples{a_tick(150, i % 2, 150, 0)});
    expected.tick(a_tick(150, i % 2, 150, 0));
    ASSERT_EQ(analysis.log_no_harm(0), expected.log_wealth()) << i;
  }
}

TEST(Analysis, RO19NoDataChangesNothing) {
  Analysis analysis = an_analysis({a_metric("errors"), a_metric("slow")});
  analysis.start_step();
  for (int i = 0; i < 25; ++i) {
    analysis.tick(Samples{a_tick(30, i % 12 == 0 ? 1 : 0, 270, 1), a_tick(30, 0, 270, 3)});
  }
  ASSERT_FALSE(analysis.harm_found());
  const AnalysisState before = analysis.state();

  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(analysis.tick(Samples{std::nullopt, std::nullopt}),
              (std::vector<Fate>{Fate::kNoData, Fate::kNoData}));
  }

  EXPECT_EQ(analysis.state(), before);
}

TEST(Analysis, RO19AMetricWithoutDataDoesNotHoldBackTheOthers) {
  Analysis analysis = an_analysis({a_metric("errors"), a_metric("slow")});
  const MetricState before = analysis.state().metrics[0];

  const std::vector<Fate> fates = analysis.tick(Samples{std::nullopt, a_tick(30, 0, 270, 3)});

  EXPECT_EQ(fates, (std::vector<Fate>{Fate::kNoData, Fate::kCounted}));
  EXPECT_EQ(analysis.state().metrics[0], before);
  EXPECT_EQ(analysis.counts(1), a_tick(30, 0, 270, 3));
}

TEST(Analysis, RO20WithoutDataNothingPasses) {
  Analysis analysis = an_analysis({a_metric("errors")});
  for (int i = 0; i < 100; ++i) analysis.tick(Samples{std::nullopt});

  EXPECT_FALSE(analysis.evidence());
  EXPECT_FALSE(analysis.no_harm_seen(0));
  EXPECT_FALSE(analysis.within_margin(0));
  EXPECT_FALSE(analysis.harm_found());
}

TEST(Analysis, RO22NoTrafficIsNoData) {
  Analysis analysis = an_analysis({a_metric("errors")});
  const AnalysisState before = analysis.state();

  EXPECT_EQ(analysis.tick(Samples{Batch{}}), std::vector<Fate>{Fate::kNoData});
  EXPECT_EQ(analysis.state(), before);
}

TEST(Analysis, ST18ImpossibleCountsAreRefusedNotBetOn) {
  Analysis analysis = an_analysis({a_metric("errors")});
  const AnalysisState before = analysis.state();
  for (const Batch& batch :
       {a_tick(-1, 0, 10, 0), a_tick(10, 11, 10, 0), a_tick(10, -1, 10, 0), a_tick(10, 0, 5, 6),
        a_tick(kMaxTickCount + 1, 0, 10, 0), a_tick(10, 0, INT64_MAX, 0)}) {
    EXPECT_EQ(analysis.tick(Samples{batch}), std::vector<Fate>{Fate::kImplausible});
  }
  EXPECT_EQ(analysis.state(), before);
}

TEST(Analysis, ST6AfterHarmEverythingStops) {
  Analysis analysis = an_analysis({a_metric("errors")});
  while (!analysis.harm_found()) analysis.tick(Samples{a_tick(150, 30, 150, 1)});
  const AnalysisState found = analysis.state();

  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(analysis.tick(Samples{a_tick(3000, 0, 3000, 15)}), std::vector<Fate>{Fate::kStopped});
  }

  EXPECT_EQ(analysis.state(), found);
  EXPECT_TRUE(analysis.harm_found());
}

TEST(Analysis, ST10TheWorstMetricIsBlamed) {
  MetricSetup light = a_metric("light");
  light.weight = 1.0;
  MetricSetup heavy = a_metric("heavy");
  heavy.weight = 3.0;
  Analysis analysis = an_analysis({light, heavy});
  for (int i = 0; i < 2; ++i) {
    analysis.tick(Samples{a_tick(150, 1, 150, 1), a_tick(150, 6, 150, 1)});
  }

  const Combination harm = analysis.harm();

  EXPECT_EQ(harm.blame, 1U);
  const double mean = (std::exp(analysis.log_harm(0)) + 3.0 * std::exp(analysis.log_harm(1))) / 4.0;
  EXPECT_NEAR(std::exp(harm.log_wealth), mean, 1e-9);
}

TEST(Analysis, ST10EvidenceNeedsEveryWeightedMetric) {
  MetricSetup reported = a_metric("reported");
  reported.weight = 0.0;
  Analysis analysis = an_analysis({a_metric("errors"), a_metric("slow"), reported});
  const auto tick = [&](std::optional<Batch> slow) {
    analysis.tick(Samples{a_tick(1500, 0, 1500, 5), slow, a_tick(1500, 30, 1500, 5)});
  };
  for (int i = 0; i < 15; ++i) tick(std::nullopt);
  EXPECT_GE(analysis.log_no_harm(0), std::log(20.0));
  EXPECT_FALSE(analysis.evidence());

  for (int i = 0; i < 15; ++i) tick(a_tick(1500, 0, 1500, 5));
  EXPECT_LT(analysis.log_no_harm(2), std::log(20.0));
  EXPECT_TRUE(analysis.evidence());
}

TEST(Analysis, ST10BothDirectionsAreTheMeanForHarmAndTheWorseForEvidence) {
  MetricSetup both = a_metric("share");
  both.direction = Direction::kBoth;
  both.line.a = 0.05;
  both.baseline.assign(20, Counts{.n = 300, .x = 150});
  Analysis analysis = an_analysis({both});
  Terms harm = harm_terms();
  harm.line = both.line;
  Terms no_harm = no_harm_terms();
  no_harm.line = both.line;
  TwoSample harm_up(harm, both.baseline);
  TwoSample harm_down(harm, both.baseline);
  TwoSample no_harm_up(no_harm, both.baseline);
  TwoSample no_harm_down(no_harm, both.baseline);

  for (int i = 0; i < 8; ++i) {
    analysis.tick(Samples{a_tick(100, 35, 300, 150)});
    harm_up.tick(a_tick(100, 35, 300, 150));
    harm_down.tick(a_tick(100, 65, 300, 150));
    no_harm_up.tick(a_tick(100, 35, 300, 150));
    no_harm_down.tick(a_tick(100, 65, 300, 150));
    if (analysis.harm_found()) break;
  }

  const double mean = (std::exp(harm_up.log_wealth()) + std::exp(harm_down.log_wealth())) / 2.0;
  EXPECT_NEAR(analysis.log_harm(0), std::log(mean), 1e-9);
  EXPECT_NEAR(analysis.log_no_harm(0), no_harm_down.log_wealth(), 1e-9);
  EXPECT_GT(no_harm_up.log_wealth(), 0.0);
  EXPECT_TRUE(analysis.harm_found());
  EXPECT_FALSE(analysis.within_margin(0));
}

TEST(Analysis, ST1LowerIsWorseJudgesTheComplement) {
  MetricSetup valid = a_metric("valid");
  valid.direction = Direction::kLowerIsWorse;
  for (Counts& tick : valid.baseline) tick.x = tick.n - tick.x;
  Analysis complement = an_analysis({valid});
  Analysis direct = an_analysis({a_metric("valid")});
  for (int i = 0; i < 5; ++i) {
    complement.tick(Samples{a_tick(150, 145, 150, 149)});
    direct.tick(Samples{a_tick(150, 5, 150, 1)});
  }

  EXPECT_EQ(complement.log_harm(0), direct.log_harm(0));
  EXPECT_EQ(complement.log_no_harm(0), direct.log_no_harm(0));
  EXPECT_EQ(complement.counts(0), direct.counts(0));
}

TEST(Analysis, ST11NoHarmComparesThePointEstimatesOfTheStep) {
  Analysis analysis = an_analysis({a_metric("errors")});
  analysis.tick(Samples{a_tick(1000, 15, 1000, 10)});
  EXPECT_TRUE(analysis.within_margin(0));  // 1.5 % <= 1 % + 0.5 points
  EXPECT_TRUE(analysis.no_harm_seen(1000));
  EXPECT_FALSE(analysis.no_harm_seen(1001));

  analysis.tick(Samples{a_tick(1000, 16, 1000, 10)});
  EXPECT_FALSE(analysis.within_margin(0));
  EXPECT_FALSE(analysis.no_harm_seen(1000));
}

TEST(Analysis, ST11AMetricWithoutWeightDoesNotBlockAStep) {
  MetricSetup reported = a_metric("reported");
  reported.weight = 0.0;
  Analysis analysis = an_analysis({a_metric("errors"), reported});
  analysis.tick(Samples{a_tick(100, 0, 100, 0), a_tick(100, 90, 100, 0)});

  EXPECT_TRUE(analysis.no_harm_seen(100));
}

TEST(Analysis, ST11NothingJudgedIsNoPass) {
  MetricSetup reported = a_metric("reported");
  reported.weight = 0.0;
  Analysis analysis = an_analysis({reported});
  analysis.tick(Samples{a_tick(1000, 0, 1000, 5)});

  EXPECT_FALSE(analysis.no_harm_seen(0));
  EXPECT_FALSE(analysis.evidence());
}

TEST(Analysis, ST11AFoundHarmIsNoPass) {
  Analysis analysis = an_analysis({a_metric("errors"), a_metric("slow")});
  while (!analysis.harm_found()) {
    analysis.tick(Samples{a_tick(150, 30, 150, 1), a_tick(150, 0, 150, 1)});
  }

  EXPECT_FALSE(analysis.no_harm_seen(0));
}

TEST(Analysis, ST13AHardLimitNeedsNoStableArm) {
  MetricSetup limited = a_metric("errors");
  limited.hard_limit = 0.2;
  Analysis analysis = an_analysis({limited, a_metric("slow")});
  EXPECT_EQ(analysis.hard_limit_broken(), std::nullopt);

  analysis.tick(Samples{a_tick(60, 40, 0, 0), std::nullopt});

  EXPECT_NEAR(analysis.log_harm(0), 0.0, 1e-15);
  EXPECT_EQ(analysis.hard_limit_broken(), 0U);
  EXPECT_NEAR(*analysis.log_hard_limit(0), log_one_sample({.n = 60, .x = 40}, 0.2, +1), 1e-12);
  EXPECT_EQ(analysis.log_hard_limit(1), std::nullopt);
}

// Level alpha / (10 * metrics): 20 times harder for two metrics than alpha alone.
TEST(Analysis, ST13TheHardLimitHasATenthOfAlphaForAllMetrics) {
  MetricSetup limited = a_metric("errors");
  limited.hard_limit = 0.2;
  Analysis analysis = an_analysis({a_metric("slow"), limited});
  int64_t bad = 0;
  double before = 0.0;
  while (!analysis.hard_limit_broken()) {
    ASSERT_LT(++bad, 100);
    before = *analysis.log_hard_limit(1);
    analysis.tick(Samples{std::nullopt, a_tick(1, 1, 0, 0)});
  }

  EXPECT_EQ(analysis.hard_limit_broken(), 1U);
  EXPECT_LT(before, std::log(400.0));
  EXPECT_GE(*analysis.log_hard_limit(1), std::log(400.0));
}

TEST(Analysis, ST13AHardLimitForLowerIsWorseIsALowerOne) {
  MetricSetup valid = a_metric("valid");
  valid.direction = Direction::kLowerIsWorse;
  valid.hard_limit = 0.9;
  Analysis good = an_analysis({valid});
  Analysis bad = an_analysis({valid});

  good.tick(Samples{a_tick(200, 190, 0, 0)});
  bad.tick(Samples{a_tick(200, 110, 0, 0)});

  EXPECT_EQ(good.hard_limit_broken(), std::nullopt);
  EXPECT_EQ(bad.hard_limit_broken(), 0U);
}

TEST(Analysis, ST13HardLimitCountsBelongToTheStep) {
  MetricSetup limited = a_metric("errors");
  limited.hard_limit = 0.2;
  Analysis analysis = an_analysis({limited});
  analysis.tick(Samples{a_tick(60, 40, 0, 0)});

  analysis.start_step();

  EXPECT_EQ(*analysis.log_hard_limit(0), 0.0);
}

TEST(Analysis, ST13BakeComparesWithTheLastStepOrTheBudget) {
  Analysis analysis =
      an_analysis({a_metric("from_step"), a_metric("from_slo"), a_metric("window")});
  analysis.start_step();
  analysis.tick(Samples{a_tick(100, 0, 1000, 20), a_tick(100, 0, 1000, 20), std::nullopt});

  analysis.start_bake(std::vector<std::optional<double>>{0.01, 0.1, std::nullopt});

  EXPECT_DOUBLE_EQ(*analysis.bake_limit(0), 0.025);
  EXPECT_DOUBLE_EQ(*analysis.bake_limit(1), 0.1);
  EXPECT_DOUBLE_EQ(*analysis.bake_limit(2), 0.01);  // 0.5 % of the baseline, plus half a point
}

TEST(Analysis, ST13BakeWithoutAnythingToCompareSaysNothing) {
  MetricSetup fresh = a_metric("errors");
  fresh.baseline.clear();
  Analysis analysis = an_analysis({fresh});

  analysis.start_bake(std::vector<std::optional<double>>{std::nullopt});
  for (int i = 0; i < 5; ++i) analysis.tick_bake(BakeSamples{Counts{.n = 100, .x = 100}});

  EXPECT_EQ(analysis.bake_limit(0), std::nullopt);
  EXPECT_FALSE(analysis.bake_harm_found());
}

TEST(Analysis, ST13BakeNeedsTwoTicksInARow) {
  Analysis analysis = an_analysis({a_metric("errors")});
  analysis.start_bake(std::vector<std::optional<double>>{0.02});

  analysis.tick_bake(BakeSamples{Counts{.n = 200, .x = 30}});
  EXPECT_GE(analysis.bake_harm().log_wealth, std::log(20.0));
  EXPECT_FALSE(analysis.bake_harm_found());

  analysis.tick_bake(BakeSamples{std::nullopt});  // no data: neither a second tick nor a good one
  EXPECT_FALSE(analysis.bake_harm_found());

  analysis.tick_bake(BakeSamples{Counts{.n = 200, .x = 30}});
  EXPECT_TRUE(analysis.bake_harm_found());
  EXPECT_EQ(analysis.bake_harm().blame, 0U);
}

TEST(Analysis, ST13AGoodTickInBakeBreaksTheRow) {
  Analysis analysis = an_analysis({a_metric("errors")});
  analysis.start_bake(std::vector<std::optional<double>>{0.02});

  analysis.tick_bake(BakeSamples{Counts{.n = 200, .x = 16}});
  EXPECT_EQ(analysis.state().bake_ticks_over, 1);
  analysis.tick_bake(BakeSamples{Counts{.n = 2000, .x = 20}});
  EXPECT_EQ(analysis.state().bake_ticks_over, 0);
}

TEST(Analysis, ST13AFindingOfBakeStays) {
  Analysis analysis = an_analysis({a_metric("errors")});
  analysis.start_bake(std::vector<std::optional<double>>{0.02});
  for (int i = 0; i < 2; ++i) analysis.tick_bake(BakeSamples{Counts{.n = 200, .x = 30}});

  EXPECT_EQ(analysis.tick_bake(BakeSamples{Counts{.n = 100000, .x = 0}}),
            std::vector<Fate>{Fate::kStopped});
  EXPECT_TRUE(analysis.bake_harm_found());
}

TEST(Analysis, ST13HardLimitsHoldInBake) {
  MetricSetup limited = a_metric("errors");
  limited.hard_limit = 0.2;
  Analysis analysis = an_analysis({limited});
  analysis.start_bake(std::vector<std::optional<double>>{std::nullopt});

  analysis.tick_bake(BakeSamples{Counts{.n = 60, .x = 40}});

  EXPECT_EQ(analysis.hard_limit_broken(), 0U);
}

TEST(Analysis, ST13AMetricOfBakeIsNotJudgedBeforeAndTheOtherNotAfter) {
  MetricSetup bake_only = a_metric("bake");
  bake_only.in_canary = false;
  MetricSetup canary_only = a_metric("canary");
  canary_only.in_bake = false;
  Analysis analysis = an_analysis({bake_only, canary_only});
  for (int i = 0; i < 3; ++i) {
    analysis.tick(Samples{a_tick(150, 100, 150, 1), a_tick(150, 0, 150, 1)});
  }
  EXPECT_FALSE(analysis.harm_found());
  EXPECT_TRUE(analysis.no_harm_seen(100));
  EXPECT_EQ(analysis.harm().blame, 1U);

  analysis.start_bake(std::vector<std::optional<double>>{0.02, 0.02});
  for (int i = 0; i < 3; ++i) {
    analysis.tick_bake(BakeSamples{Counts{.n = 200, .x = 0}, Counts{.n = 200, .x = 100}});
  }
  EXPECT_FALSE(analysis.bake_harm_found());
}

TEST(Analysis, ST13BakeRefusesWhatItCannotCount) {
  Analysis analysis = an_analysis({a_metric("errors")});
  analysis.start_bake(std::vector<std::optional<double>>{0.02});
  const AnalysisState before = analysis.state();

  EXPECT_EQ(analysis.tick_bake(BakeSamples{Counts{.n = 1, .x = 2}}),
            std::vector<Fate>{Fate::kImplausible});
  EXPECT_EQ(analysis.tick_bake(BakeSamples{Counts{}}), std::vector<Fate>{Fate::kNoData});
  EXPECT_EQ(analysis.state(), before);
}

TEST(Analysis, ST7TheBoundIsTheSumOfWhatMayRollBack) {
  MetricSetup limited = a_metric("errors");
  limited.hard_limit = 0.2;

  EXPECT_NEAR(an_analysis({a_metric("errors")}).false_rollback_bound(false), 0.05, 1e-15);
  EXPECT_NEAR(an_analysis({limited}).false_rollback_bound(false), 0.055, 1e-15);
  EXPECT_NEAR(an_analysis({limited}).false_rollback_bound(true), 0.105, 1e-15);
}

TEST(Analysis, ST16RemainingIsTheRestOverTheMeanGrowthOfTenTicks) {
  Analysis analysis = an_analysis({a_metric("errors")});
  EXPECT_EQ(analysis.remaining(0), std::nullopt);
  std::vector<double> wealths = {0.0};
  for (int i = 0; i < 14; ++i) {
    analysis.tick(Samples{a_tick(20, 0, 60, i % 5 == 0 ? 1 : 0)});
    wealths.push_back(analysis.log_no_harm(0));
  }

  const double growth = (wealths[14] - wealths[4]) / 10.0;
  const double expected = (std::log(20.0) - wealths[14]) / growth;
  ASSERT_TRUE(analysis.remaining(0).has_value());
  EXPECT_NEAR(analysis.remaining(0)->ticks, expected, 1e-3 * expected);
  EXPECT_NEAR(analysis.remaining(0)->requests, 80.0 * expected, 0.08 * expected);
}

TEST(Analysis, ST16RemainingIsUnknownWhenEvidenceShrinks) {
  Analysis analysis = an_analysis({a_metric("errors")});
  for (int i = 0; i < 10; ++i) analysis.tick(Samples{a_tick(100, 2, 300, 1)});

  EXPECT_EQ(analysis.remaining(0), std::nullopt);
}

TEST(Analysis, ST18WealthsAreReportedWithin700) {
  Analysis analysis = an_analysis({a_metric("errors")});
  for (int i = 0; i < 5; ++i) analysis.tick(Samples{a_tick(3000000000, 0, 3000000000, 1500000000)});

  EXPECT_GE(analysis.log_harm(0), -700.0);
  for (int i = 0; i < 700; ++i) {
    analysis.tick(Samples{a_tick(3000000000, 0, 3000000000, 1500000000)});
  }
  EXPECT_EQ(analysis.log_no_harm(0), 700.0);
}

struct BadSetup {
  const char* name;
  void (*spoil)(AnalysisSetup&);
};

class RefusedSetup : public ::testing::TestWithParam<BadSetup> {};

TEST_P(RefusedSetup, ST18IsAnErrorNotACrash) {
  AnalysisSetup setup = a_setup({a_metric("errors")});
  ASSERT_TRUE(Analysis::start(setup).ok());

  GetParam().spoil(setup);

  EXPECT_FALSE(Analysis::start(setup).ok());
}

INSTANTIATE_TEST_SUITE_P(
    Setups,
    RefusedSetup,
    ::testing::Values(
        BadSetup{"alpha_zero", [](AnalysisSetup& s) { s.alpha = 0.0; }},
        BadSetup{"alpha_nan", [](AnalysisSetup& s) { s.alpha = std::nan(""); }},
        BadSetup{"beta_one", [](AnalysisSetup& s) { s.beta = 1.0; }},
        BadSetup{"restarts", [](AnalysisSetup& s) { s.restarts = -1; }},
        BadSetup{"tolerance", [](AnalysisSetup& s) { s.metrics[0].line.a = 1.0; }},
        BadSetup{"negative_tolerance", [](AnalysisSetup& s) { s.metrics[0].line.a = -0.1; }},
        BadSetup{"slope_zero", [](AnalysisSetup& s) { s.metrics[0].line.b = 0.0; }},
        BadSetup{"slope_nan", [](AnalysisSetup& s) { s.metrics[0].line.b = std::nan(""); }},
        BadSetup{"weight", [](AnalysisSetup& s) { s.metrics[0].weight = -1.0; }},
        BadSetup{"hard_limit", [](AnalysisSetup& s) { s.metrics[0].hard_limit = 1.5; }},
        BadSetup{"hard_limit_nan", [](AnalysisSetup& s) { s.metrics[0].hard_limit = NAN; }},
        BadSetup{"long_baseline", [](AnalysisSetup& s) { s.metrics[0].baseline.push_back({}); }},
        BadSetup{"bad_baseline", [](AnalysisSetup& s) { s.metrics[0].baseline[3] = {1, 2}; }},
        BadSetup{"no_name", [](AnalysisSetup& s) { s.metrics[0].name = ""; }},
        BadSetup{"long_name", [](AnalysisSetup& s) { s.metrics[0].name.assign(41, 'm'); }},
        BadSetup{"twice", [](AnalysisSetup& s) { s.metrics.push_back(s.metrics[0]); }},
        BadSetup{"too_many",
                 [](AnalysisSetup& s) {
                   for (int i = 0; i < 20; ++i) s.metrics.push_back(a_metric(std::to_string(i)));
                 }}),
    [](const ::testing::TestParamInfo<BadSetup>& setup) { return setup.param.name; });

TEST(AnalysisDeathTest, StagesAreNotMixed) {
  Analysis analysis = an_analysis({a_metric("errors")});
  EXPECT_DEATH(analysis.tick_bake(BakeSamples{std::nullopt}), "bake starts with promotion");

  analysis.start_bake(std::vector<std::optional<double>>{std::nullopt});
  EXPECT_DEATH(analysis.tick(Samples{std::nullopt}), "tick_bake");
  EXPECT_DEATH(analysis.harm(), "bake_harm");
  EXPECT_DEATH(analysis.start_step(), "promotion");
}

}  // namespace
}  // namespace kaizen::stats
