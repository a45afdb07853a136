#include <chrono>
#include <cstddef>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "base/http.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/rollout/evidence.h"
#include "core/rollout/evidence_test_support.h"

namespace kaizen::core {
namespace {

using namespace testing_support;  // NOLINT: the words of these tests
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Reading kHealthy = healthy_tick();
const Reading kSick = sick_tick();

// ---- missing data ----

TEST(EvidenceTicks, RO19MissingDataChangesNoBet) {
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

TEST(EvidenceTicks, RO20OnlyFailuresNeverPass) {
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

TEST(EvidenceTicks, RO21SeveralSeriesAreNoData) {
  Story story;
  story.begin();
  story.tick(nothing("MultipleSeries", "errorRate: 2 series came back"));
  EXPECT_EQ(story.last.metrics_reason, "MultipleSeries");
  EXPECT_EQ(story.last.metrics_message, "metric source main: errorRate: 2 series came back");
  EXPECT_FALSE(story.last.data);
  EXPECT_FALSE(story.row("errorRate").canary);
}

TEST(EvidenceTicks, RO22NoTrafficIsNoDataAfterAWhile) {
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
            "metric source main: errorRate: no request in either arm at the last tick; send "
            "traffic");
  EXPECT_EQ(story.status().verdict, "NoData");
  EXPECT_FALSE(story.last.harm);
  EXPECT_FALSE(story.last.no_harm);
}

TEST(EvidenceTicks, RO22ACanaryWithoutRequestsIsNoDataToo) {
  Story story;
  story.begin();
  story.tick(errors({.n = 900, .bad = 4}, {.n = 0, .bad = 0}));
  EXPECT_FALSE(story.last.data);
  EXPECT_THAT(story.status().last_error, HasSubstr("no request in the canary"));
  EXPECT_FALSE(story.status().last_data);
}

TEST(EvidenceTicks, RO23NoErrorsAreZeroErrors) {
  Story story;
  story.begin();
  story.tick(errors({.n = 900, .bad = 0}, {.n = 100, .bad = 0}));
  EXPECT_TRUE(story.last.data);
  EXPECT_TRUE(story.last.no_harm);
  EXPECT_EQ(story.row("errorRate").canary->rate, "0%");
}

TEST(EvidenceTicks, RO24SilenceForEverIsSaid) {
  Story story;
  story.begin();
  story.decide();
  EXPECT_FALSE(story.last.no_data_expired);
  EXPECT_EQ(story.last.metrics_reason, "");
  story.now = at_second(300);  // noData.after, default 5m
  story.decide();
  EXPECT_TRUE(story.last.no_data_expired);
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  const std::string silent =
      "metric source main: no answer has arrived since 2026-07-14T03:35:00Z; look at "
      "kaizen_metric_queries_total{source=\"main\"} of the operator";
  EXPECT_EQ(story.last.metrics_message, silent);
  story.now = at_second(700);
  story.decide();
  EXPECT_EQ(story.last.metrics_message, silent) << "R2-56: no ages";
}

// ---- the first failed answer is said at once ----

TEST(EvidenceTicks, RO24TheFirstFailedTickIsSaidAndTheFirstGoodOneTakesItBack) {
  Story story;
  story.begin();
  story.decide();
  story.respond(0, "down", 503);
  EXPECT_FALSE(story.last.no_data_expired);
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  EXPECT_EQ(story.last.metrics_message, "metric source main: not a number");
  story.answer(1, kHealthy);
  EXPECT_EQ(story.last.metrics_reason, "Available");
  EXPECT_EQ(story.last.metrics_message, "metric source main has counts of every arm");
}

// R2-56: a source that stays down is one text and one status, whatever time goes by.
TEST(EvidenceTicks, RO24TheSameFailureIsTheSameStatus) {
  Story story;
  story.begin();
  story.ticks(2, kHealthy);
  story.decide();
  story.respond(0, "down", 503);
  const api::AnalysisStatus first = story.status();
  for (int i = 0; i < 5; ++i) {
    story.respond(1, "down", 503);
    EXPECT_EQ(story.status(), first);
    EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
    EXPECT_EQ(story.last.metrics_message, "metric source main: not a number");
  }
}

// A step that begins has no answer of its own yet: nothing is claimed, least of all data.
TEST(EvidenceTicks, RO24AFailingSourceIsNotWellBecauseAStepBegins) {
  Story story;
  story.begin();
  story.ticks(2, kHealthy);
  story.decide();
  story.respond(0, "down", 503);
  story.begin_step();
  story.input.samples_from = story.now + std::chrono::seconds(30);
  story.input.sampling = Sampling::kSettling;
  story.decide();
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  story.now = story.input.samples_from;
  story.input.sampling = Sampling::kCanary;
  story.decide();
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  EXPECT_EQ(story.last.metrics_message, "metric source main: not a number");
  story.answer(0, kHealthy);
  EXPECT_EQ(story.last.metrics_reason, "Available");
}

TEST(EvidenceTicks, RO24LostDataExpiresFiveMinutesAfterTheLastAndComesBack) {
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

TEST(EvidenceTicks, RO24NoDataNeverExpiresBeforeOneTickCouldAnswer) {
  Story story(R"({"analysis":{"noData":{"after":"5s"}}})");
  story.begin();
  // The first tick begins at 30 s and ends at 60 s; it may be asked for from 75 s on and answered
  // until the next one ends.
  story.now = at_second(104);
  EXPECT_FALSE(story.decide().no_data_expired);
  story.now = at_second(105);
  EXPECT_TRUE(story.decide().no_data_expired);
}

// ---- the end of a hold ----

// The tick that ends with the hold has its answer a scrape interval and a query later.
TEST(EvidenceTicks, ST11TheLastTickOfAHoldIsAwaited) {
  Story story;
  story.object.status.step->hold_until = at_second(240);
  story.begin();
  story.ticks(6, errors({.n = 270, .bad = 1}, {.n = 3, .bad = 0}));
  ASSERT_EQ(story.status().last_tick, at_second(210));
  story.now = at_second(240);
  EXPECT_EQ(story.decide().awaited_until, at_second(265)) << "scrape interval, one request of 10 s";
  story.now = at_second(264);
  EXPECT_EQ(story.decide().awaited_until, at_second(265));
  EXPECT_EQ(story.last.next_at, at_second(265));
  story.now = at_second(265);
  EXPECT_EQ(story.decide().awaited_until, std::nullopt) << "the tick's own deadline";
}

TEST(EvidenceTicks, ST11TheAnswerOfTheLastTickEndsTheWait) {
  Story story;
  story.object.status.step->hold_until = at_second(240);
  story.begin();
  story.ticks(7, errors({.n = 270, .bad = 1}, {.n = 3, .bad = 0}));
  ASSERT_EQ(story.status().last_tick, at_second(240));
  EXPECT_EQ(story.last.awaited_until, std::nullopt) << "what came is the verdict";
  EXPECT_EQ(story.last.missing, "errorRate: 21 of 50 canary requests");
}

TEST(EvidenceTicks, ST11AFailedAnswerEndsTheWaitToo) {
  Story story;
  story.object.status.step->hold_until = at_second(240);
  story.begin();
  story.ticks(6, errors({.n = 270, .bad = 1}, {.n = 3, .bad = 0}));
  story.decide();
  story.fail(0);
  EXPECT_EQ(story.last.awaited_until, std::nullopt);
}

// A hold shorter than a tick has no tick of its own: the first one decides.
TEST(EvidenceTicks, ST11AShortHoldAwaitsTheFirstTick) {
  Story story;
  story.object.status.step->hold_until = at_second(5);
  story.begin();
  story.now = at_second(5);
  EXPECT_EQ(story.decide().awaited_until, at_second(85)) << "ends at 60 s";
  story.tick(errors({.n = 270, .bad = 1}, {.n = 3, .bad = 0}));
  EXPECT_EQ(story.last.awaited_until, std::nullopt);
}

// ---- ticks ----

TEST(EvidenceTicks, RO25NoTickBeginsBeforeSamplesFrom) {
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

TEST(EvidenceTicks, A31SettlingAsksNothingAndCountsNothing) {
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
TEST(EvidenceTicks, A31SettlingNeverMeetsARequirement) {
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
TEST(EvidenceTicks, A31AnAnswerFromBeforeTheStepIsNotRead) {
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

TEST(EvidenceTicks, A30ADuplicatedAnswerIsConsumedOnce) {
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

TEST(EvidenceTicks, A30TheSameDecisionTwiceIsTheSame) {
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

TEST(EvidenceTicks, MP11BothArmsAreAskedAtOneInstantThatLagsTheScrape) {
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
TEST(EvidenceTicks, MP11TicksAreWallClockMultiplesOfTheInterval) {
  Story story(R"({"analysis":{"interval":"45s"}})");
  story.begin();
  story.ticks(3, kHealthy);
  EXPECT_EQ(story.status().last_tick->unix_s() % 45, 0);
}

TEST(EvidenceTicks, MP12AFailedTickIsCountedByTheNextOne) {
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

TEST(EvidenceTicks, MP12ASourceThatStaysDownIsAskedOnceATick) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const base::Time before = *story.status().last_tick;
  story.decide();
  story.fail(0);
  for (int i = 2; i <= 6; ++i) {
    ASSERT_THAT(story.last.probes, SizeIs(2));
    EXPECT_EQ(story.last.next_at, story.last.probes[1].not_before);
    story.fail(1);
    EXPECT_EQ(story.now, before + std::chrono::seconds(30 * i + 15));
  }
  story.answer(1, kHealthy);
  EXPECT_EQ(script().parsed.back().previous, before);
  EXPECT_EQ(script().parsed.back().at, before + std::chrono::seconds(210));
}

TEST(EvidenceTicks, MP12AnAnswerThatSaysNothingMovesOn) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const base::Time before = *story.status().last_tick;
  story.tick(nothing("QueryFailed", "a page of HTML"));
  EXPECT_EQ(story.status().last_tick, before + std::chrono::seconds(30));
  EXPECT_EQ(story.status().last_data, before);
}

TEST(EvidenceTicks, MP12ImpossibleCountsAreRefused) {
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
TEST(EvidenceTicks, A30ADowntimeIsOneTick) {
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

TEST(EvidenceTicks, A30AGapOfMoreThanTwentyTicksRestartsTheSamples) {
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
TEST(EvidenceTicks, MP12AnAnswerUnderWayCanStillArrive) {
  Story story(R"({"analysis":{"interval":"5s"}})");
  story.begin();
  story.decide();
  const std::string id = story.last.probes.at(0).id;
  const base::Time due = story.last.probes.at(0).not_before;
  story.now = due + std::chrono::seconds(9);  // one request, 10 s
  story.decide();
  EXPECT_EQ(story.last.probes.at(0).id, id);
  EXPECT_EQ(story.last.next_at, due + std::chrono::seconds(10));
  story.now = story.now + std::chrono::seconds(1);
  story.decide();
  EXPECT_NE(story.last.probes.at(0).id, id);
}

// R2-56.
TEST(EvidenceTicks, RO24HeldForAnHourTicksLastFiveMinutes) {
  Story story;
  story.begin();
  story.tick(kHealthy);
  const base::Time before = *story.status().last_tick;
  story.input.slow = true;
  story.tick(kHealthy);
  EXPECT_EQ(story.status().last_tick, before + std::chrono::minutes(5));
  EXPECT_FALSE(story.last.no_data_expired);
}

}  // namespace
}  // namespace kaizen::core
