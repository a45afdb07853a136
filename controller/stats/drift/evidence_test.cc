#include "stats/drift/evidence.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;

constexpr double kNone = -std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kExact = 1e9;      // a reference without sampling error
constexpr double kLogYear = 9.078;  // ln 8760: a year of hourly windows

// A check with the one event "at most the median".
DriftNull a_median(double reference_count, const NullTerms& terms = {}) {
  const std::vector<double> median = {0.5};
  return event_null(median, reference_count, terms).value();
}

Updated after(const DriftNull& null, int windows, double n, double k) {
  const std::array<double, 1> hits = {k};
  Updated updated{.state = fresh_state(null)};
  for (int i = 0; i < windows; ++i) {
    updated = update(std::move(updated.state), {.n = n, .k = hits}, null);
  }
  return updated;
}

TEST(Evidence, DR81EachEventHasTwoSidesAndNoRoomMeansNoBet) {
  const std::vector<double> cdf = {0.02, 0.5, 0.97};

  const DriftNull null = event_null(cdf, kExact, {}).value();

  // "More" of 0.97 and "less" of 0.02 have null rates above 0.995.
  ASSERT_EQ(null.components.size(), 4U);
  EXPECT_EQ(null.components[0].event, 0);
  EXPECT_EQ(null.components[0].side, Side::kMore);
  EXPECT_EQ(null.components[1].event, 1);
  EXPECT_EQ(null.components[1].side, Side::kMore);
  EXPECT_EQ(null.components[2].event, 1);
  EXPECT_EQ(null.components[2].side, Side::kLess);
  EXPECT_EQ(null.components[3].event, 2);
  EXPECT_EQ(null.components[3].side, Side::kLess);
}

TEST(Evidence, DR81TheBetStandsEtaAboveTheNullOrHalfWayToOne) {
  const std::vector<double> cdf = {0.5, 0.9};

  const DriftNull null = event_null(cdf, kExact, {}).value();

  ASSERT_EQ(null.components.size(), 4U);
  EXPECT_NEAR(null.components[0].null_rate, 0.5500520195, 1e-9);
  EXPECT_NEAR(null.components[0].bet_rate, 0.6500520195, 1e-9);
  EXPECT_NEAR(null.components[2].null_rate, 0.9500312117, 1e-9);
  EXPECT_NEAR(null.components[2].bet_rate, 0.9750156058, 1e-9);
}

TEST(Evidence, DR81AnEventTheReferenceNeverSawIsTestedUpwardsOnly) {
  const std::vector<double> unseen = {0.0};

  const DriftNull null = event_null(unseen, 50'000.0, {}).value();

  ASSERT_EQ(null.components.size(), 1U);
  EXPECT_EQ(null.components[0].side, Side::kMore);
  EXPECT_DOUBLE_EQ(null.components[0].null_rate, 0.05);
}

TEST(Evidence, DR57TheReferencesSamplingErrorBelongsToTheNull) {
  EXPECT_NEAR(a_median(1'000.0).components[0].null_rate, 0.6020194675, 1e-9);
  EXPECT_NEAR(a_median(100'000.0).components[0].null_rate, 0.5552019468, 1e-9);
}

TEST(Evidence, DR60WhatIsNoReferenceIsRefused) {
  const std::vector<double> none;
  const std::vector<double> nan = {0.5, kNaN};
  const std::vector<double> beyond = {1.5};
  const std::vector<double> good = {0.5};

  EXPECT_EQ(event_null(none, 100.0, {}).error(), Unusable::kNoBins);
  EXPECT_EQ(event_null(nan, 100.0, {}).error(), Unusable::kNonFinite);
  EXPECT_EQ(event_null(beyond, 100.0, {}).error(), Unusable::kImplausible);
  EXPECT_EQ(event_null(good, 0.0, {}).error(), Unusable::kEmptyReference);
  EXPECT_EQ(event_null(good, kNaN, {}).error(), Unusable::kNonFinite);
  EXPECT_EQ(performance_null(1.5, std::nullopt, {}).error(), Unusable::kImplausible);
  EXPECT_EQ(performance_null(0.1, 0.0, {}).error(), Unusable::kEmptyReference);
}

TEST(Evidence, DR82OneWindowIsTheLikelihoodRatioOfItsCounts) {
  const DriftNull null = a_median(kExact);

  const Updated updated = after(null, 1, 100.0, 70.0);

  EXPECT_EQ(updated.reading, Reading::kEvaluated);
  ASSERT_EQ(updated.state.size(), 2U);
  EXPECT_NEAR(updated.state[0], 4.1523436, 1e-6);
}

TEST(Evidence, DR82TheDesignEffectTempersClumpedObservations) {
  const DriftNull plain = a_median(kExact);
  const DriftNull clumped = a_median(kExact, {.design_effect = 4.0});

  EXPECT_NEAR(after(plain, 1, 100.0, 60.0).state[0], -0.0315263, 1e-6);
  EXPECT_NEAR(after(clumped, 1, 100.0, 60.0).state[0], -0.0078816, 1e-6);
}

TEST(Evidence, DR83ShiryaevRobertsAddsEveryStartingPoint) {
  const DriftNull null = a_median(kExact);

  EXPECT_NEAR(after(null, 2, 100.0, 70.0).state[0], 8.3202924, 1e-5);
  EXPECT_NEAR(after(null, 3, 100.0, 70.0).state[0], 12.4728795, 1e-5);
}

TEST(Evidence, DR83TheCusumVariantKeepsItsBestStartOnly) {
  const DriftNull null = a_median(kExact, {.accumulation = Accumulation::kCusum});

  EXPECT_NEAR(after(null, 3, 100.0, 70.0).state[0], 12.4570309, 1e-5);
}

TEST(Evidence, DR83TheCheckIsTheMeanOfItsComponents) {
  const std::vector<double> state = {0.0, kNone, kNone, kNone};

  EXPECT_NEAR(log_evidence(state), -1.3862944, 1e-6);  // ln(1/4)
  EXPECT_EQ(log_evidence(std::vector<double>(3, kNone)), kNone);
}

TEST(Evidence, DR83WithoutAComponentNothingIsTestable) {
  const DriftNull null = a_median(kExact, {.delta = 0.6});

  const Updated updated = after(null, 1, 100.0, 90.0);

  EXPECT_EQ(updated.reading, Reading::kNothingTestable);
  EXPECT_EQ(updated.log_evidence, kNone);
  EXPECT_DOUBLE_EQ(updated.effect, 0.4);
}

struct PresetCase {
  const char* name;
  Sensitivity preset;
  double boundary;  // delta + eta/2
};

class Presets : public ::testing::TestWithParam<PresetCase> {};

TEST_P(Presets, DR84EvidenceGrowsBeyondHalfTheBetAndShrinksBelowIt) {
  const auto [name, preset, boundary] = GetParam();
  const DriftNull null = a_median(kExact, {.delta = preset.delta, .eta = preset.eta});

  const double below = after(null, 20, 1'000.0, 1'000.0 * (0.5 + boundary - 0.01)).state[0];
  const double above = after(null, 20, 1'000.0, 1'000.0 * (0.5 + boundary + 0.01)).state[0];

  EXPECT_LT(below, 0.0);
  EXPECT_GT(above, kLogYear);
}

INSTANTIATE_TEST_SUITE_P(Clocks,
                         Presets,
                         ::testing::Values(PresetCase{"Low", kLowSensitivity, 0.175},
                                           PresetCase{"Medium", kMediumSensitivity, 0.10},
                                           PresetCase{"High", kHighSensitivity, 0.05}),
                         [](const ::testing::TestParamInfo<PresetCase>& preset) {
                           return preset.param.name;
                         });

// The edge of the null: the event's rate is exactly q + delta. 200 windows is the promise, the
// detector keeps it with room to spare (S68: four standard errors of an exponential run length).
TEST(Evidence, DR80AtTheEdgeOfTheNullFalseAlarmsAreRarerThanPromised) {
  constexpr int kRuns = 100;
  constexpr int kPromise = 200;
  const DriftNull null = a_median(kExact, {.reference_z = 0.0, .cap = 1e9});
  double total = 0.0;
  for (int run = 0; run < kRuns; ++run) {
    base::Rng random(99'000 + static_cast<uint64_t>(run));
    Updated updated{.state = fresh_state(null), .log_evidence = kNone};
    int windows = 0;
    for (; windows < 20'000 && updated.log_evidence < std::log(kPromise); ++windows) {
      std::array<double, 1> hits = {0.0};
      for (int i = 0; i < 50; ++i) hits[0] += random.unit() < 0.55 ? 1.0 : 0.0;
      updated = update(std::move(updated.state), {.n = 50.0, .k = hits}, null);
    }
    total += windows;
  }
  const double mean = total / kRuns;

  EXPECT_GT(mean - 4.0 * mean / std::sqrt(kRuns), kPromise);
}

TEST(Evidence, DR85ARestartBetweenTwoWindowsChangesNothing) {
  const std::vector<double> cdf = {0.1, 0.25, 0.5, 0.75, 0.9};
  const DriftNull null = event_null(cdf, 50'000.0, {}).value();
  std::vector<double> running = fresh_state(null);
  std::vector<double> restarted = running;
  base::Rng random(7);
  for (int window = 0; window < 200; ++window) {
    std::array<double, 5> hits{};
    double below = 0.0;
    for (double& k : hits) k = (below += std::floor(random.unit() * 250.0));
    running = update(std::move(running), {.n = 1'300.0, .k = hits}, null).state;
    restarted = update(std::move(restarted), {.n = 1'300.0, .k = hits}, null).state;
    restarted = decode_evidence(encode_evidence(restarted), restarted.size()).value();
  }

  EXPECT_EQ(running, restarted);
}

TEST(Evidence, DR85TheStoredFormIsFloat32LittleEndianInBase64) {
  const std::vector<double> state = {1.0, kNone, -2.5};

  EXPECT_EQ(encode_evidence(state), "v1:AACAPwAAgP8AACDA");
}

struct Damage {
  const char* name;
  std::string text;
  const char* says;
};

class DamagedState : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedState, DR85RestartsTheEvidence) {
  const auto state = decode_evidence(GetParam().text, 1);

  ASSERT_FALSE(state.ok());
  EXPECT_THAT(state.error().message, HasSubstr("EvidenceReset"));
  EXPECT_THAT(state.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    DamagedState,
    ::testing::Values(Damage{"empty", "", "version"},
                      Damage{"next_version", "v2:AACAPw==", "version"},
                      Damage{"not_base64", "v1:AAC*Pw==", "damaged"},
                      Damage{"two_components", "v1:AACAPwAAgD8=", "of other components"},
                      Damage{"half_a_number", "v1:AAA=", "of other components"},
                      Damage{"nan", "v1:AADAfw==", "impossible"},
                      Damage{"plus_infinity", "v1:AACAfw==", "impossible"}),
    [](const ::testing::TestParamInfo<Damage>& damage) { return damage.param.name; });

TEST(Evidence, DR86SmallPValuesAreEvidenceAndNoneIsInfinite) {
  EXPECT_DOUBLE_EQ(e_of_p(1.0), 0.5);
  EXPECT_DOUBLE_EQ(e_of_p(0.0001), 50.0);
  EXPECT_DOUBLE_EQ(e_of_p(0.0), 500'000.0);
}

TEST(Evidence, DR87ARareEventHasItsOwnToleranceAndCap) {
  const DriftNull null = performance_null(0.021, std::nullopt, {}).value();
  const DriftNull counted = performance_null(0.021, 9'800.0, {}).value();

  ASSERT_EQ(null.components.size(), 1U);
  EXPECT_EQ(null.components[0].side, Side::kMore);
  EXPECT_DOUBLE_EQ(null.components[0].null_rate, 0.02625);
  EXPECT_DOUBLE_EQ(null.components[0].bet_rate, 0.03675);
  EXPECT_NEAR(null.cap, 4'890.27446665444, 1e-6);
  EXPECT_NEAR(counted.components[0].null_rate, 0.03101522984755, 1e-12);
}

TEST(Evidence, DR87AToleranceOfTheUserReplacesTheDefault) {
  const DriftNull null = performance_null(0.10, std::nullopt, {.delta = 0.03}).value();

  EXPECT_DOUBLE_EQ(null.components[0].null_rate, 0.13);
  EXPECT_DOUBLE_EQ(null.components[0].bet_rate, 0.18);
  EXPECT_DOUBLE_EQ(null.delta, 0.03);
  EXPECT_DOUBLE_EQ(null.eta, 0.05);
}

TEST(Evidence, DR87ADoubledRateIsFoundAndAQuarterMoreNever) {
  const DriftNull null = performance_null(0.021, 9'800.0, {}).value();

  EXPECT_GT(after(null, 3, 3'000.0, 126.0).log_evidence, kLogYear);
  EXPECT_GT(after(null, 30, 300.0, 12.6).log_evidence, kLogYear);
  EXPECT_LT(after(null, 1'000, 3'000.0, 78.75).log_evidence, 0.0);
}

TEST(Evidence, DR87FewerBadOnesAreNoEffect) {
  const DriftNull null = performance_null(0.10, 9'800.0, {}).value();

  EXPECT_DOUBLE_EQ(after(null, 1, 1'000.0, 20.0).effect, 0.0);
  EXPECT_NEAR(after(null, 1, 1'000.0, 150.0).effect, 0.05, 1e-12);
}

// Two counters of the same requests are extrapolated one by one and may disagree a little.
TEST(Evidence, DR87AllBadIsReadThoughTheCounterOfBadOnesIsALittleAhead) {
  const DriftNull null = performance_null(0.021, 9'800.0, {}).value();

  EXPECT_EQ(after(null, 1, 1'000.0, 1'004.0).reading, Reading::kEvaluated);
  EXPECT_EQ(after(null, 1, 1'000.0, 1'004.0).state, after(null, 1, 1'000.0, 1'000.0).state);
  EXPECT_EQ(after(null, 1, 1'000.0, 1'100.0).reading, Reading::kImplausible);
}

TEST(Evidence, DR87BoundedScoresAreBetOnDirectly) {
  EXPECT_NEAR(log_e_of_score(0.5, 0.1, 0.5), 1.0986123, 1e-6);  // ln(1 + 5 * 0.4)
  EXPECT_NEAR(log_e_of_score(9.0, 0.5, 0.5), 0.4054651, 1e-6);  // counts as 1: ln(1 + 1 * 0.5)
  EXPECT_NEAR(log_e_of_score(0.0, 0.1, 0.9), -2.3025851, 1e-6);
}

TEST(Evidence, DR104AMaximumIsItsOwnNullRate) {
  const DriftNull null = quality_null(0.05, {}).value();

  ASSERT_EQ(null.components.size(), 1U);
  EXPECT_DOUBLE_EQ(null.components[0].null_rate, 0.05);
  EXPECT_DOUBLE_EQ(null.components[0].bet_rate, 0.075);
  EXPECT_LT(after(null, 100, 1'000.0, 50.0).log_evidence, 0.0);
  EXPECT_GT(after(null, 10, 1'000.0, 90.0).log_evidence, kLogYear);
}

TEST(Evidence, DR104NothingMayBeMissingIsAMaximumToo) {
  const DriftNull null = quality_null(0.0, {}).value();

  EXPECT_GT(after(null, 1, 1'000.0, 5.0).log_evidence, kLogYear);
  EXPECT_LE(after(null, 100, 1'000.0, 0.0).log_evidence, 0.0);
}

TEST(Evidence, DR44ALostCutTakesItsEvidenceAndItsWeightAlong) {
  const std::vector<double> cdf = {0.25, 0.5};
  const DriftNull null = event_null(cdf, kExact, {}).value();
  const std::array<double, 2> both = {450.0, 700.0};
  const std::array<double, 2> one = {450.0, kNaN};
  std::vector<double> state = update(fresh_state(null), {.n = 1'000.0, .k = both}, null).state;

  const Updated updated = update(std::move(state), {.n = 1'000.0, .k = one}, null);

  EXPECT_EQ(updated.reading, Reading::kEvaluated);
  ASSERT_EQ(updated.state.size(), 4U);  // the mean is still over four
  EXPECT_GT(updated.state[0], 0.0);
  EXPECT_EQ(updated.state[2], kNone);
  EXPECT_EQ(updated.state[3], kNone);
  EXPECT_NEAR(updated.effect, 0.20, 1e-12);
}

TEST(Evidence, DR94TheEffectIsTheLargestGapOfAnyEvent) {
  const std::vector<double> cdf = {0.25, 0.5, 0.75};
  const DriftNull null = event_null(cdf, kExact, {}).value();
  const std::array<double, 3> hits = {10.0, 30.0, 74.0};

  const Updated updated = update(fresh_state(null), {.n = 100.0, .k = hits}, null);

  EXPECT_NEAR(updated.effect, 0.20, 1e-12);
}

TEST(Evidence, DR96WithoutEvidenceACheckIsAtRest) {
  const DriftNull null = a_median(kExact);

  EXPECT_TRUE(is_at_rest(fresh_state(null), null.accumulation));
  EXPECT_TRUE(is_at_rest(after(null, 5, 100.0, 55.0).state, null.accumulation));
  EXPECT_FALSE(is_at_rest(after(null, 5, 100.0, 70.0).state, null.accumulation));
}

TEST(Evidence, DR96TheCusumVariantRestsWhenNoComponentIsAboveZero) {
  EXPECT_TRUE(is_at_rest(std::vector<double>{-1.0, 0.0}, Accumulation::kCusum));
  EXPECT_FALSE(is_at_rest(std::vector<double>{-1.0, 0.1}, Accumulation::kCusum));
}

struct BadWindow {
  const char* name;
  double n;
  double k;
};

class ImplausibleWindow : public ::testing::TestWithParam<BadWindow> {};

TEST_P(ImplausibleWindow, DR60ChangesNothing) {
  const DriftNull null = a_median(kExact);
  const std::vector<double> before = after(null, 3, 100.0, 70.0).state;
  const std::array<double, 1> hits = {GetParam().k};

  const Updated updated = update(before, {.n = GetParam().n, .k = hits}, null);

  EXPECT_EQ(updated.reading, Reading::kImplausible);
  EXPECT_EQ(updated.state, before);
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    ImplausibleWindow,
    ::testing::Values(BadWindow{"nan", kNaN, 1.0},
                      BadWindow{"negative", -1.0, 0.0},
                      BadWindow{"infinite", std::numeric_limits<double>::infinity(), 1.0},
                      BadWindow{"negative_hits", 100.0, -1.0},
                      BadWindow{"hits_of_nobody", 0.0, 5.0},
                      BadWindow{"infinite_hits", 10.0, std::numeric_limits<double>::infinity()}),
    [](const ::testing::TestParamInfo<BadWindow>& window) { return window.param.name; });

TEST(Evidence, HugeCountsStayFinite) {
  const DriftNull null = a_median(kExact, {.cap = 1e300});

  const Updated updated = after(null, 3, 1e300, 1e300);

  EXPECT_EQ(updated.reading, Reading::kEvaluated);
  EXPECT_TRUE(std::isfinite(updated.log_evidence));
  EXPECT_TRUE(decode_evidence(encode_evidence(updated.state), 2).ok());
}

// ---- DR-143: each of these fails when its term is dropped ----

// The reference's 1,000 rows may be off by 0.052; a window that is off by as much is no drift.
TEST(EvidenceGuards, DR143DroppingTheReferenceTermWouldAlarmOnAThinReference) {
  const DriftNull null = a_median(1'000.0);

  const Updated updated = after(null, 50, 500.0, 305.0);

  EXPECT_THAT(updated.state[0], DoubleNear(-9.5583, 1e-3));
  EXPECT_LT(updated.log_evidence, 0.0);
}

// A burst of a million requests is no more evidence than 500.
TEST(EvidenceGuards, DR143DroppingTheCapWouldLetABurstShout) {
  const DriftNull null = a_median(kExact);

  const Updated burst = after(null, 1, 1e6, 1e6);

  EXPECT_THAT(burst.state[0], DoubleNear(83.5198, 1e-3));
  EXPECT_EQ(burst.state, after(null, 1, 500.0, 500.0).state);
}

// Evidence begins at every window: quiet months do not have to be won back, and the first window of
// all counts.
TEST(EvidenceGuards, DR143DroppingTheOneInShiryaevRobertsWouldNeverBegin) {
  const DriftNull null = a_median(kExact);
  const std::array<double, 1> drifted = {70.0};
  std::vector<double> quiet = after(null, 1'000, 100.0, 50.0).state;

  const Updated updated = update(std::move(quiet), {.n = 100.0, .k = drifted}, null);

  EXPECT_NEAR(after(null, 1, 100.0, 70.0).state[0], 4.1523, 1e-3);
  EXPECT_GT(updated.state[0], 4.15);
}

// A feature that falls makes "at most the median" rarer than no drift allows, or more frequent,
// depending on its direction; only the − side sees the first.
TEST(EvidenceGuards, DR143DroppingTheMinusSideWouldMissHalfOfAllDrifts) {
  const DriftNull null = a_median(kExact);

  EXPECT_EQ(null.components.size(), 2U);
  EXPECT_GT(after(null, 5, 100.0, 30.0).log_evidence, kLogYear);
  EXPECT_GT(after(null, 5, 100.0, 70.0).log_evidence, kLogYear);
}

// An outage is no evidence, neither way: not a bit of the state moves.
TEST(EvidenceGuards, DR143DroppingTheNoDataExemptionWouldCountAnOutage) {
  const DriftNull null = a_median(kExact);
  const std::vector<double> before = after(null, 3, 100.0, 62.0).state;
  const std::array<double, 1> none = {0.0};
  const std::array<double, 1> unknown = {kNaN};

  Updated updated{.state = before};
  for (int window = 0; window < 1'000; ++window) {
    updated = update(std::move(updated.state), {.n = 0.0, .k = none}, null);
  }
  const Updated without_cuts = update(before, {.n = 100.0, .k = unknown}, null);

  EXPECT_EQ(updated.reading, Reading::kNoData);
  EXPECT_EQ(updated.state, before);
  EXPECT_EQ(without_cuts.reading, Reading::kNoData);
  EXPECT_EQ(without_cuts.state, before);
}

}  // namespace
}  // namespace kaizen::stats
