#include "core/rollout/evidence.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "api/object.h"
#include "core/extensions.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/evidence_test_support.h"
#include "schema/codec.h"

namespace kaizen::core {
namespace {

using namespace testing_support;  // NOLINT: the words of these tests
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const Reading kHealthy = healthy_tick();
const Reading kSick = sick_tick();

// ---- whole steps ----

TEST(Evidence, ST11AHealthyCanaryGetsNoHarm) {
  Story story;
  story.begin();
  const Evidence& first = story.tick(errors({.n = 300, .bad = 2}, {.n = 30, .bad = 0}));
  EXPECT_FALSE(first.no_harm) << "30 of 50 requests";
  EXPECT_EQ(first.missing, "errorRate: 30 of 50 canary requests");
  const Evidence& second = story.tick(errors({.n = 300, .bad = 2}, {.n = 30, .bad = 0}));
  EXPECT_TRUE(second.no_harm);
  EXPECT_TRUE(second.data);
  EXPECT_FALSE(second.harm);
  EXPECT_FALSE(second.evidence);
  EXPECT_EQ(second.missing, "");
  EXPECT_EQ(second.metrics_reason, "Available");
  EXPECT_EQ(story.row("errorRate").canary->n, 60);
  EXPECT_EQ(story.row("errorRate").stable->bad, 4);
  EXPECT_EQ(story.row("errorRate").verdict, "NoHarm");
}

TEST(Evidence, ST11OutsideTheMarginIsNotNoHarm) {
  Story story;
  story.begin();
  // 2 % against 0.5 % + 0.5 points.
  const Evidence& evidence = story.tick(errors({.n = 1000, .bad = 5}, {.n = 100, .bad = 2}));
  EXPECT_FALSE(evidence.no_harm);
  EXPECT_FALSE(evidence.harm);
  EXPECT_EQ(evidence.missing,
            "errorRate: canary 2% is outside the margin stable + 0.5% with stable 0.5%");
}

TEST(Evidence, ST11EvidenceNeedsWealthForEveryWeightedMetric) {
  Story story(R"({"analysis":{"require":"Evidence"}})");
  story.begin();
  const Evidence& early = story.ticks(3, kHealthy);
  EXPECT_TRUE(early.no_harm);
  EXPECT_FALSE(early.evidence);
  EXPECT_THAT(early.missing, HasSubstr("errorRate: evidence "));
  const Evidence& late = story.ticks(40, kHealthy);
  EXPECT_TRUE(late.evidence);
  EXPECT_EQ(late.missing, "");
  EXPECT_EQ(story.row("errorRate").verdict, "Pass");
}

TEST(Evidence, ST16SaysWhatRemains) {
  Story story(R"({"analysis":{"require":"Evidence"}})");
  story.begin();
  const Evidence& evidence = story.ticks(4, kHealthy);
  ASSERT_TRUE(story.row("errorRate").remaining) << evidence.missing;
  const api::RemainingStatus remaining = *story.row("errorRate").remaining;
  EXPECT_GT(*remaining.requests, 0);
  EXPECT_NE(remaining.time, "");
  EXPECT_THAT(evidence.missing, HasSubstr("about " + std::to_string(*remaining.requests) +
                                          " more requests (" + remaining.time + ")"));
  EXPECT_EQ(story.row("errorRate").interval.size(), 2U);
  EXPECT_EQ(story.row("errorRate").effect, "-0.185%");
}

TEST(Evidence, ST16WealthThatDoesNotGrowHasNoRemainingTime) {
  Story story(R"({"analysis":{"require":"Evidence"}})");
  story.begin();
  const Evidence& evidence = story.ticks(8, errors({.n = 1000, .bad = 5}, {.n = 100, .bad = 1}));
  EXPECT_TRUE(evidence.no_harm) << evidence.missing;
  EXPECT_FALSE(story.row("errorRate").remaining);
  EXPECT_THAT(evidence.missing, HasSubstr(", not growing"));
}

TEST(Evidence, ST10FivePercentErrorsAreHarmAndTheMessageNamesTheNumbers) {
  Story story;
  story.begin();
  int ticks = 0;
  while (!story.last.harm && ticks < 20) {
    story.tick(kSick);
    ++ticks;
  }
  ASSERT_TRUE(story.last.harm);
  EXPECT_LE(ticks, 4);
  EXPECT_EQ(story.last.blame, "errorRate");
  const std::string n = std::to_string(300 * ticks);
  EXPECT_THAT(story.last.harm_message, HasSubstr("errorRate: canary "));
  EXPECT_THAT(story.last.harm_message, HasSubstr(" of " + n + " requests bad (5%)"));
  EXPECT_THAT(story.last.harm_message, HasSubstr("requests bad (0.519%), margin stable + 0.5%"));
  EXPECT_THAT(story.last.harm_message, HasSubstr("reached the limit 20"));
  EXPECT_FALSE(story.last.no_harm);
  EXPECT_EQ(story.status().verdict, "Fail");
  EXPECT_EQ(story.status().limit, "20");
  EXPECT_EQ(story.row("errorRate").verdict, "Fail");
}

TEST(Evidence, ST6HarmStaysOnceFoundAndNothingMoreIsAsked) {
  Story story;
  story.begin();
  story.ticks(6, kSick);
  ASSERT_TRUE(story.last.harm);
  const std::string message = story.last.harm_message;
  story.now = story.now + std::chrono::minutes(3);
  story.decide();
  EXPECT_TRUE(story.last.harm);
  EXPECT_EQ(story.last.harm_message, message);
  EXPECT_THAT(story.last.probes, IsEmpty());
}

TEST(Evidence, ST13AHardLimitActsOnTheCanaryAlone) {
  Story story;
  story.begin();
  // A shared outage: no harm against stable, but beyond what anybody accepts (20 %).
  story.ticks(2, errors({.n = 900, .bad = 540}, {.n = 100, .bad = 60}));
  EXPECT_FALSE(story.last.harm);
  EXPECT_TRUE(story.last.hard_limit);
  EXPECT_EQ(story.last.blame, "errorRate");
  EXPECT_THAT(story.last.harm_message,
              HasSubstr("errorRate: 120 of 200 requests bad (60%), above the hard limit 20%"));
  EXPECT_FALSE(story.last.no_harm);
  EXPECT_EQ(story.status().verdict, "Fail");
}

TEST(Evidence, ST7TheBoundIsTheSumOfWhatMayRollBack) {
  Story plain;
  plain.begin();
  EXPECT_EQ(plain.status().false_rollback_bound, "5.5%");
  Story bake(R"({"bake":{"onFailure":"Rollback"}})");
  bake.begin();
  EXPECT_EQ(bake.status().false_rollback_bound, "10.5%");
  Story strict(R"({"analysis":{"test":{"alpha":"0.01"},"errorRate":{"weight":0},
                   "latency":{"threshold":"300ms"}}})");
  strict.begin();
  EXPECT_EQ(strict.status().false_rollback_bound, "1%");
  EXPECT_EQ(strict.status().limit, "100");
}

// The harm wealth is carried over a step, the no-harm wealth is not (ST-7, ST-9).
TEST(Evidence, ST7HarmRunsOverStepsAndEvidenceBelongsToOne) {
  Story story;
  story.begin();
  story.ticks(2, errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 5}));
  ASSERT_FALSE(story.last.harm);
  const std::string harm = story.row("errorRate").harm;
  story.begin_step();
  EXPECT_EQ(story.row("errorRate").harm, harm);
  EXPECT_EQ(story.row("errorRate").no_harm, "1");
  EXPECT_FALSE(story.row("errorRate").canary);
  EXPECT_EQ(story.status().verdict, "Inconclusive");
}

TEST(Evidence, ST11ThePassingWordWaitsForTheHold) {
  Story story;
  story.object.status.step->hold_until = at_second(240);
  story.begin();
  story.ticks(4, kHealthy);
  EXPECT_TRUE(story.last.no_harm);
  EXPECT_EQ(story.status().verdict, "Inconclusive");
  story.now = at_second(240);
  story.decide();
  EXPECT_EQ(story.status().verdict, "NoHarm");
}

// ---- metrics of every kind ----

TEST(Evidence, ST14SlowRequestsAreJudgedAndBothThresholdsShown) {
  Story story(R"({"slo":{"latency":{"quantile":"0.99","threshold":"300ms"}}})");
  story.begin();
  SignalReading slow = counts_of("latency", {.n = 2700, .bad = 27}, {.n = 300, .bad = 60});
  slow.threshold_used = std::chrono::milliseconds(500);
  story.decide();
  EXPECT_EQ(story.answer(0, reading_of({kHealthy.signals[0], slow})).harm, false);
  EXPECT_EQ(script().parsed.back().signals.at(1).kind, SignalKind::kLatency);
  EXPECT_EQ(script().parsed.back().signals.at(1).threshold, std::chrono::milliseconds(300));
  EXPECT_EQ(story.row("latency").threshold, "300ms, judged at 500ms");
  story.ticks(3, reading_of({kHealthy.signals[0], slow}));
  EXPECT_TRUE(story.last.harm);
  EXPECT_EQ(story.last.blame, "latency");
  EXPECT_THAT(story.last.harm_message, HasSubstr("latency: canary "));
  EXPECT_EQ(story.row("errorRate").verdict, "NoHarm");
}

TEST(Evidence, RO20AMetricWithoutDataBlocksThePassingOfTheOthers) {
  Story story(R"({"analysis":{"latency":{"threshold":"9s"}}})");
  story.begin();
  SignalReading vacuous;
  vacuous.name = "latency";
  vacuous.reason = "ThresholdAboveBuckets";
  vacuous.message = "9s is above the last bucket; add buckets";
  story.ticks(4, reading_of({kHealthy.signals[0], vacuous}));
  EXPECT_EQ(story.row("errorRate").verdict, "NoHarm");
  EXPECT_FALSE(story.last.no_harm);
  EXPECT_FALSE(story.last.data);
  EXPECT_EQ(story.last.metrics_reason, "ThresholdAboveBuckets");
  EXPECT_EQ(story.last.metrics_message,
            "metric source main: 9s is above the last bucket; add buckets");
  EXPECT_EQ(story.last.missing, "latency: 0 of 50 canary requests");
}

TEST(Evidence, RO20AReportOnlyMetricBlocksNothing) {
  Story story(R"({"analysis":{"latency":{"threshold":"9s","weight":0}}})");
  story.begin();
  story.ticks(2, reading_of({kHealthy.signals[0]}));
  EXPECT_TRUE(story.last.no_harm);
  EXPECT_TRUE(story.last.data);
  EXPECT_EQ(story.last.metrics_reason, "Available");
  EXPECT_THAT(story.row("latency").last_error, Not(IsEmpty()));
}

TEST(Evidence, RO20NothingWithWeightIsNeverAPass) {
  Story story(R"({"analysis":{"errorRate":{"weight":0}}})");
  story.begin();
  story.ticks(4, kHealthy);
  EXPECT_FALSE(story.last.no_harm);
  EXPECT_THAT(story.last.missing, HasSubstr("no metric has weight"));
}

constexpr const char* kCustom = R"json({"analysis":{"errorRate":{"weight":0},"metrics":[
  {"name":"accepted","type":"Ratio","numerator":"n","denominator":"d","direction":"LowerIsWorse",
   "tolerance":"2%","hardLimit":"50%"}]}})json";

// The source counts what was not accepted; the limit is on that share.
TEST(Evidence, ST10LowerIsWorseCountsTheComplement) {
  Story story(kCustom);
  story.begin();
  story.ticks(4, reading_of({counts_of("accepted", {.n = 900, .bad = 90}, {.n = 100, .bad = 12})}));
  EXPECT_TRUE(script().parsed.back().signals.at(1).complement);
  EXPECT_TRUE(story.last.no_harm) << story.last.missing;
  EXPECT_FALSE(story.last.hard_limit);
  Story worse(kCustom);
  worse.begin();
  worse.ticks(2,
              reading_of({counts_of("accepted", {.n = 900, .bad = 800}, {.n = 100, .bad = 90})}));
  EXPECT_TRUE(worse.last.hard_limit);
  EXPECT_THAT(worse.last.harm_message, HasSubstr("above the hard limit 50%"));
}

TEST(Evidence, ST10BothDirectionsAreHarm) {
  Story story(R"json({"analysis":{"errorRate":{"weight":0},"metrics":[
    {"name":"rejected","type":"Ratio","numerator":"n","denominator":"d","direction":"Both",
     "tolerance":"2%"}]}})json");
  story.begin();
  story.ticks(8, reading_of({counts_of("rejected", {.n = 900, .bad = 450}, {.n = 100, .bad = 2})}));
  EXPECT_TRUE(story.last.harm);
  EXPECT_THAT(story.last.harm_message, HasSubstr("requests counted (2%)"));
}

// `phase: Bake` is measured before promotion and judged after it.
TEST(Evidence, ST10AMetricOfBakeHasNoSayBeforeIt) {
  Story story(R"json({"analysis":{"metrics":[{"name":"refunds","type":"Ratio","numerator":"n",
    "denominator":"d","phase":"Bake"}]}})json");
  story.begin();
  const Reading reading = reading_of(
      {kHealthy.signals[0], counts_of("refunds", {.n = 900, .bad = 1}, {.n = 100, .bad = 60})});
  story.ticks(8, reading);
  EXPECT_FALSE(story.last.harm);
  EXPECT_TRUE(story.last.no_harm);
  EXPECT_EQ(story.row("refunds").canary->bad, 480);
}

// MD-15, R3-18: status has room for what twenty metrics need, whatever they count.
TEST(Evidence, MD15TwentyMetricsFitInStatus) {
  std::string metrics;
  std::vector<SignalReading> signals = {
      counts_of("errorRate", {.n = 4'000'000'000, .bad = 1'999'999'999},
                {.n = 4'000'000'000, .bad = 1'999'999'998}),
      counts_of("latency", {.n = 4'000'000'000, .bad = 1'999'999'999},
                {.n = 4'000'000'000, .bad = 1'999'999'998})};
  for (int i = 0; i < 18; ++i) {
    const std::string name = "a-metric-with-the-longest-name-allowed" + std::to_string(10 + i);
    ASSERT_EQ(name.size(), 40U);
    metrics += (i == 0 ? "" : ",") + std::string(R"({"name":")") + name +
               R"(","type":"Ratio","numerator":"n","denominator":"d","direction":"Both",)" +
               R"("hardLimit":"99%"})";
    signals.push_back(counts_of(name, {.n = 4'000'000'000, .bad = 1'999'999'999},
                                {.n = 4'000'000'000, .bad = 1'999'999'998}));
  }
  Story story(R"({"analysis":{"latency":{"threshold":"1s"},"metrics":[)" + metrics + "]}}");
  story.begin();
  story.ticks(25, reading_of(signals));
  EXPECT_EQ(story.last.invalid_query, "");
  EXPECT_THAT(story.status().metrics, SizeIs(20));
  EXPECT_LE(story.status().state.size(), 12288U);
  for (SignalReading& signal : signals) {
    signal = SignalReading{.name = signal.name,
                           .stable = {},
                           .canary = {},
                           .reason = "QueryFailed",
                           .message = std::string(4000, 'x'),
                           .threshold_used = {}};
  }
  story.ticks(2, reading_of(signals));
  story.object.status.steps.resize(10, Story::step(50, 600));
  const api::HistoryEntry ended{.revision = "4be2a9905d",
                                .version = "2026-07-14",
                                .digest = "sha256:" + std::string(64, 'a'),
                                .training_run = "credit-limit-nightly-abc-j5fwma4h",
                                .outcome = "RolledBack",
                                .verdict = "Inconclusive",
                                .reason = "ProgressDeadlineExceeded",
                                .started_at = at_second(0),
                                .ended_at = at_second(9)};
  story.object.status.history.assign(20, ended);
  const api::Condition condition{.type = "MetricsAvailable",
                                 .status = "False",
                                 .reason = "ErrorsUnavailable",
                                 .message = std::string(512, 'x'),
                                 .observed_generation = 12,
                                 .last_transition_time = at_second(0)};
  story.object.status.conditions.assign(9, condition);
  fit_status(story.object.status);  // what is too much goes from the end of history
  EXPECT_LE(schema::encode(story.object.status).size(), 32U * 1024);
  EXPECT_GE(story.object.status.history.size(), 10U);
}

TEST(Evidence, MD15MoreMetricsThanFitAreRefusedByName) {
  std::string metrics;
  for (int i = 0; i < 20; ++i) {
    metrics += (i == 0 ? "" : ",") + std::string(R"({"name":"m)") + std::to_string(i) +
               R"(","type":"Ratio","numerator":"n","denominator":"d"})";
  }
  Story story(R"({"analysis":{"metrics":[)" + metrics + "]}}");
  story.begin();
  story.decide();
  EXPECT_EQ(story.last.invalid_query,
            "spec.analysis: 21 metrics, errorRate and latency included; at most 20 can be judged");
}

// ---- beginnings and ends ----

TEST(Evidence, RO18AnAnalysisThatIsCutShortNeverPasses) {
  Story story;
  story.object.status.step->hold_until = at_second(0);
  story.begin();
  story.ticks(4, kHealthy);
  ASSERT_EQ(story.status().verdict, "NoHarm");
  api::AnalysisStatus skipped = story.status();
  close_analysis(skipped, "Skipped");
  EXPECT_EQ(skipped.verdict, "Skipped");
  EXPECT_EQ(skipped.state, "");
  EXPECT_EQ(skipped.metrics, story.status().metrics) << "what was measured stays readable";
  EXPECT_DEATH(close_analysis(skipped, "Pass"), "never passes");
}

TEST(Evidence, RO18AFoundHarmStaysAVerdict) {
  Story story;
  story.begin();
  story.ticks(6, kSick);
  api::AnalysisStatus status = story.status();
  close_analysis(status, "Inconclusive");
  EXPECT_EQ(status.verdict, "Fail");
}

TEST(Evidence, RO28AClosedAnalysisLeavesNothingBehind) {
  Story story;
  story.begin();
  story.ticks(2, kHealthy);
  close_analysis(*story.object.status.analysis, "Skipped");
  story.input.sampling = Sampling::kNone;
  story.decide();
  EXPECT_THAT(story.last.probes, IsEmpty());
  EXPECT_FALSE(story.last.next_at);
  EXPECT_EQ(story.last.status, story.object.status.analysis);
}

TEST(Evidence, RO37MarginsOfTheRunningStepStay) {
  Story story;
  story.begin();
  story.ticks(2, errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 3}));
  ASSERT_TRUE(story.last.no_harm);
  const std::string harm = story.row("errorRate").harm;
  story.set_spec(R"({"analysis":{"errorRate":{"tolerance":"0.1%"}}})");
  story.decide();
  EXPECT_TRUE(story.last.no_harm) << "1 % is inside 0.52 % + 0.5 points";
  story.begin_step();
  EXPECT_EQ(story.row("errorRate").harm, harm);
  story.input.samples_from = story.now;
  story.ticks(2, errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 3}));
  EXPECT_FALSE(story.last.no_harm) << "1 % is outside 0.52 % + 0.1 points";
  EXPECT_THAT(story.last.missing, HasSubstr("margin stable + 0.1%"));
}

TEST(Evidence, RO37AChangedQuestionStartsTheStepsEvidenceAnew) {
  Story story;
  story.begin();
  story.ticks(3, kHealthy);
  ASSERT_TRUE(story.row("errorRate").canary);
  story.set_spec(R"({"analysis":{"latency":{"threshold":"300ms"}}})");
  story.decide();
  EXPECT_FALSE(story.row("errorRate").canary);
  EXPECT_FALSE(story.last.no_harm);
  EXPECT_FALSE(story.last.state_discarded);
  EXPECT_THAT(story.status().metrics, SizeIs(2));
}

}  // namespace
}  // namespace kaizen::core
