// The object itself: first revision, sleep, lost status, deletion, what belongs to whom.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "base/error.h"
#include "base/result.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/decide.h"
#include "core/rollout/snapshot.h"
#include "core/rollout/world_test_support.h"

namespace kaizen::core {
namespace {

using testing_support::gateway_spec;
using testing_support::gateway_world;
using testing_support::service_spec;
using testing_support::service_world;
using testing_support::start_canary;
using testing_support::user_route;
using testing_support::World;
using namespace std::chrono_literals;

const char* const kManual = R"("promotion":{"approval":"Manual"})";

// ---- first revision ----

TEST(Birth, RO54TheFirstRevisionHasNoStepsAndNoAnalysis) {
  World world(gateway_spec("1"));
  world.route = user_route();
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle);
  EXPECT_FALSE(world.status().step.has_value());
  EXPECT_FALSE(world.status().analysis.has_value());
  EXPECT_EQ(world.status().history.front().outcome, "Promoted");
}

TEST(Birth, R312ServicesAreCreatedOnlyAfterTheFirstReadiness) {
  World world(service_spec("1"));
  world.never_ready.insert(world.target());
  world.sleep(2min);
  EXPECT_TRUE(world.services.empty());
  EXPECT_EQ(world.reason_of("Ready"), "False/Initializing");
  world.never_ready.clear();
  world.settle();
  EXPECT_EQ(world.selects("ranker"), world.target());
}

TEST(Birth, R228ANewTargetReplacesTheFirstRevisionThatIsNotServing) {
  World world(service_spec("1"));
  const std::string first = world.target();
  world.never_ready.insert(first);
  world.sleep(2min);
  world.set_spec(service_spec("2"));
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
  EXPECT_EQ(world.status().stable->revision, world.target());
  EXPECT_EQ(world.wanted(first), 0);
}

TEST(Birth, AD10TheFirstRevisionMayBeGated) {
  World world(service_spec("1", kManual));
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kInitializing);
  EXPECT_TRUE(world.services.empty()) << "no endpoint before approve";
  EXPECT_EQ(world.reason_of("AwaitingApproval"), "True/AwaitingApproval");
  EXPECT_TRUE(world.has_event(reason::kApprovalRequired));

  world.request("p1", "promote", world.target());
  world.settle();
  EXPECT_EQ(world.status().last_request->outcome, "Refused");
  EXPECT_TRUE(world.services.empty());

  world.request("a1", "approve", world.target());
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
  EXPECT_EQ(world.selects("ranker"), world.target());
}

TEST(Birth, AD10TwoReadyPodsDoNotStandInForTheApproval) {
  World world(service_spec("1", kManual));
  world.sleep(5h);
  EXPECT_TRUE(world.services.empty());
  EXPECT_FALSE(world.status().stable.has_value());
}

// ---- sleep ----

TEST(Birth, RO40AFirstRevisionWithZeroReplicasIsAsleep) {
  World world(service_spec("1"));
  world.object.spec.replicas = 0;
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
  EXPECT_EQ(world.reason_of("Ready"), "True/Asleep");
  EXPECT_EQ(world.wanted(world.target()), 0);
  EXPECT_FALSE(world.decide_once().next_at.has_value());
}

TEST(Birth, RO40ANewTargetWhileAsleepIsSwappedAtOnceAndBakesAfterWakingUp) {
  World world = service_world();
  world.object.spec.replicas = 0;
  world.settle();
  world.set_spec(service_spec("2"));
  world.object.spec.replicas = 0;
  world.settle();
  EXPECT_EQ(world.status().stable->revision, world.target());
  EXPECT_EQ(world.status().analysis->verdict, "Skipped");
  EXPECT_TRUE(world.has_event(reason::kPromotedWhileAsleep));
  EXPECT_EQ(world.selects("ranker"), world.target());
  EXPECT_FALSE(world.status().bake_until.has_value());
  world.sleep(5h);
  EXPECT_EQ(world.phase(), api::Phase::kBaking);

  world.object.spec.replicas = 3;
  world.settle();
  EXPECT_EQ(*world.status().bake_until, world.now + 30min) << world.trace();
  EXPECT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
}

// ---- lost status ----

class LostStatus : public testing::TestWithParam<api::Phase> {};

// A rollout of a second revision, asked to go as far as `phase`.
bool reaches(World& world, bool gateway, api::Phase phase) {
  const std::string old = world.target();
  world.set_spec(gateway ? gateway_spec("2") : service_spec("2"));
  const auto reached = [&] {
    if (phase == api::Phase::kAborting && world.canary_weight() > 0) {
      world.request("r1", "abort");
    }
    if (phase == api::Phase::kAborting && world.selects("ranker") == "both") {
      world.request("r1", "abort");
    }
    if (phase == api::Phase::kRollingBack && world.phase() == api::Phase::kBaking) {
      world.request("r1", "rollback", old);
    }
    return world.phase() == phase;
  };
  return world.run_until(reached, 3h);
}

TEST_P(LostStatus, AD1StableIsFoundAgainAndNothingUnprovenGetsTraffic) {
  for (const bool gateway : {true, false}) {
    World world = gateway ? gateway_world() : service_world();
    const std::string old = world.target();
    const bool promoted =
        GetParam() == api::Phase::kBaking || GetParam() == api::Phase::kRollingBack;
    if (GetParam() != api::Phase::kIdle) {
      ASSERT_TRUE(reaches(world, gateway, GetParam())) << world.trace();
    }
    const std::string candidate = world.target();
    world.object.status = {};
    world.restart();
    world.turn();
    ASSERT_TRUE(world.status().stable.has_value()) << world.trace();
    EXPECT_EQ(world.status().stable->revision, promoted ? candidate : old) << world.trace();
    EXPECT_TRUE(world.has_event(reason::kRestored));
    world.sleep(3min);
    if (world.status().weight->intended == 0 && !promoted) {
      EXPECT_EQ(world.selects("ranker"), old) << world.trace();
    }
    world.sleep(3h);
    EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
    EXPECT_EQ(world.canary_weight(), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Phases,
                         LostStatus,
                         testing::Values(api::Phase::kIdle,
                                         api::Phase::kPreparing,
                                         api::Phase::kProgressing,
                                         api::Phase::kPromoting,
                                         api::Phase::kBaking,
                                         api::Phase::kAborting,
                                         api::Phase::kRollingBack));

TEST(Birth, AD1AStatusThatContradictsItselfCountsAsLost) {
  for (const int broken : {0, 1, 2, 3, 4}) {
    World world = gateway_world();
    const std::string old = world.target();
    start_canary(world);
    if (broken == 0) world.object.status.step.reset();
    if (broken == 1) world.object.status.steps.clear();
    if (broken == 2) world.object.status.candidate.reset();
    if (broken == 3) world.object.status.stable.reset();
    if (broken == 4) world.object.status.phase = api::Phase::kDeleting;  // nobody deletes it
    world.turn();
    EXPECT_EQ(world.phase(), api::Phase::kAborting) << world.trace();
    EXPECT_EQ(world.status().stable->revision, old);
    EXPECT_EQ(world.canary_weight(), 0);
    EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
  }
}

TEST(Birth, AD1TheAbortedMarkSurvivesOnTheControllerRevision) {
  World world = gateway_world();
  const std::string old = world.target();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  EXPECT_EQ(world.revisions.at("ranker-" + candidate).metadata.annotations["kaizen.ml/outcome"],
            "Aborted");

  world.object.status = {};
  world.sleep(1h);

  EXPECT_EQ(world.status().stable->revision, old);
  EXPECT_EQ(world.status().aborted->revision, candidate);
  EXPECT_EQ(world.wanted(candidate), 0) << world.trace();
}

TEST(Birth, R314TheMarkStandsOnTheRevisionBeforeStatusSaysAborted) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until(
      [&] {
        const auto& annotations = world.revisions.at("ranker-" + candidate).metadata.annotations;
        const bool marked = annotations.contains("kaizen.ml/outcome");
        EXPECT_TRUE(marked || !world.status().aborted) << world.trace();
        return world.status().aborted.has_value();
      },
      1h));
}

TEST(Birth, AD1ARetriedRevisionLosesTheMark) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.request("r2", "retry", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h));
  EXPECT_FALSE(
      world.revisions.at("ranker-" + candidate).metadata.annotations.contains("kaizen.ml/outcome"));
}

TEST(Birth, R25RequestsThatWereThereBeforeAreSwallowedWithAnEvent) {
  World world(service_spec("1"));
  world.request("old-1", "pause");
  world.settle();
  EXPECT_FALSE(world.status().paused_by.has_value());
  EXPECT_EQ(world.status().handled_requests.front(), "old-1");
  EXPECT_TRUE(std::ranges::any_of(world.events, [](const EventNote& event) {
    return event.reason == "StaleRequest" && event.note.find("old-1") != std::string::npos;
  }));
}

// ---- ownership ----

TEST(Birth, RT68EveryObjectCarriesItsOwnerAndLabels) {
  World world = gateway_world();
  const auto check = [&world](const api::Metadata& metadata) {
    ASSERT_EQ(metadata.owner_references.size(), 1U);
    const api::OwnerReference& owner = metadata.owner_references.front();
    EXPECT_EQ(owner.api_version, "kaizen.ml/v1alpha1");
    EXPECT_EQ(owner.kind, "ModelDeployment");
    EXPECT_EQ(owner.uid, world.object.metadata.uid);
    EXPECT_TRUE(owner.controller);
    EXPECT_TRUE(owner.block_owner_deletion);
    EXPECT_EQ(metadata.labels.at("app.kubernetes.io/managed-by"), "kaizen");
    EXPECT_EQ(metadata.labels.at("kaizen.ml/deployment"), "ranker");
    EXPECT_EQ(metadata.ns, "shop");
  };
  check(world.deployments.begin()->second.metadata);
  check(world.revisions.begin()->second.metadata);
  check(world.services.begin()->second.metadata);
  EXPECT_EQ(world.deployments.begin()->second.metadata.labels.at("kaizen.ml/revision"),
            world.target());
}

TEST(Birth, RT69NameAndLabelsAloneNeverAdopt) {
  World world = gateway_world();
  api::Deployment foreign = world.deployments.begin()->second;
  foreign.metadata.owner_references.clear();
  world.deployments.begin()->second = foreign;
  world.log.clear();
  world.settle();
  EXPECT_EQ(std::ranges::count_if(world.log,
                                  [](const auto& write) { return write.starts_with("apply"); }),
            0)
      << world.trace();
  EXPECT_EQ(world.reason_of("Stalled"), "True/AdoptionConflict");
}

TEST(Birth, RT69ARefusedCreationIsAdoptionConflict) {
  World world(service_spec("1"));
  WriteFailure failure;
  failure.what = "create Deployment ranker-x";
  failure.resource = api::kDeployment;
  failure.error = {base::Action::kTerminal, base::Code::kAlreadyExists, "belongs to nobody", {}};
  world.failures.push_back(failure);
  world.turn();
  EXPECT_EQ(world.reason_of("Stalled"), "True/AdoptionConflict");
}

TEST(Birth, AForbiddenWriteIsStalledAndNamesTheWrite) {
  World world(service_spec("1"));
  world.write_result = base::Error{base::Action::kAwaitChange,
                                   base::Code::kForbidden,
                                   "cannot create resource controllerrevisions",
                                   {}};
  world.settle();
  world.turn();
  EXPECT_EQ(world.reason_of("Stalled"), "True/Forbidden") << world.trace();
  EXPECT_NE(world.condition("Stalled")->message.find("create ControllerRevision"),
            std::string::npos);
}

TEST(Birth, RT73ChildrenOfAnotherIncarnationAreIgnored) {
  World world = service_world();
  const std::string revision = world.target();
  world.object.status = {};
  world.object.metadata.uid.bytes[0] = 9;  // deleted and created again under the same name
  world.turn();
  EXPECT_FALSE(world.status().stable.has_value());
  EXPECT_EQ(world.phase(), api::Phase::kInitializing);
  EXPECT_EQ(world.wanted(revision), 3) << "the garbage collector takes the old ones, not kaizen";
}

// ---- finalizer and deletion ----

TEST(Birth, RT70TheFinalizerIsSeenBeforeTheFirstWriteOfAForeignRoute) {
  World world = gateway_world();  // World refuses route writes without it
  const auto at = [&world](const std::string& what) {
    return std::ranges::find(world.log, what) - world.log.begin();
  };
  EXPECT_LT(at("patch ModelDeployment ranker"), at("patch HTTPRoute public"));
  EXPECT_EQ(world.object.metadata.finalizers, std::vector<std::string>{"kaizen.ml/cleanup"});
}

TEST(Birth, R236WithRouterServiceThereIsNoFinalizer) {
  World world = service_world();
  EXPECT_TRUE(world.object.metadata.finalizers.empty());
}

TEST(Birth, RO47DeletionInMidRolloutBringsTrafficHomeFirst) {
  World world = gateway_world();
  start_canary(world, 50);
  world.remove();
  world.turn();
  EXPECT_EQ(world.phase(), api::Phase::kDeleting);
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_TRUE(world.exists);
  world.settle();
  EXPECT_FALSE(world.exists);
  EXPECT_EQ(world.route->spec.rules.front().backend_refs.size(), 1U) << "our backend is gone";
}

TEST(Birth, RO48DeletionWithoutTheRouteEndsAtOnce) {
  World world = gateway_world();
  start_canary(world);
  world.route.reset();
  world.remove();
  world.settle();
  EXPECT_FALSE(world.exists);
}

TEST(Birth, RO48DeletionWithADeadGatewayEndsWithinTwoMinutes) {
  World world = gateway_world();
  start_canary(world);
  world.gateway_accepts = false;
  world.remove();
  world.sleep(2min);
  EXPECT_FALSE(world.exists);
}

TEST(Birth, RT71DeletionNeedsNoMetricSourceAndAsksNothing) {
  World world = gateway_world();
  start_canary(world);
  world.settings.metric_sources.clear();
  world.object.spec.image = "broken";
  world.remove();
  EXPECT_TRUE(world.decide_once().probes.empty());
  world.settle();
  EXPECT_FALSE(world.exists) << world.trace();
}

TEST(Birth, RT72AFailingCleanupIsStalledAfterTenMinutesAndNeverDropped) {
  World world = gateway_world();
  start_canary(world);
  world.write_result = base::Error{
      base::Action::kAwaitChange, base::Code::kForbidden, "cannot patch httproutes", {}};
  world.remove();
  world.sleep(11min);
  EXPECT_TRUE(world.exists);
  EXPECT_EQ(world.reason_of("Stalled"), "True/CleanupBlocked") << world.trace();
  EXPECT_NE(world.condition("Stalled")->message.find("patch HTTPRoute public"), std::string::npos);
  world.sleep(3h);
  EXPECT_TRUE(world.exists);
}

TEST(Birth, RT61AnEndingNamespaceFreesTheObjectAtOnce) {
  World world = gateway_world();
  WriteFailure failure;
  failure.error = {base::Action::kAwaitChange, base::Code::kNamespaceEnding, "terminating", {}};
  world.failures.push_back(failure);
  world.remove();
  world.turn();
  world.turn();
  EXPECT_FALSE(world.exists);
}

// ---- revisions ----

TEST(Birth, RO38AnotherRenderingOfTheSameSpecTouchesNothing) {
  World world = gateway_world();
  Extensions newer = world.extensions();
  std::vector<Runtime> runtimes(newer.runtimes.begin(), newer.runtimes.end());
  runtimes.front().render = [](const RuntimeInput&) -> base::Result<std::string> {
    return std::string(R"({"spec":{"containers":[{"name":"new","image":"newer:2"}]}})");
  };
  newer.runtimes = runtimes;
  const Plan plan = decide(world.snapshot(), newer, world.now);
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_FALSE(plan.status.has_value());
}

TEST(Birth, MD5ARevisionOfTheSameNameWithOtherDataIsACollision) {
  World world(service_spec("1"));
  const std::string name = world.target();
  api::ControllerRevision other;
  other.metadata.name = "ranker-" + name;
  other.metadata.ns = "shop";
  other.metadata.labels["kaizen.ml/deployment"] = "ranker";
  other.metadata.labels["kaizen.ml/revision"] = name;
  api::OwnerReference owner;
  owner.uid = world.object.metadata.uid;
  owner.controller = true;
  other.metadata.owner_references.push_back(owner);
  other.data = api::RawJson(R"({"schema":1,"spec":{"image":"other"},"pod":{}})");
  world.revisions[other.metadata.name] = other;
  world.settle();
  EXPECT_EQ(world.status().collision_count, 1);
  EXPECT_NE(world.status().stable->revision, name);
  EXPECT_EQ(world.status().stable->revision, world.target());
}

TEST(Birth, RO58RevisionsBeyondTheLimitAreDeletedNeverThoseWithARole) {
  World world = service_world(R"("revisionHistoryLimit":1)");
  const std::string first = world.target();
  for (const char* version : {"2", "3", "4"}) {
    world.set_spec(service_spec(version, R"("revisionHistoryLimit":1,"bake":{"duration":"1m"})"));
    ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 1h));
    ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
    world.sleep(10min);
  }
  EXPECT_EQ(world.revisions.size(), 2U) << world.trace();
  EXPECT_EQ(world.deployments.size(), 2U);
  EXPECT_TRUE(world.revisions.contains("ranker-" + world.target()));
  EXPECT_FALSE(world.revisions.contains("ranker-" + first));
}

TEST(Birth, RO46MD18SelectorAndReplicasCountAllPods) {
  World world = gateway_world();
  EXPECT_EQ(world.status().selector, "kaizen.ml/deployment=ranker");
  EXPECT_EQ(world.status().replicas, 3);
  start_canary(world, 50);
  EXPECT_EQ(world.status().selector, "kaizen.ml/deployment=ranker");
  EXPECT_EQ(world.status().replicas, 5);
}

}  // namespace
}  // namespace kaizen::core
