// Traffic: selectors and weights move only to those who are ready.
#include <algorithm>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "core/reasons.h"
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

TEST(Traffic, RO11StableIsNotScaledDownBeforeItsServiceSelectsTheNewPods) {
  World world = gateway_world();
  const std::string old = world.target();
  start_canary(world);
  ASSERT_TRUE(world.run_until(
      [&] {
        EXPECT_EQ(world.wanted(old), 3) << world.trace();
        return world.phase() == api::Phase::kBaking;
      },
      2h));
  EXPECT_NE(world.selects("ranker"), old);
}

TEST(Traffic, RO11ServicesOfAPromotionAlsoWaitForTheDelay) {
  World world = service_world();
  const std::string old = world.target();
  start_canary(world, 25, R"("bake":{"duration":"1m"})");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 2h));
  EXPECT_EQ(world.wanted(old), 3) << "scaleDownDelay of 5m is longer than the bake of 1m";
  world.sleep(6min);
  EXPECT_EQ(world.wanted(old), 0);
}

TEST(Traffic, RO12WeightRisesOnlyWithReadyEndpointsInTheSlices) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  const std::string candidate = world.target();
  // The pod is ready, its slice is not written yet.
  ASSERT_TRUE(world.run_until([&] { return world.ready(candidate) == 1; }, 5min));
  world.turn();
  world.turn();
  EXPECT_EQ(world.phase(), api::Phase::kPreparing);
  EXPECT_EQ(world.canary_weight(), 0);
  world.settle();
  EXPECT_EQ(world.canary_weight(), 25);
}

TEST(Traffic, RO12ALargerStepWaitsForItsPods) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  ASSERT_EQ(world.wanted(candidate), 1);
  world.pods_schedulable = false;
  ASSERT_TRUE(world.run_until([&] { return world.status().step->index == 1; }, 1h));
  world.sleep(1min);
  EXPECT_EQ(world.canary_weight(), 25) << "half of 3 needs 2 pods";
  world.pods_schedulable = true;
  world.settle();
  EXPECT_EQ(world.canary_weight(), 50);
  EXPECT_EQ(world.wanted(candidate), 2);
}

TEST(Traffic, RO13TheCanaryServiceMovesOnlyAtWeightZero) {
  World world = gateway_world();
  const std::string old = world.target();
  const std::string candidate = start_canary(world);
  ASSERT_EQ(world.selects("ranker-canary"), candidate);
  world.gateway_accepts = false;
  world.request("r1", "abort", candidate);
  world.settle();
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_EQ(world.selects("ranker-canary"), candidate) << "0 is written, not yet seen in force";
  world.gateway_accepts = true;
  world.settle();
  EXPECT_EQ(world.selects("ranker-canary"), old);
}

TEST(Traffic, RO14TheCanaryServiceAlwaysSelectsAReadyRevision) {
  World world = gateway_world();
  const std::string old = world.target();
  world.set_spec(gateway_spec("2"));
  const std::string candidate = world.target();
  world.never_ready.insert(candidate);
  world.sleep(5min);
  EXPECT_EQ(world.selects("ranker-canary"), old) << "the candidate has no ready pod";
  EXPECT_EQ(world.phase(), api::Phase::kPreparing);
}

TEST(Traffic, RO15WeightFallsToWhatTheReadyPodsCarryInTheSameReconcile) {
  World world = gateway_world();
  const std::string candidate = start_canary(world, 50);
  ASSERT_EQ(world.wanted(candidate), 2);
  world.unready_pods[candidate] = 1;
  world.move();
  world.move();
  world.turn();

  EXPECT_EQ(world.canary_weight(), 33) << "1 of 2 pods carries a third of 3 replicas";
  EXPECT_EQ(world.phase(), api::Phase::kHeld);
  EXPECT_EQ(world.status().held_reason, "EndpointsMissing");
  EXPECT_EQ(world.reason_of("TrafficReady"), "False/EndpointsMissing");
  EXPECT_EQ(world.reason_of("Inconclusive"), "True/EndpointsMissing");
}

TEST(Traffic, RO15WeightRisesAgainAfterTwoMinutesOfReadiness) {
  World world = gateway_world();
  const std::string candidate = start_canary(world, 50);
  world.unready_pods[candidate] = 2;
  world.settle();
  ASSERT_EQ(world.canary_weight(), 0) << world.trace();
  world.unready_pods.clear();
  world.sleep(100s);
  EXPECT_EQ(world.canary_weight(), 0);
  world.sleep(40s);
  EXPECT_EQ(world.canary_weight(), 50) << world.trace();
  EXPECT_EQ(world.status().step->restarts, 1);
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
}

TEST(Traffic, RO27AnalysisStartsWhenTheWeightIsInForceAndSettled) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  ASSERT_TRUE(world.run_until([&] { return world.canary_weight() == 25; }, 10min));
  EXPECT_FALSE(world.status().weight->samples_from.has_value());
  world.settle();
  ASSERT_TRUE(world.status().weight->samples_from.has_value());
  EXPECT_EQ(*world.status().weight->samples_from - *world.status().weight->applied_at, 30s);
}

TEST(Traffic, A31NoSampleCountsWhileTheWeightIsNotInForce) {
  World world = gateway_world();
  start_canary(world);
  world.sleep(1min);
  world.gateway_accepts = false;
  ++world.route->metadata.generation;  // a user edits a filter; the gateway is behind
  world.truth.canary_bad = 400;
  world.sleep(50s);
  EXPECT_NE(world.phase(), api::Phase::kAborting) << world.trace();
  world.gateway_accepts = true;
  EXPECT_TRUE(world.run_until_phase(api::Phase::kAborting, 10min));
}

TEST(Traffic, RO36AnUnhealthyStableDoesNotBlockANewCandidate) {
  World world = gateway_world();
  const std::string old = world.target();
  world.unready_pods[old] = 2;
  world.settle();
  EXPECT_EQ(world.reason_of("Ready"), "False/NotEnoughReplicas");
  world.set_spec(gateway_spec("2"));
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
}

TEST(Traffic, RO42AllPodsAreReadyBeforeTheCandidateGetsEverything) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  bool seen = false;
  ASSERT_TRUE(world.run_until(
      [&] {
        if (world.canary_weight() == 100 && !seen) {
          seen = true;
          EXPECT_EQ(world.ready(candidate), 3) << world.trace();
        }
        return world.phase() == api::Phase::kBaking;
      },
      2h));
  EXPECT_TRUE(seen);
}

TEST(Traffic, RO59ConsecutiveCanariesNeverServeThreeRevisions) {
  World world = service_world();
  for (const char* version : {"2", "3", "4"}) {
    world.set_spec(service_spec(version, R"("bake":{"duration":"10m"})"));
    ASSERT_TRUE(world.run_until(
        [&] {
          int32_t serving = 0;
          for (const auto& [name, revision] : world.revisions) {
            const std::string label = name.substr(std::string("ranker-").size());
            const bool selected = world.selects("ranker") == "both" && world.ready(label) > 0;
            serving += selected || world.selects("ranker") == label ? 1 : 0;
          }
          EXPECT_LE(serving, 2) << world.trace();
          return world.phase() == api::Phase::kBaking &&
                 world.status().stable->revision == world.target();
        },
        2h))
        << world.trace();
  }
}

TEST(Traffic, R311BothIsEnteredOnlyWhenEveryOtherRevisionHasNoPods) {
  World world = service_world();
  const std::string first = world.target();
  world.set_spec(service_spec("2"));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h));
  world.set_spec(service_spec("3"));  // the first revision is still warm
  ASSERT_TRUE(world.run_until(
      [&] {
        if (world.selects("ranker") != "both") return false;
        EXPECT_EQ(world.ready(first), 0) << world.trace();
        return true;
      },
      1h))
      << world.trace();
}

TEST(Traffic, TR4AWeightThatIsNotAcceptedFor60SecondsHoldsTheRollout) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  ASSERT_TRUE(world.run_until([&] { return world.canary_weight() == 25; }, 10min));
  world.gateway_accepts = false;
  world.sleep(59s);
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
  world.sleep(2s);
  EXPECT_EQ(world.phase(), api::Phase::kHeld) << world.trace();
  EXPECT_EQ(world.reason_of("TrafficReady"), "False/RouteNotAccepted");
  world.gateway_accepts = true;
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
  EXPECT_EQ(world.reason_of("TrafficReady"), "True/WeightObserved");
}

TEST(Traffic, TR5TheYoungerOfTwoOnOneRouteChangesNothing) {
  World world(gateway_spec("1"));
  world.route = user_route();
  world.rivals.push_back({{"shop", "zebra"}, *world.object.metadata.creation_timestamp - 1s});
  world.settle();
  EXPECT_TRUE(world.log.empty()) << world.trace();
  EXPECT_EQ(world.reason_of("Stalled"), "True/RouteConflict");
  EXPECT_NE(world.condition("Stalled")->message.find("shop/zebra"), std::string::npos);
}

TEST(Traffic, TR5TheNameDecidesAtTheSameAge) {
  World world(gateway_spec("1"));
  world.route = user_route();
  world.rivals.push_back({{"shop", "zebra"}, *world.object.metadata.creation_timestamp});
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << "ranker stands before zebra";
}

TEST(Traffic, TR6AnEditedWeightIsWrittenAgainWithAnEvent) {
  World world = gateway_world();
  start_canary(world);
  world.route->spec.rules.front().backend_refs.back().weight = 90;
  ++world.route->metadata.generation;
  world.settle();
  EXPECT_EQ(world.canary_weight(), 25);
  EXPECT_TRUE(world.has_event(reason::kRouteConflict));
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
}

TEST(Traffic, TR6ThreeEditsWithinFiveMinutesHoldTheRollout) {
  World world = gateway_world();
  start_canary(world);
  for (int i = 0; i < 3; ++i) {
    world.route->spec.rules.front().backend_refs.back().weight = 90;
    ++world.route->metadata.generation;
    world.sleep(20s);
  }
  EXPECT_EQ(world.phase(), api::Phase::kHeld) << world.trace();
  EXPECT_EQ(world.status().held_reason, "RouteConflict");
  EXPECT_EQ(world.canary_weight(), 90) << "no second writer in a fight";
  EXPECT_TRUE(world.run_until([&] { return world.canary_weight() == 25; }, 6min));
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
}

TEST(Traffic, TR6AnEditedWeightOfASettledObjectIsWrittenAgain) {
  World world = gateway_world();
  world.route->spec.rules.front().backend_refs.back().weight = 40;
  ++world.route->metadata.generation;
  world.settle();
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_EQ(world.phase(), api::Phase::kIdle);
}

TEST(Traffic, TR9NoWeightIsWrittenOnAServiceWithoutEndpoints) {
  World world(gateway_spec("1"));
  world.route = user_route();
  world.never_ready.insert(world.target());
  world.sleep(5min);
  EXPECT_EQ(std::ranges::count(world.log, "patch HTTPRoute public"), 0) << world.trace();
}

TEST(Traffic, TR9AnAbortWaitsForAStableThatCanServe) {
  World world = gateway_world();
  const std::string old = world.target();
  const std::string candidate = start_canary(world);
  world.unready_pods[old] = 3;
  world.settle();
  world.request("r1", "abort", candidate);
  world.settle();
  EXPECT_EQ(world.canary_weight(), 25) << "nobody else is there to serve";
  world.unready_pods.clear();
  world.settle();
  EXPECT_EQ(world.canary_weight(), 0);
}

TEST(Traffic, AMissingRouteStallsAndLeavesTheRunningModelAlone) {
  World world = gateway_world();
  const std::string old = world.target();
  world.route.reset();
  world.set_spec(gateway_spec("2"));
  world.settle();
  EXPECT_EQ(world.reason_of("Stalled"), "True/RouteNotFound");
  EXPECT_EQ(world.phase(), api::Phase::kIdle);
  EXPECT_EQ(world.wanted(old), 3);
}

TEST(Traffic, AnAbsentGatewayApiIsRouterUnsupported) {
  World world(gateway_spec("1"));
  world.route_kind_available = false;
  world.settle();
  EXPECT_EQ(world.reason_of("Stalled"), "True/RouterUnsupported");
}

TEST(Traffic, R27AWeightThatPodsCannotRepresentStallsBeforeAnythingMoves) {
  World world(service_spec("1"));
  world.settle();
  world.log.clear();
  world.set_spec(service_spec("2"));
  world.object.spec.strategy->canary->steps.front().weight = 5;  // one of 4 pods is 25 %
  world.settle();
  EXPECT_EQ(world.reason_of("Stalled"), "True/WeightNotRepresentable");
  EXPECT_TRUE(world.log.empty()) << world.trace();
}

TEST(Traffic, AForeignServiceOfOurNameIsNeverTouched) {
  World world(service_spec("1"));
  api::Service foreign;
  foreign.metadata.name = "ranker";
  foreign.metadata.ns = "shop";
  foreign.spec.selector["app"] = "other";
  world.services["ranker"] = foreign;
  world.settle();
  EXPECT_EQ(world.services["ranker"].spec.selector.size(), 1U);
  EXPECT_EQ(world.reason_of("Stalled"), "True/AdoptionConflict");
}

TEST(Traffic, ASelectorEditedBySomebodyIsPutBack) {
  World world = service_world();
  world.services["ranker"].spec.selector.clear();
  world.services["ranker"].spec.selector["app"] = "other";
  world.settle();
  EXPECT_EQ(world.selects("ranker"), world.target());
}

}  // namespace
}  // namespace kaizen::core
