#include "core/rollout/evidence.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rollout/evidence_test_support.h"

namespace kaizen::core {
namespace {

using namespace testing_support;  // NOLINT: the words of these tests
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const Reading kHealthy = errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 1});
const Reading kSick = errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 15});

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

// ---- missing data ----

TEST(Evidence, RO19MissingDataChangesNoBet) {
  for (const char* reason : {"QueryFailed", "NoTraffic", "NotScraped", "MultipleSeries",
                             "ErrorsUnavailable", "BucketsNotMonotone"}) {
    Story story;
    story.begin();
    story.ticks(3, kHealthy);
    const api::MetricStatus before = story.row("errorRate");
    const std::string state = story.status().state;
    story.ticks(4, nothing(reason));
    EXPECT_EQ(story.status().state, state) << reason;
    EXPECT_EQ(story.row("errorRate").harm, before.harm);
    EXPECT_EQ(story.row("errorRate").no_harm, before.no_harm);
    EXPECT_EQ(story.row("errorRate").canary, before.canary);
    EXPECT_FALSE(story.last.data);
    EXPECT_THAT(story.row("errorRate").last_error, HasSubstr("fact"));
  }
}

TEST(Evidence, RO20OnlyFailuresNeverPass) {
  Story story;
  story.object.status.step->hold_until = at_second(0);
  story.begin();
  for (int i = 0; i < 40; ++i) {
    story.decide();
    if (i % 3 == 0) story.fail(story.last.probes.size() - 1);
    if (i % 3 == 1) story.answer(story.last.probes.size() - 1, nothing("QueryFailed"));
    if (i % 3 == 2) story.answer(story.last.probes.size() - 1, nothing("MultipleSeries"));
    EXPECT_FALSE(story.last.no_harm);
    EXPECT_FALSE(story.last.evidence);
    EXPECT_FALSE(story.last.harm);
    EXPECT_THAT(story.status().verdict, testing::AnyOf("Inconclusive", "NoData"));
  }
  EXPECT_EQ(story.last.missing, "errorRate: 0 of 50 canary requests");
}

TEST(Evidence, RO21SeveralSeriesAreNoData) {
  Story story;
  story.begin();
  story.tick(nothing("MultipleSeries", "errorRate: 2 series came back"));
  EXPECT_EQ(story.last.metrics_reason, "MultipleSeries");
  EXPECT_EQ(story.last.metrics_message, "errorRate: 2 series came back");
  EXPECT_FALSE(story.last.data);
  EXPECT_FALSE(story.row("errorRate").canary);
}

TEST(Evidence, RO22NoTrafficIsNoDataAfterAWhile) {
  Story story;
  story.object.status.step->hold_until = at_second(0);
  story.begin();
  const Reading silent = errors({.n = 0, .bad = 0}, {.n = 0, .bad = 0});
  story.tick(silent);
  EXPECT_FALSE(story.last.no_data_expired);
  EXPECT_EQ(story.last.metrics_reason, "Available") << "the source answered";
  while (story.now < at_second(299)) story.tick(silent);
  EXPECT_TRUE(story.last.no_data_expired);
  EXPECT_EQ(story.last.metrics_reason, "NoTraffic");
  EXPECT_EQ(story.last.metrics_message,
            "errorRate: no request in either arm at the last tick; send traffic");
  EXPECT_EQ(story.status().verdict, "NoData");
  EXPECT_FALSE(story.last.harm);
  EXPECT_FALSE(story.last.no_harm);
}

TEST(Evidence, RO22ACanaryWithoutRequestsIsNoDataToo) {
  Story story;
  story.begin();
  story.tick(errors({.n = 900, .bad = 4}, {.n = 0, .bad = 0}));
  EXPECT_FALSE(story.last.data);
  EXPECT_THAT(story.status().last_error, HasSubstr("no request in the canary"));
  EXPECT_FALSE(story.status().last_data);
}

TEST(Evidence, RO23NoErrorsAreZeroErrors) {
  Story story;
  story.begin();
  story.tick(errors({.n = 900, .bad = 0}, {.n = 100, .bad = 0}));
  EXPECT_TRUE(story.last.data);
  EXPECT_TRUE(story.last.no_harm);
  EXPECT_EQ(story.row("errorRate").canary->rate, "0%");
}

TEST(Evidence, RO24SilenceForEverIsSaid) {
  Story story;
  story.begin();
  story.decide();
  EXPECT_FALSE(story.last.no_data_expired);
  EXPECT_EQ(story.last.metrics_reason, "");
  story.now = at_second(300);  // noData.after, default 5m
  story.decide();
  EXPECT_TRUE(story.last.no_data_expired);
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  EXPECT_THAT(story.last.metrics_message, HasSubstr("metric source main has given no answer"));
}

TEST(Evidence, RO24LostDataExpiresFiveMinutesAfterTheLastAndComesBack) {
  Story story;
  story.begin();
  story.ticks(2, kHealthy);
  const base::Time last = *story.status().last_data;
  story.now = last + std::chrono::seconds(299);
  EXPECT_FALSE(story.decide().no_data_expired);
  EXPECT_EQ(story.last.next_at, last + std::chrono::seconds(300));
  story.now = last + std::chrono::seconds(300);
  EXPECT_TRUE(story.decide().no_data_expired);
  EXPECT_FALSE(story.last.no_harm) << "nobody is promoted blind";
  story.answer(0, kHealthy);
  EXPECT_FALSE(story.last.no_data_expired);
  EXPECT_TRUE(story.last.data);
  EXPECT_EQ(story.last.metrics_reason, "Available");
}

TEST(Evidence, RO24NoDataNeverExpiresBeforeOneTickCouldAnswer) {
  Story story(R"({"analysis":{"noData":{"after":"5s"}}})");
  story.begin();
  story.now = at_second(74);
  EXPECT_FALSE(story.decide().no_data_expired);
  story.now = at_second(75);  // two intervals and the scrape interval
  EXPECT_TRUE(story.decide().no_data_expired);
}

// ---- ticks ----

TEST(Evidence, RO25NoTickBeginsBeforeSamplesFrom) {
  Story story;
  story.input.samples_from = at_second(1);
  story.begin();
  story.decide();
  ASSERT_THAT(story.last.probes, SizeIs(1));
  // samples_from + scrape interval = 16 s, so the first clean instant is 30 s.
  EXPECT_EQ(story.last.probes[0].requests[0].target, "/tick?from=1784000130&to=1784000160");
  story.answer(0, kHealthy);
  EXPECT_EQ(story.status().last_tick, at_second(60));
}

TEST(Evidence, A31SettlingAsksNothingAndCountsNothing) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const std::string state = story.status().state;
  story.input.sampling = Sampling::kSettling;
  story.now = story.now + std::chrono::minutes(4);
  story.decide();
  EXPECT_THAT(story.last.probes, IsEmpty());
  EXPECT_EQ(story.status().state, state);
  EXPECT_FALSE(story.last.no_data_expired);
}

// The next weight is on its way: what the last step counted cannot carry this one as well.
TEST(Evidence, A31SettlingNeverMeetsARequirement) {
  Story story;
  story.object.status.step->hold_until = at_second(0);
  story.begin();
  story.ticks(3, kHealthy);
  ASSERT_TRUE(story.last.no_harm);
  story.input.sampling = Sampling::kSettling;
  story.decide();
  EXPECT_FALSE(story.last.no_harm);
  EXPECT_FALSE(story.last.evidence);
  EXPECT_EQ(story.status().verdict, "NoHarm") << "the word of the step that passed";
}

// The weight rose meanwhile: an answer to a question of before is nobody's evidence.
TEST(Evidence, A31AnAnswerFromBeforeTheStepIsNotRead) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  story.decide();
  const Probe old = story.last.probes.at(0);
  story.begin_step();
  story.input.samples_from = story.now + std::chrono::seconds(60);
  script().readings.push_back(kSick);
  base::HttpResponse response;
  response.body = std::to_string(script().readings.size() - 1);
  story.snapshot.answers = {{.id = old.id, .responses = {response}}};
  const size_t parsed = script().parsed.size();
  story.now = story.now + std::chrono::seconds(200);
  story.decide();
  EXPECT_EQ(script().parsed.size(), parsed);
  EXPECT_FALSE(story.row("errorRate").canary);
}

TEST(Evidence, A30ADuplicatedAnswerIsConsumedOnce) {
  Story story;
  story.begin();
  story.decide();
  const std::string id = story.last.probes.at(0).id;
  story.answer(0, kHealthy);
  const api::AnalysisStatus after = story.status();
  story.snapshot.answers.push_back(
      {.id = id, .responses = {base::HttpResponse{.status = 200, .headers = {}, .body = "0"}}});
  story.decide();
  story.decide();
  EXPECT_EQ(story.status(), after);
  EXPECT_EQ(story.row("errorRate").canary->n, 300);
}

TEST(Evidence, A30TheSameDecisionTwiceIsTheSame) {
  Story story;
  story.begin();
  story.ticks(3, kHealthy);
  story.decide();
  const Evidence once = story.last;
  story.decide();
  EXPECT_EQ(story.last.status, once.status);
  EXPECT_EQ(story.last.probes, once.probes);
  EXPECT_EQ(story.last.next_at, once.next_at);
}

TEST(Evidence, MP11BothArmsAreAskedAtOneInstantThatLagsTheScrape) {
  Story story;
  story.snapshot.settings.metric_sources[0].scrape_interval = std::chrono::seconds(20);
  story.begin();
  story.decide();
  ASSERT_THAT(story.last.probes, SizeIs(1));
  EXPECT_EQ(story.last.probes[0].endpoint, "main");
  EXPECT_EQ(story.last.probes[0].requests[0].target, "/tick?from=1784000130&to=1784000160");
  EXPECT_EQ(story.last.probes[0].not_before, at_second(80));
  EXPECT_EQ(story.last.next_at, at_second(80));
  story.answer(0, kHealthy);
  const Question& question = script().parsed.back();
  EXPECT_EQ(question.at, at_second(60));
  EXPECT_EQ(question.previous, at_second(30));
  EXPECT_EQ(question.stable->service, "ranker");
  EXPECT_EQ(question.canary->service, "ranker-canary");
  EXPECT_EQ(question.canary->pods, "ranker-9f2c4e1ab7-[a-z0-9]+-[a-z0-9]{5}");
  EXPECT_EQ(question.stable->workload, "ranker-4be2a9905d");
}

// R3-21: ticks are multiples of the interval on the wall clock, whenever the operator looks.
TEST(Evidence, MP11TicksAreWallClockMultiplesOfTheInterval) {
  Story story(R"({"analysis":{"interval":"45s"}})");
  story.begin();
  story.ticks(3, kHealthy);
  EXPECT_EQ(story.status().last_tick->unix_s() % 45, 0);
}

TEST(Evidence, MP12AFailedTickIsCountedByTheNextOne) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const base::Time before = *story.status().last_tick;
  story.decide();
  story.fail(0);
  EXPECT_EQ(story.status().last_tick, before) << "the counters are still there to be asked for";
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  ASSERT_THAT(story.last.probes, SizeIs(2)) << "the failed one stays named: not asked again";
  story.answer(1, kHealthy);
  EXPECT_EQ(script().parsed.back().previous, before);
  EXPECT_EQ(script().parsed.back().at, before + std::chrono::seconds(60));
  EXPECT_EQ(story.last.metrics_reason, "Available");
  EXPECT_EQ(story.row("errorRate").last_error, "");
}

TEST(Evidence, MP12AnAnswerThatSaysNothingMovesOn) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const base::Time before = *story.status().last_tick;
  story.tick(nothing("QueryFailed", "a page of HTML"));
  EXPECT_EQ(story.status().last_tick, before + std::chrono::seconds(30));
  EXPECT_EQ(story.status().last_data, before);
}

TEST(Evidence, MP12ImpossibleCountsAreRefused) {
  for (const Counts canary : {Counts{.n = 10, .bad = 11}, Counts{.n = -1, .bad = 0},
                              Counts{.n = 5'000'000'000'000, .bad = 0}}) {
    Story story;
    story.begin();
    story.tick(errors({.n = 100, .bad = 1}, canary));
    EXPECT_FALSE(story.last.data);
    EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
    EXPECT_THAT(story.last.metrics_message, HasSubstr("impossible"));
    EXPECT_FALSE(story.row("errorRate").canary);
  }
}

// R2-11.
TEST(Evidence, A30ADowntimeIsOneTick) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const base::Time before = *story.status().last_tick;
  story.snapshot.answers.clear();
  story.now = before + std::chrono::seconds(30 * 7 + 20);
  story.decide();
  ASSERT_THAT(story.last.probes, SizeIs(1));
  story.answer(0, kHealthy);
  EXPECT_EQ(script().parsed.back().previous, before);
  EXPECT_EQ(script().parsed.back().at, before + std::chrono::seconds(210));
}

TEST(Evidence, A30AGapOfMoreThanTwentyTicksRestartsTheSamples) {
  Story story;
  story.begin();
  story.ticks(3, errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 6}));
  const base::Time before = *story.status().last_tick;
  const std::string harm = story.row("errorRate").harm;
  story.snapshot.answers.clear();
  story.now = before + std::chrono::seconds(30 * 21 + 14);  // 20 whole ticks are complete
  story.decide();
  EXPECT_EQ(story.status().last_tick, before);
  EXPECT_EQ(story.row("errorRate").canary->n, 900);
  story.now = before + std::chrono::seconds(30 * 21 + 15);
  story.decide();
  EXPECT_EQ(story.status().last_tick, before + std::chrono::seconds(30 * 21));
  EXPECT_FALSE(story.row("errorRate").canary) << "the step's samples start from nothing";
  EXPECT_EQ(story.row("errorRate").harm, harm) << "what was won against the canary is not lost";
}

// A slow source with a short interval: the question under way is not replaced at every tick.
TEST(Evidence, MP12AnAnswerUnderWayCanStillArrive) {
  Story story(R"({"analysis":{"interval":"5s"}})");
  story.begin();
  story.decide();
  const std::string id = story.last.probes.at(0).id;
  story.now = story.last.probes.at(0).not_before + std::chrono::seconds(19);
  story.decide();
  EXPECT_EQ(story.last.probes.at(0).id, id);
  story.now = story.now + std::chrono::seconds(1);
  story.decide();
  EXPECT_NE(story.last.probes.at(0).id, id);
}

// R2-56.
TEST(Evidence, RO24HeldForAnHourTicksLastFiveMinutes) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const base::Time before = *story.status().last_tick;
  story.input.slow = true;
  story.tick(kHealthy);
  EXPECT_EQ(story.status().last_tick, before + std::chrono::minutes(5));
  EXPECT_FALSE(story.last.no_data_expired);
}

// ---- state ----

TEST(Evidence, MD15AStateOfAnotherVersionIsDiscarded) {
  Story story;
  story.begin();
  story.ticks(3, kHealthy);
  story.object.status.analysis->state = "f" + story.status().state.substr(1);
  story.decide();
  EXPECT_TRUE(story.last.state_discarded);
  EXPECT_FALSE(story.last.no_harm);
  EXPECT_FALSE(story.row("errorRate").canary);
  story.begin_step();
  story.decide();
  EXPECT_FALSE(story.last.state_discarded);
}

TEST(Evidence, MD15ADamagedStateNeverEndsTheProcess) {
  Story story;
  story.begin();
  story.ticks(3, kHealthy);
  const api::AnalysisStatus good = story.status();
  for (size_t i = 0; i < good.state.size(); i += 3) {
    for (const char other : {'A', '/', '!'}) {
      story.object.status.analysis = good;
      story.object.status.analysis->state[i] = other;
      story.decide();
      EXPECT_TRUE(story.last.status);
    }
  }
  for (const char* state : {"AQ==", "A", "AQH…"}) {
    story.object.status.analysis = good;
    story.object.status.analysis->state = state;
    story.decide();
    EXPECT_TRUE(story.last.state_discarded) << state;
  }
}

TEST(Evidence, MD15AStateOfTheOtherStageIsDiscarded) {
  Story story;
  story.begin();
  story.ticks(2, kHealthy);
  story.input.sampling = Sampling::kBake;
  story.decide();
  EXPECT_TRUE(story.last.state_discarded);
}

// A process that dies after any decision goes on from what status says.
TEST(Evidence, A30ARestartFromStatusAloneGivesTheSame) {
  Story living;
  living.begin();
  for (int i = 0; i < 25 && !living.last.harm; ++i) {
    living.tick(errors({.n = 2700, .bad = 14}, {.n = 300, .bad = i % 2 == 0 ? 4 : 7}));
  }
  const api::AnalysisStatus expected = living.status();
  ASSERT_TRUE(living.last.harm);

  Story dying;
  dying.begin();
  for (int i = 0; i < 25 && !dying.last.harm; ++i) {
    Story born;  // nothing but the object and the clock survives
    born.object = dying.object;
    born.now = dying.now;
    born.tick(errors({.n = 2700, .bad = 14}, {.n = 300, .bad = i % 2 == 0 ? 4 : 7}));
    dying.object = born.object;
    dying.now = born.now;
    dying.last = born.last;
  }
  EXPECT_EQ(dying.status(), expected);
  EXPECT_EQ(dying.last.harm_message, living.last.harm_message);
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

// ---- sources ----

TEST(Evidence, MP17TheFirstTickOfBothArmsFreezesThePreset) {
  Story story;
  story.begin();
  EXPECT_EQ(story.status().source->prometheus, "main");
  EXPECT_EQ(story.status().source->preset, "");
  story.tick(errors({.n = 900, .bad = 4}, {.n = 0, .bad = 0}));
  EXPECT_FALSE(story.status().source->frozen_at);
  EXPECT_FALSE(story.row("errorRate").stable) << "the next tick may come from another preset";
  story.tick(kHealthy);
  EXPECT_EQ(story.status().source->preset, "http");
  EXPECT_EQ(story.status().source->side, "Server");
  EXPECT_EQ(story.status().source->frozen_at, story.status().last_tick);
  story.tick(kHealthy);
  EXPECT_EQ(script().parsed.back().preset, "http");
}

TEST(Evidence, MP17EvidenceOfTwoSourcesIsNeverMixed) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  Reading other = kSick;
  other.preset = "traefik";
  other.side = "Router";
  story.ticks(3, other);
  EXPECT_EQ(story.row("errorRate").canary->n, 300);
  EXPECT_THAT(story.row("errorRate").last_error, HasSubstr("preset traefik answered"));
  EXPECT_EQ(story.status().source->preset, "http");
}

TEST(Evidence, MP17AnotherSourceOrSideStartsFromNothing) {
  for (const char* spec : {R"({"analysis":{"prometheus":{"source":"other"}}})",
                           R"({"analysis":{"source":"Router"}})"}) {
    Story story;
    story.begin();
    story.ticks(2, kHealthy);
    story.set_spec(spec);
    story.decide();
    EXPECT_FALSE(story.status().source->frozen_at) << spec;
    EXPECT_EQ(story.status().source->preset, "");
    EXPECT_FALSE(story.row("errorRate").canary);
  }
}

// R2-58: the operator's default is frozen when the rollout starts.
TEST(Evidence, MP17TheDefaultSourceIsFrozenForTheRollout) {
  Story story;
  story.begin();
  story.snapshot.settings.default_metric_source = "other";
  story.ticks(2, kHealthy);
  EXPECT_EQ(story.status().source->prometheus, "main");
  story.decide();
  EXPECT_EQ(story.last.probes.at(0).endpoint, "main");
}

TEST(Evidence, MP17NoSourceMeansNoAnalysis) {
  Story story;
  story.snapshot.settings.default_metric_source.clear();
  story.snapshot.object = base::make_ref(story.object);
  EXPECT_FALSE(start_analysis(story.snapshot));
  story.decide();
  EXPECT_FALSE(story.last.configured);
  EXPECT_FALSE(story.last.status);
  EXPECT_THAT(story.last.probes, IsEmpty());
}

// R3-19.
TEST(Evidence, RO24AnUnknownSourceIsNotConfigured) {
  Story story(R"({"analysis":{"prometheus":{"source":"typo"}}})");
  story.begin();
  story.now = at_second(300);
  story.decide();
  EXPECT_TRUE(story.last.configured);
  EXPECT_EQ(story.last.metrics_reason, "NotConfigured");
  EXPECT_EQ(story.last.metrics_message,
            "metric source \"typo\" is not in the operator's configuration (it names main, other); "
            "name one in spec.analysis.prometheus.source");
  EXPECT_TRUE(story.last.no_data_expired);
  EXPECT_FALSE(story.last.no_harm);
  story.set_spec(R"({"analysis":{"prometheus":{"source":"other"}}})");
  story.ticks(2, kHealthy);
  EXPECT_TRUE(story.last.no_harm) << "a corrected name needs no new step";
}

// R2-3: an invalid analysis field never outranks what protects traffic.
TEST(Evidence, RO24AnInvalidAnalysisFieldIsNamedAndHeld) {
  Story story;
  story.begin();
  story.ticks(2, kHealthy);
  const std::string state = story.status().state;
  story.set_spec(R"({"analysis":{"errorRate":{"tolerance":"100%"}}})");
  story.now = story.now + std::chrono::minutes(5);
  story.decide();
  EXPECT_THAT(story.last.invalid_query, HasSubstr("spec.analysis: "));
  EXPECT_THAT(story.last.invalid_query, HasSubstr("tolerance"));
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  EXPECT_THAT(story.last.probes, IsEmpty());
  EXPECT_TRUE(story.last.no_data_expired);
  EXPECT_EQ(story.status().state, state) << "corrected, it goes on from here";
}

TEST(Evidence, RO24AQueryThatCannotBeAskedIsNamed) {
  Story story(R"json({"analysis":{"metrics":[{"name":"rejected","type":"Ratio",
      "numerator":"sum(x{pod=~\"${nonsense}\"})","denominator":"sum(y)"}]}})json");
  story.begin();
  story.decide();
  EXPECT_EQ(story.last.invalid_query,
            "spec.analysis.metrics: rejected: placeholder ${nonsense} is not known");
  EXPECT_THAT(story.last.probes, IsEmpty());
}

TEST(Evidence, RO24AnUndecodableObjectKeepsItsEvidence) {
  Story story;
  story.begin();
  story.ticks(6, kSick);
  ASSERT_TRUE(story.last.harm);
  story.snapshot.undecodable = "spec.replicas: a number is expected";
  story.object.spec = {};
  story.decide();
  EXPECT_TRUE(story.last.harm);
  EXPECT_EQ(story.last.invalid_query, "spec.replicas: a number is expected");
}

// ---- baseline ----

BaselineReading twenty_ticks(const std::string& preset) {
  BaselineReading baseline;
  baseline.preset = preset;
  baseline.side = "Server";
  baseline.ticks = {std::vector<Counts>(20, Counts{.n = 3000, .bad = 15})};
  return baseline;
}

// R3-20.
TEST(Evidence, ST4TheBaselineIsAskedOnceBeforeTheFirstStep) {
  Story story;
  story.snapshot.object = base::make_ref(story.object);
  story.object.status.analysis = start_analysis(story.snapshot);
  story.input.sampling = Sampling::kNone;
  story.input.baseline_wanted = true;
  story.decide();
  ASSERT_THAT(story.last.probes, SizeIs(1));
  EXPECT_EQ(story.last.probes[0].requests[0].target, "/range?to=1783999800");
  EXPECT_EQ(story.last.probes[0].not_before, base::Time::from_unix_s(1783999815));
  story.answer_baseline(twenty_ticks("http"));
  EXPECT_TRUE(script().parsed.back().stable);
  EXPECT_FALSE(script().parsed.back().canary);
  EXPECT_EQ(story.status().source->preset, "http");
  EXPECT_FALSE(story.status().source->frozen_at);
  EXPECT_THAT(story.last.probes, IsEmpty());
  const std::string state = story.status().state;
  story.decide();
  EXPECT_EQ(story.status().state, state);
  EXPECT_THAT(story.last.probes, IsEmpty());
  story.begin_step();
  story.input.sampling = Sampling::kCanary;
  story.input.baseline_wanted = false;
  story.tick(kHealthy);
  EXPECT_EQ(story.status().source->preset, "http");
}

// The history of the stable arm makes the first bets sharper: without it the same ticks say less.
TEST(Evidence, ST3TheBaselineSharpensTheFirstTicks) {
  const auto wealth = [](bool with_baseline, const char* preset) {
    Story story;
    story.snapshot.object = base::make_ref(story.object);
    story.object.status.analysis = start_analysis(story.snapshot);
    if (with_baseline) {
      story.input.sampling = Sampling::kNone;
      story.input.baseline_wanted = true;
      story.decide();
      story.answer_baseline(twenty_ticks(preset));
    }
    story.begin_step();
    story.input.sampling = Sampling::kCanary;
    story.input.baseline_wanted = false;
    story.tick(kSick);
    return story.row("errorRate").harm;
  };
  const std::string without = wealth(false, "");
  EXPECT_NE(wealth(true, "http"), without);
  // MP-17: a baseline of another preset than the evidence is forgotten.
  EXPECT_EQ(wealth(true, "traefik"), without);
}

TEST(Evidence, ST4ABaselineThatNeverComesHoldsNothingUp) {
  Story story;
  story.input.baseline_wanted = true;
  story.begin();
  story.ticks(3, kHealthy);
  EXPECT_TRUE(story.last.no_harm);
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
  EXPECT_EQ(story.last.metrics_message, "9s is above the last bucket; add buckets");
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
  EXPECT_LE(schema::encode(story.object.status).size(), 32U * 1024);
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

}  // namespace
}  // namespace kaizen::core
