// The promises of section 7 as Monte Carlo: fixed seeds, stated error rates, a margin of four
// standard errors (S68). Schedule: ticks of 30 s, 10 % / 25 % / 50 % of 600 requests a minute for
// 20 ticks each, tolerance half a point.
#include <array>
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stats/analysis.h"
#include "stats/two_sample.h"

namespace kaizen::stats {
namespace {

constexpr double kLevel = 0.05;
constexpr Line kHalfAPoint{.a = 0.005, .b = 1.0};
constexpr std::array<double, 3> kShares = {0.10, 0.25, 0.50};
constexpr int kTicksPerStep = 20;

// The largest count of false decisions that a bound of `kLevel` explains.
int largest_false(int runs) {
  return static_cast<int>(runs * kLevel + 4.0 * std::sqrt(runs * kLevel * (1.0 - kLevel)));
}

struct Traffic {
  double canary_rate = 0.0;  // share of bad requests
  double stable_rate = 0.0;
  double per_tick = 300.0;  // requests of both arms
};

Counts arm(std::mt19937_64& random, double mean, double rate) {
  const int64_t n = std::poisson_distribution<int64_t>(mean)(random);
  return {.n = n, .x = std::binomial_distribution<int64_t>(n, rate)(random)};
}

Batch a_tick(std::mt19937_64& random, const Traffic& traffic, double share) {
  return {.canary = arm(random, traffic.per_tick * share, traffic.canary_rate),
          .stable = arm(random, traffic.per_tick * (1.0 - share), traffic.stable_rate)};
}

std::vector<Counts> a_baseline(std::mt19937_64& random, const Traffic& traffic) {
  std::vector<Counts> ticks;
  for (int i = 0; i < 20; ++i) ticks.push_back(arm(random, traffic.per_tick, traffic.stable_rate));
  return ticks;
}

// Does the harm test decide within the schedule?
bool rolled_back(std::mt19937_64& random, const Traffic& traffic) {
  const Terms terms{.line = kHalfAPoint, .direction = +1, .level = kLevel, .restarts = 3};
  TwoSample harm(terms, a_baseline(random, traffic));
  for (size_t step = 0; step < kShares.size(); ++step) {
    if (step > 0) harm.restart();
    for (int i = 0; i < kTicksPerStep; ++i) {
      harm.tick(a_tick(random, traffic, kShares[step]));
      if (harm.decided()) return true;
    }
  }
  return false;
}

class OnTheMargin : public ::testing::TestWithParam<double> {};

// The hardest null: the canary is exactly as bad as the tolerance allows, and a look at every tick.
TEST_P(OnTheMargin, ST1FalseRollbacksStayBelowAlpha) {
  constexpr int kRuns = 2000;
  std::mt19937_64 random(static_cast<uint64_t>(GetParam() * 1e6));
  const Traffic traffic{.canary_rate = GetParam() + 0.005, .stable_rate = GetParam()};
  int found = 0;
  for (int run = 0; run < kRuns; ++run) found += rolled_back(random, traffic) ? 1 : 0;

  EXPECT_LE(found, largest_false(kRuns));
}

TEST_P(OnTheMargin, ST9FalseEvidenceStaysBelowBeta) {
  constexpr int kRuns = 1000;
  std::mt19937_64 random(static_cast<uint64_t>(GetParam() * 1e6) + 1);
  const Terms terms{.line = kHalfAPoint, .direction = -1, .level = kLevel, .restarts = 0};
  const Traffic traffic{.canary_rate = GetParam() + 0.005, .stable_rate = GetParam()};
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    TwoSample no_harm(terms, a_baseline(random, traffic));
    for (int i = 0; i < 60 && !no_harm.decided(); ++i) {
      no_harm.tick(a_tick(random, traffic, 0.5));
    }
    found += no_harm.decided() ? 1 : 0;
  }

  EXPECT_LE(found, largest_false(kRuns));
}

INSTANTIATE_TEST_SUITE_P(StableRates, OnTheMargin, ::testing::Values(0.001, 0.005, 0.05));

// Bounds alone could be kept by never deciding.
TEST(Validity, ST1ARealFaultIsRolledBack) {
  constexpr int kRuns = 300;
  std::mt19937_64 random(7);
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    found += rolled_back(random, {.canary_rate = 0.05, .stable_rate = 0.005}) ? 1 : 0;
  }

  EXPECT_GE(found, kRuns * 99 / 100);
}

TEST(Validity, ST9AGoodCanaryGetsItsEvidence) {
  constexpr int kRuns = 200;
  std::mt19937_64 random(8);
  const Terms terms{.line = kHalfAPoint, .direction = -1, .level = kLevel, .restarts = 0};
  const Traffic traffic{.canary_rate = 0.005, .stable_rate = 0.005, .per_tick = 3000.0};
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    TwoSample no_harm(terms, a_baseline(random, traffic));
    for (int i = 0; i < 20 && !no_harm.decided(); ++i) {
      no_harm.tick(a_tick(random, traffic, 0.5));
    }
    found += no_harm.decided() ? 1 : 0;
  }

  EXPECT_GE(found, kRuns * 95 / 100);
}

// Three minutes in which a tenth of all requests fails, in both arms.
TEST(Validity, ST1ASharedOutageRollsNobodyBack) {
  constexpr int kRuns = 500;
  std::mt19937_64 random(9);
  const Terms terms{.line = kHalfAPoint, .direction = +1, .level = kLevel, .restarts = 3};
  const Traffic normal{.canary_rate = 0.005, .stable_rate = 0.005};
  const Traffic outage{.canary_rate = 0.1, .stable_rate = 0.1};
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    TwoSample harm(terms, a_baseline(random, normal));
    for (int i = 0; i < 60 && !harm.decided(); ++i) {
      if (i == 20 || i == 40) harm.restart();
      const double share = kShares[static_cast<size_t>(i / kTicksPerStep)];
      harm.tick(a_tick(random, i >= 24 && i < 30 ? outage : normal, share));
    }
    found += harm.decided() ? 1 : 0;
  }

  EXPECT_LE(found, 2);  // measured elsewhere: 0 in 4000; far below the bound, which is 25
}

MetricSetup a_metric(std::string name, std::vector<Counts> baseline) {
  MetricSetup metric;
  metric.name = std::move(name);
  metric.line = kHalfAPoint;
  metric.baseline = std::move(baseline);
  return metric;
}

// One alpha for the whole phase, for all metrics and for dependent ones: the second metric counts
// the same requests again, the third is independent.
TEST(Validity, ST7AlphaBoundsTheWholePhaseForAllMetrics) {
  constexpr int kRuns = 700;
  std::mt19937_64 random(10);
  const Traffic traffic{.canary_rate = 0.010, .stable_rate = 0.005};
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    const std::vector<Counts> baseline = a_baseline(random, traffic);
    AnalysisSetup setup{.alpha = kLevel, .beta = kLevel, .restarts = 3, .metrics = {}};
    setup.metrics = {a_metric("errors", baseline), a_metric("again", baseline),
                     a_metric("slow", a_baseline(random, traffic))};
    Analysis analysis = Analysis::start(setup).value();
    for (size_t step = 0; step < kShares.size(); ++step) {
      analysis.start_step();
      for (int i = 0; i < kTicksPerStep; ++i) {
        const Batch errors = a_tick(random, traffic, kShares[step]);
        const Batch slow = a_tick(random, traffic, kShares[step]);
        analysis.tick(std::vector<std::optional<Batch>>{errors, errors, slow});
      }
    }
    found += analysis.harm_found() ? 1 : 0;
  }

  EXPECT_LE(found, largest_false(kRuns));
}

// The promoted revision is exactly at its limit for an hour.
TEST(Validity, ST7AlphaBoundsBakeForAllMetrics) {
  constexpr int kRuns = 1000;
  std::mt19937_64 random(11);
  int found = 0;
  for (int run = 0; run < kRuns; ++run) {
    AnalysisSetup setup{.alpha = kLevel, .beta = kLevel, .restarts = 1, .metrics = {}};
    setup.metrics = {a_metric("errors", {}), a_metric("slow", {})};
    Analysis analysis = Analysis::start(setup).value();
    analysis.start_bake(std::vector<std::optional<double>>{0.01, 0.02});
    for (int i = 0; i < 120; ++i) {
      analysis.tick_bake(
          std::vector<std::optional<Counts>>{arm(random, 300.0, 0.01), arm(random, 300.0, 0.02)});
    }
    found += analysis.bake_harm_found() ? 1 : 0;
  }

  EXPECT_LE(found, largest_false(kRuns));
  EXPECT_GE(found, 1);
}

}  // namespace
}  // namespace kaizen::stats
