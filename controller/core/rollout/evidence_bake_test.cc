#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/extensions.h"
#include "core/rollout/evidence.h"
#include "core/rollout/evidence_test_support.h"

namespace kaizen::core {
namespace {

using namespace testing_support;  // NOLINT: the words of these tests
using testing::HasSubstr;
using testing::IsEmpty;

const Reading kHealthy = healthy_tick();

Reading promoted(Counts counts) {
  SignalReading signal;
  signal.name = "errorRate";
  signal.canary = counts;
  signal.reason = "Available";
  return reading_of({signal});
}

Story baking(const std::string& spec = "{}") {
  Story story(spec);
  story.object.status.step->hold_until = at_second(0);
  story.begin();
  story.ticks(4, kHealthy);
  story.begin_bake();
  return story;
}

TEST(EvidenceInBake, ST13OnlyThePromotedArmIsAsked) {
  Story story = baking();
  story.tick(promoted({.n = 3000, .bad = 15}));
  const Question& question = script().parsed.back();
  EXPECT_FALSE(question.stable);
  EXPECT_EQ(question.canary->service, "ranker") << "R3-20";
  EXPECT_EQ(question.canary->revision, "9f2c4e1ab7");
  EXPECT_EQ(question.preset, "http");
  EXPECT_TRUE(story.last.data);
  EXPECT_EQ(story.row("errorRate").canary->n, 3000);
  EXPECT_FALSE(story.row("errorRate").stable);
  EXPECT_EQ(story.row("errorRate").verdict, "NoHarm");
}

TEST(EvidenceInBake, ST13HarmNeedsTwoTicksInARow) {
  Story story = baking();
  story.tick(promoted({.n = 3000, .bad = 150}));
  EXPECT_FALSE(story.last.bake_harm);
  story.tick(promoted({.n = 3000, .bad = 150}));
  EXPECT_TRUE(story.last.bake_harm);
  EXPECT_EQ(story.last.blame, "errorRate");
  EXPECT_THAT(story.last.harm_message,
              HasSubstr("errorRate: 300 of 6000 requests bad (5%) since promotion, limit 1.02%"));
  EXPECT_THAT(story.last.harm_message, HasSubstr("reached the limit 20 at two ticks in a row"));
  EXPECT_EQ(story.status().verdict, "Fail");
  story.decide();
  EXPECT_THAT(story.last.probes, IsEmpty());
}

TEST(EvidenceInBake, ST13TheSloBudgetWidensTheLimit) {
  Story story = baking(R"({"slo":{"availability":"90%"},
                           "analysis":{"errorRate":{"tolerance":"0.5%"}}})");
  story.ticks(6, promoted({.n = 3000, .bad = 150}));
  EXPECT_FALSE(story.last.bake_harm) << "5 % is inside the 10 % that the SLO allows";
  EXPECT_EQ(story.row("errorRate").verdict, "NoHarm");
}

TEST(EvidenceInBake, RO18TheVerdictOfTheCanaryStaysUnlessBakeFindsHarm) {
  Story story = baking();
  EXPECT_EQ(story.status().verdict, "NoHarm");
  story.ticks(3, promoted({.n = 3000, .bad = 15}));
  EXPECT_EQ(story.status().verdict, "NoHarm");
  close_analysis(*story.object.status.analysis);
  EXPECT_EQ(story.status().verdict, "NoHarm");
  EXPECT_EQ(story.status().state, "");
}

TEST(EvidenceInBake, RO19MissingDataChangesNothing) {
  Story story = baking();
  story.tick(promoted({.n = 3000, .bad = 150}));
  const std::string state = story.status().state;
  story.ticks(3, nothing("NoTraffic"));
  EXPECT_EQ(story.status().state, state);
  EXPECT_FALSE(story.last.data);
}

// Promoting goes on for a while after the point of no return: settling keeps bake's state.
TEST(EvidenceInBake, A31SettlingBeforeBakeKeepsItsLimits) {
  Story story = baking();
  const std::string state = story.status().state;
  story.input.sampling = Sampling::kSettling;
  story.input.baseline_wanted = true;
  story.decide();
  EXPECT_FALSE(story.last.state_discarded);
  EXPECT_EQ(story.status().state, state);
  EXPECT_THAT(story.last.probes, IsEmpty());
}

// Nothing was ever counted: the SLO alone is the limit.
TEST(EvidenceInBake, ST13WithoutACanaryTheSloIsTheLimit) {
  Story story(R"({"slo":{"availability":"99%"}})");
  story.begin();
  story.begin_bake();
  story.ticks(2, promoted({.n = 3000, .bad = 150}));
  EXPECT_TRUE(story.last.bake_harm);
  EXPECT_THAT(story.last.harm_message, HasSubstr("limit 1%"));
}

TEST(EvidenceInBake, ST13AHardLimitStillActs) {
  Story story = baking();
  story.tick(promoted({.n = 300, .bad = 200}));
  EXPECT_TRUE(story.last.hard_limit);
  EXPECT_THAT(story.last.harm_message, HasSubstr("above the hard limit 20%"));
}

TEST(EvidenceInBake, RO37AnotherQuestionKeepsTheLimitsAndCountsAnew) {
  Story story = baking();
  story.tick(promoted({.n = 3000, .bad = 15}));
  story.set_spec(R"({"analysis":{"latency":{"threshold":"300ms"}}})");
  story.decide();
  EXPECT_FALSE(story.row("errorRate").canary);
  story.ticks(2, promoted({.n = 3000, .bad = 150}));
  EXPECT_TRUE(story.last.bake_harm);
  EXPECT_THAT(story.last.harm_message, HasSubstr("limit 1.02%"));
}

TEST(EvidenceInBake, ST13BakeBeginsOnce) {
  Story story = baking();
  story.tick(promoted({.n = 3000, .bad = 15}));
  const std::string state = story.status().state;
  story.begin_bake();
  EXPECT_EQ(story.status().state, state);
}

}  // namespace
}  // namespace kaizen::core
