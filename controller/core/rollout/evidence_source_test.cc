#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ref.h"
#include "core/extensions.h"
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

// ---- sources ----

TEST(EvidenceSource, MP17TheFirstTickOfBothArmsFreezesThePreset) {
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

TEST(EvidenceSource, MP17EvidenceOfTwoSourcesIsNeverMixed) {
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

TEST(EvidenceSource, MP17AnotherSourceOrSideStartsFromNothing) {
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
TEST(EvidenceSource, MP17TheDefaultSourceIsFrozenForTheRollout) {
  Story story;
  story.begin();
  story.snapshot.settings.default_metric_source = "other";
  story.ticks(2, kHealthy);
  EXPECT_EQ(story.status().source->prometheus, "main");
  story.decide();
  EXPECT_EQ(story.last.probes.at(0).endpoint, "main");
}

TEST(EvidenceSource, MP17NoSourceMeansNoAnalysis) {
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
TEST(EvidenceSource, RO24AnUnknownSourceIsNotConfigured) {
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
TEST(EvidenceSource, RO24AnInvalidAnalysisFieldIsNamedAndHeld) {
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

TEST(EvidenceSource, RO24AQueryThatCannotBeAskedIsNamed) {
  Story story(R"json({"analysis":{"metrics":[{"name":"rejected","type":"Ratio",
      "numerator":"sum(x{pod=~\"${nonsense}\"})","denominator":"sum(y)"}]}})json");
  story.begin();
  story.decide();
  EXPECT_EQ(story.last.invalid_query,
            "spec.analysis.metrics: rejected: placeholder ${nonsense} is not known");
  EXPECT_THAT(story.last.probes, IsEmpty());
}

TEST(EvidenceSource, RO24AnUndecodableObjectKeepsItsEvidence) {
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
TEST(EvidenceSource, ST4TheBaselineIsAskedOnceBeforeTheFirstStep) {
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
TEST(EvidenceSource, ST3TheBaselineSharpensTheFirstTicks) {
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

TEST(EvidenceSource, ST4ABaselineThatNeverComesHoldsNothingUp) {
  Story story;
  story.input.baseline_wanted = true;
  story.begin();
  story.ticks(3, kHealthy);
  EXPECT_TRUE(story.last.no_harm);
}

// The rollout before its first step, with the baseline asked for.
void prepare(Story& story) {
  story.snapshot.object = base::make_ref(story.object);
  story.object.status.analysis = start_analysis(story.snapshot);
  story.input.sampling = Sampling::kNone;
  story.input.baseline_wanted = true;
  story.now = *story.object.status.started_at;
  story.decide();
}

constexpr const char* kDown =
    "metric source main, errorRate: the source answers HTTP 503; look at the source's own log";

// The baseline is the first question of a rollout: long before noData.after it shows whether the
// source works.
TEST(EvidenceSource, RO24AFailedBaselineIsSaidAtOnceAndAskedAgainOnceATick) {
  Story story;
  prepare(story);
  EXPECT_EQ(story.last.metrics_reason, "") << "nothing is known yet";
  story.fail(0);
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  EXPECT_EQ(story.last.metrics_message, kDown);
  ASSERT_THAT(story.last.probes, SizeIs(2)) << "the failed one stays named, the next one waits";
  EXPECT_EQ(story.last.next_at, story.last.probes[1].not_before);
  const api::AnalysisStatus first = story.status();
  for (int i = 1; i <= 4; ++i) {
    const base::Time before = story.now;
    story.fail(1);
    EXPECT_EQ(story.now - before, std::chrono::seconds(30));
    EXPECT_EQ(story.last.probes.at(1).requests, story.last.probes.at(0).requests)
        << "the ticks before the rollout, whenever they are asked for";
    EXPECT_EQ(story.last.metrics_message, kDown);
    EXPECT_EQ(story.status(), first) << "R2-56";
  }
  script().baselines.push_back(twenty_ticks("http"));
  story.respond(1, "0");
  EXPECT_EQ(story.last.metrics_reason, "Available");
  EXPECT_EQ(story.last.metrics_message, "metric source main has counts of the stable arm");
  EXPECT_EQ(story.status().last_error, "");
  EXPECT_THAT(story.last.probes, IsEmpty());
}

TEST(EvidenceSource, RO24ABaselineWithoutTicksHealsButPromisesNothing) {
  Story story;
  prepare(story);
  BaselineReading silent;
  silent.ticks.resize(1);
  silent.failures.resize(1);
  script().baselines.push_back(silent);
  story.respond(0, "0");
  EXPECT_EQ(story.last.metrics_reason, "") << "nobody scrapes the pods, perhaps; a tick will tell";
  ASSERT_THAT(story.last.probes, SizeIs(1)) << "answered, and not asked again";
  EXPECT_FALSE(story.last.next_at);

  Story healed;
  prepare(healed);
  script().baselines.push_back(silent);
  healed.fail(0);
  healed.respond(1, "0");
  EXPECT_EQ(healed.last.metrics_reason, "Available");
  EXPECT_EQ(healed.last.metrics_message, "metric source main answers");
}

// What is said of the source holds until the first tick says otherwise.
TEST(EvidenceSource, RO24AFailedBaselineIsStillSaidWhenTheStepBegins) {
  Story story;
  prepare(story);
  story.fail(0);
  story.begin_step();
  story.input.sampling = Sampling::kCanary;
  story.input.baseline_wanted = false;
  story.decide();
  EXPECT_EQ(story.last.metrics_reason, "QueryFailed");
  EXPECT_EQ(story.last.metrics_message, kDown);
  story.answer(0, kHealthy);
  EXPECT_EQ(story.last.metrics_reason, "Available");
}

// A metric that is only reported says nothing about the analysis.
TEST(EvidenceSource, RO24OnlyAMetricWithASayMakesTheBaselineFail) {
  Story story(R"({"analysis":{"latency":{"threshold":"300ms","weight":0}}})");
  prepare(story);
  BaselineReading reading = twenty_ticks("http");
  reading.ticks.emplace_back();
  reading.failures = {"", "metric source main, latency: broken"};
  script().baselines.push_back(reading);
  story.respond(0, "0");
  EXPECT_EQ(story.last.metrics_reason, "Available");

  Story judged(R"({"analysis":{"latency":{"threshold":"300ms"}}})");
  prepare(judged);
  script().baselines.push_back(reading);
  judged.respond(0, "0");
  EXPECT_EQ(judged.last.metrics_reason, "QueryFailed");
  EXPECT_EQ(judged.last.metrics_message, "metric source main, latency: broken");
  EXPECT_THAT(judged.last.probes, IsEmpty()) << "the ticks of the others are taken";
}

// ---- state ----

TEST(EvidenceSource, MD15AStateOfAnotherVersionIsDiscarded) {
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

TEST(EvidenceSource, MD15ADamagedStateNeverEndsTheProcess) {
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

TEST(EvidenceSource, MD15AStateOfTheOtherStageIsDiscarded) {
  Story story;
  story.begin();
  story.ticks(2, kHealthy);
  story.input.sampling = Sampling::kBake;
  story.decide();
  EXPECT_TRUE(story.last.state_discarded);
}

// A process that dies after any decision goes on from what status says.
TEST(EvidenceSource, A30ARestartFromStatusAloneGivesTheSame) {
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

}  // namespace
}  // namespace kaizen::core
