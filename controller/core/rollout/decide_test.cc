// What holds for every decision, and the questions to the API server.
#include "core/rollout/decide.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "base/http.h"
#include "base/ref.h"
#include "base/text.h"
#include "core/plan.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/snapshot.h"
#include "core/rollout/world_test_support.h"
#include "schema/codec.h"

namespace kaizen::core {
namespace {

using testing_support::gateway_spec;
using testing_support::gateway_world;
using testing_support::service_spec;
using testing_support::service_world;
using testing_support::start_canary;
using testing_support::World;
using namespace std::chrono_literals;

template <class T>
std::vector<T> effects_of(const Plan& plan) {
  std::vector<T> result;
  for (const Effect& effect : plan.effects) {
    if (const auto* wanted = std::get_if<T>(&effect)) result.push_back(*wanted);
  }
  return result;
}

TEST(Decide, A1TheSameArgumentsGiveTheSamePlan) {
  World world = gateway_world();
  start_canary(world);
  const RolloutSnapshot snapshot = world.snapshot();
  const RolloutSnapshot copy = world.snapshot();  // equal values, other objects
  EXPECT_EQ(decide(snapshot, world.extensions(), world.now),
            decide(copy, world.extensions(), world.now));
}

TEST(Decide, A2OnlyTheSnapshotAndOwnObjectsAreReadAndWritten) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h));
  for (const std::string& write : world.log) {
    const bool ours = write.find(" ranker") != std::string::npos;
    EXPECT_TRUE(ours || write == "patch HTTPRoute public") << write << " is another's object";
  }
}

TEST(Decide, A21StatusClaimsNoEffectThatWasNotSeen) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  ASSERT_TRUE(world.run_until([&] { return world.canary_weight() == 25; }, 10min));
  // The weight is written, nothing was seen yet.
  EXPECT_EQ(world.status().weight->intended, 25);
  EXPECT_EQ(world.status().weight->applied, 0);
  EXPECT_FALSE(world.status().weight->applied_at.has_value());
}

TEST(Decide, A20RO31EveryWriteCarriesWhatItWasDecidedOn) {
  World world = gateway_world();
  const std::string old = world.target();
  world.object.spec.replicas = 5;
  const Plan plan = world.decide_once();
  const auto applies = effects_of<Apply>(plan);
  ASSERT_EQ(applies.size(), 1U);
  const api::Metadata& seen = world.deployments.at("ranker-" + old).metadata;
  EXPECT_EQ(applies.front().uid, seen.uid);
  EXPECT_EQ(applies.front().resource_version, seen.resource_version);
}

TEST(Decide, RO32AStatusWriteThatFailedIsAllThatIsRepeated) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  const api::ModelDeploymentStatus before = world.status();
  world.request("r1", "abort", candidate);
  world.turn();  // status and route
  ASSERT_EQ(world.canary_weight(), 0);
  world.object.status = before;  // the effect is there, its status is lost
  world.object.metadata.annotations.clear();
  world.request("r1", "abort", candidate);
  const Plan plan = world.decide_once();
  EXPECT_TRUE(plan.status.has_value());
  EXPECT_TRUE(effects_of<Patch>(plan).empty() ||
              effects_of<Patch>(plan).front().resource != api::kHttpRoute);
}

TEST(Decide, A27ASettledWorldGivesNoStatusAndNoEffect) {
  for (World world : {gateway_world(), service_world()}) {
    const Plan plan = world.decide_once();
    EXPECT_FALSE(plan.status.has_value()) << plan.status->merge_patch;
    EXPECT_TRUE(plan.effects.empty());
    EXPECT_TRUE(plan.events.empty());
    world.now = world.now + 72h;
    EXPECT_FALSE(world.decide_once().status.has_value()) << "time alone writes nothing (R2-56)";
  }
}

TEST(Decide, A28PromotionRestartsNoPod) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.log.clear();
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h));
  for (const auto& [name, workload] : world.deployments) {
    EXPECT_EQ(workload.spec.selector->match_labels.at("kaizen.ml/revision"),
              name.substr(std::string("ranker-").size()));
  }
  const auto creations = std::ranges::count_if(
      world.log, [](const std::string& write) { return write.starts_with("create Deployment"); });
  EXPECT_EQ(creations, 0) << world.trace();
  EXPECT_EQ(world.wanted(candidate), 3);
}

TEST(Decide, A29NextAtIsAheadAndAtMostTenMinutesAwayInMidRollout) {
  World world = gateway_world();
  start_canary(world);
  for (int i = 0; i < 20; ++i) {
    const Plan plan = world.decide_once();
    ASSERT_TRUE(plan.next_at.has_value());
    EXPECT_GT(*plan.next_at, world.now);
    EXPECT_LE(*plan.next_at, world.now + 10min);
    world.sleep(17s);
  }
}

TEST(Decide, A74AChildThatSomebodyTouchedIsAppliedAgain) {
  World world = service_world();
  world.touched.push_back(world.deployments.begin()->second.metadata.uid);
  const auto applies = effects_of<Apply>(world.decide_once());
  ASSERT_EQ(applies.size(), 1U);
  EXPECT_EQ(applies.front().manifest.resource, api::kDeployment);
}

TEST(Decide, RT53NamesAreDeterministicAndShort) {
  World world(service_spec("1"));
  world.object.metadata.name = std::string(35, 'a');
  world.settle();
  for (const auto& [name, workload] : world.deployments) {
    EXPECT_EQ(name, base::concat({std::string(35, 'a'), "-", world.target()}));
    EXPECT_LE(name.size(), 46U);
  }
  EXPECT_EQ(world.deployments.size(), 1U);
}

TEST(Decide, R210ALongerNameIsAnInvalidSpec) {
  World world(service_spec("1"));
  world.object.metadata.name = std::string(36, 'a');
  world.settle();
  EXPECT_EQ(world.reason_of("Stalled"), "True/InvalidSpec");
  EXPECT_TRUE(world.log.empty());
}

TEST(Decide, RT67TheStatusThatAnnouncesComesBeforeTheEffect) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  const std::string candidate = world.target();
  Plan plan = world.decide_once();
  while (effects_of<Create>(plan).empty()) {
    ASSERT_TRUE(world.turn());
    plan = world.decide_once();
  }
  const bool announced =
      world.status().candidate && world.status().candidate->revision == candidate;
  EXPECT_TRUE(announced ||
              (plan.status && plan.status->merge_patch.find(candidate) != std::string::npos));
  EXPECT_EQ(effects_of<Create>(plan).front().manifest.key.name, "ranker-" + candidate);
}

TEST(Decide, RT60MD15TheLargestStatusStaysBelow32KiB) {
  World world = gateway_world();
  start_canary(world);
  api::ModelDeploymentStatus& status = world.object.status;
  api::HistoryEntry entry;
  entry.revision = "0123456789";
  entry.version = std::string(63, 'v');
  entry.outcome = "Aborted";
  entry.verdict = "Inconclusive";
  entry.reason = std::string(512, 'r');
  entry.started_at = world.now;
  entry.ended_at = world.now;
  status.history.assign(20, entry);
  world.request("r1", "abort", world.target(), "");
  world.object.metadata.annotations["request.kaizen.ml/reason"] = std::string(4000, 'x');
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));  // World checks the size
  EXPECT_EQ(world.status().history.size(), 20U);
}

TEST(Decide, MD15TheOldestHistoryMakesRoomForEvidence) {
  api::ModelDeploymentStatus status;
  status.analysis.emplace();
  status.analysis->state = std::string(size_t{12} * 1024, 's');
  for (int i = 0; i < 20; ++i) {
    api::HistoryEntry entry;
    entry.revision = std::to_string(1000000000 + i);
    entry.reason = std::string(192, 'r');
    status.history.push_back(entry);
    api::MetricStatus metric;
    metric.name = std::string(60, 'm');
    metric.last_error = std::string(900, 'e');
    status.analysis->metrics.push_back(metric);
  }
  fit_status(status);
  EXPECT_LE(schema::encode(status).size(), 32U * 1024U);
  EXPECT_EQ(status.history.front().revision, "1000000000") << "the newest stays";
  EXPECT_LT(status.history.size(), 20U);
  EXPECT_EQ(status.analysis->state.size(), 12U * 1024U);
}

TEST(Decide, RT83EventsSayNumbersAndAreCut) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  world.object.metadata.annotations["request.kaizen.ml/reason"] = std::string(4000, 'x');
  world.settle();
  for (const EventNote& event : world.events) {
    EXPECT_LE(event.note.size(), 1024U);
    EXPECT_FALSE(event.action.empty());
  }
  EXPECT_TRUE(std::ranges::any_of(world.events, [](const EventNote& event) {
    return event.reason == "WeightApplied" && event.note.find("25 %") != std::string::npos;
  }));
}

// ---- the template that Kubernetes refuses ----

TEST(Decide, A45ARefusedTemplateStallsBeforeAnythingMoves) {
  World world = gateway_world();
  const std::string old = world.target();
  world.log.clear();
  world.template_refused = true;
  world.set_spec(gateway_spec("2"));
  world.settle();
  EXPECT_EQ(world.reason_of("Stalled"), "True/InvalidTemplate");
  EXPECT_NE(world.condition("Stalled")->message.find("spec.template.spec.x: unknown"),
            std::string::npos);
  EXPECT_TRUE(world.log.empty()) << world.trace();
  EXPECT_EQ(world.reason_of("Ready"), "True/StableServing");
  EXPECT_EQ(world.wanted(old), 3);
}

TEST(Decide, A45TheQuestionIsAStrictDryRunOfTheDeployment) {
  World world(service_spec("1"));
  const Plan plan = world.decide_once();
  ASSERT_EQ(plan.probes.size(), 1U);
  EXPECT_EQ(plan.probes.front().endpoint, "kubernetes");
  const base::HttpRequest& request = plan.probes.front().requests.front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target,
            "/apis/apps/v1/namespaces/shop/deployments"
            "?dryRun=All&fieldValidation=Strict&fieldManager=kaizen");
  EXPECT_NE(request.body.find("ranker-" + world.target()), std::string::npos);
}

TEST(Decide, A45NothingIsCreatedWithoutAnAnswer) {
  World world(service_spec("1"));
  world.dry_run_answers = false;
  world.sleep(5min);
  EXPECT_TRUE(world.log.empty());
  world.dry_run_answers = true;
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle);
}

TEST(Decide, R317AStoredRevisionIsNotAskedAboutAgain) {
  World world = gateway_world();
  EXPECT_TRUE(world.decide_once().probes.empty());
}

TEST(Decide, RT35AnObjectThatCannotBeReadLeavesEverythingAsItIs) {
  World world = gateway_world();
  start_canary(world);
  RolloutSnapshot snapshot = world.snapshot();
  snapshot.undecodable = "spec.replicas: expected an integer";
  auto bare = *snapshot.object;
  bare.spec = {};
  snapshot.object = base::make_ref(bare);
  const Plan plan = decide(snapshot, world.extensions(), world.now);
  EXPECT_TRUE(plan.effects.empty());
  ASSERT_TRUE(plan.status.has_value());
  EXPECT_NE(plan.status->merge_patch.find("UndecodableObject"), std::string::npos);
  EXPECT_NE(plan.status->merge_patch.find("spec.replicas"), std::string::npos);
}

TEST(Decide, WhatIsNotBuiltYetIsRefusedAndTheModelKeepsRunning) {
  for (const bool from : {true, false}) {
    World world = gateway_world();
    world.set_spec(gateway_spec("2"));
    auto& model = world.object.spec.model;
    if (from) model->from = api::ModelFrom{.pipeline = "weld"};
    if (!from) model->loader = api::Loader{};
    world.settle();
    EXPECT_EQ(world.reason_of("Stalled"), "True/InvalidSpec");
    EXPECT_NE(world.condition("Stalled")->message.find(from ? "spec.model.from is not built yet"
                                                            : "spec.model.loader is not built yet"),
              std::string::npos);
    EXPECT_EQ(world.reason_of("Ready"), "True/StableServing");
  }
}

TEST(Decide, InvalidSpecNamesTheFieldAndLeavesTheModelRunning) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  world.object.spec.strategy->canary->steps[1].weight = 150;
  world.settle();
  EXPECT_EQ(world.reason_of("Stalled"), "True/InvalidSpec");
  EXPECT_NE(world.condition("Stalled")->message.find("spec.strategy.canary.steps[1].weight"),
            std::string::npos);
  EXPECT_EQ(world.reason_of("Ready"), "True/StableServing");
}

}  // namespace
}  // namespace kaizen::core
