// After the point of no return: bake, and the way back.
#include <string>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "core/reasons.h"
#include "core/rollout/world_test_support.h"

namespace kaizen::core {
namespace {

using testing_support::gateway_spec;
using testing_support::gateway_world;
using testing_support::service_world;
using testing_support::start_canary;
using testing_support::World;
using namespace std::chrono_literals;

const char* const kBack = R"("bake":{"duration":"1h","onFailure":"Rollback"})";

// Version 2 promoted out of a canary, in its bake.
World baking_world(const std::string& more = "") {
  World world = gateway_world();
  start_canary(world, 25, more);
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
  return world;
}

TEST(Bake, R226StableChangesOnlyAfterAllTrafficIsSeenOnTheCandidate) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  ASSERT_TRUE(world.run_until(
      [&] {
        const bool promoted = world.status().stable->revision == candidate;
        EXPECT_TRUE(!promoted || world.status().weight->applied == 100 ||
                    world.selects("ranker") == candidate)
            << world.trace();
        return promoted;
      },
      2h));
  EXPECT_EQ(world.canary_weight(), 100);
}

TEST(Bake, RO51HarmInBakeRollsBackThroughServicesThatAlwaysServe) {
  World world = baking_world(kBack);
  const std::string bad = world.target();
  const std::string old = world.status().previous->revision;
  world.truth.canary_bad = 200;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kRollingBack, 1h)) << world.trace();
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h)) << world.trace();  // T-4 in World
  EXPECT_EQ(world.status().stable->revision, old);
  EXPECT_EQ(world.selects("ranker"), old);
  EXPECT_EQ(world.selects("ranker-canary"), old);
  EXPECT_EQ(world.wanted(bad), 0);
  EXPECT_EQ(world.status().aborted->revision, bad);
  EXPECT_EQ(world.status().history.front().outcome, "RolledBack");
  EXPECT_TRUE(world.has_event(reason::kRolledBack));
  EXPECT_EQ(world.reason_of("RolledBack"), "True/" + world.status().aborted->reason);
  EXPECT_EQ(world.reason_of("Stalled"), "True/Aborted");
}

TEST(Bake, R315OnFailureHoldSuspendsTheEndAndKeepsTheWayBackWarm) {
  World world = baking_world(R"("analysis":{"interval":"1m","errorRate":{"hardLimit":"90%"}})");
  const std::string old = world.status().previous->revision;
  world.truth.canary_bad = 60;
  ASSERT_TRUE(world.run_until([&] { return !world.status().held_reason.empty(); }, 25min))
      << world.trace();
  EXPECT_TRUE(world.has_event(reason::kHarmDetected));
  world.sleep(5h);
  EXPECT_EQ(world.phase(), api::Phase::kBaking);
  EXPECT_EQ(world.wanted(old), 3);

  world.request("r1", "resume");  // a person accepts
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1min)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, world.target());
}

TEST(Bake, RO35ACrashLoopInBakeRollsBackWhateverOnFailureSays) {
  World world = baking_world();
  const std::string old = world.status().previous->revision;
  world.crashing.insert(world.target());
  ASSERT_TRUE(world.run_until_phase(api::Phase::kRollingBack, 1min)) << world.trace();
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 10min)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, old);
}

TEST(Bake, RO49RollbackWithinTheBakeFindsWarmPodsAndAsksNoMetric) {
  World world = baking_world();
  const std::string old = world.status().previous->revision;
  EXPECT_EQ(world.ready(old), 3);
  world.request("r1", "rollback", old);
  world.turn();
  EXPECT_EQ(world.phase(), api::Phase::kRollingBack);
  EXPECT_TRUE(world.decide_once().probes.empty());
  ASSERT_TRUE(world.run_until([&] { return world.status().stable->revision == old; }, 1min))
      << "no waiting for pods";
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 5min));
  EXPECT_EQ(world.status().last_request->outcome, "Done");
}

TEST(Bake, RO50RollbackToAColdRevisionMovesWeightOnlyToItsReadyEndpoints) {
  World world = baking_world();
  const std::string old = world.status().previous->revision;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.sleep(10min);
  ASSERT_EQ(world.wanted(old), 0);
  world.never_ready.insert(old);
  world.request("r1", "rollback", old);
  world.sleep(10min);
  EXPECT_EQ(world.phase(), api::Phase::kRollingBack);
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_EQ(world.wanted(world.target()), 3) << "capacity is not lowered";
  world.never_ready.clear();
  ASSERT_TRUE(world.run_until([&] { return world.canary_weight() == 100; }, 5min));
  EXPECT_EQ(world.ready(old), 3) << "as many as served before";
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 5min)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, old);
}

TEST(Bake, R38ARequestedRollbackStaysUntilTheInputChanges) {
  World world = baking_world();
  const std::string old = world.status().previous->revision;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.request("r1", "rollback", old);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h) ||
              world.run_until_phase(api::Phase::kIdle, 1h));
  world.sleep(2h);
  EXPECT_EQ(world.status().stable->revision, old) << world.trace();
  EXPECT_EQ(world.status().rollback_target->revision, old);
  world.set_spec(gateway_spec("3"));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h)) << world.trace();
  EXPECT_FALSE(world.status().rollback_target.has_value());
  EXPECT_EQ(world.status().candidate->revision, world.target());
}

TEST(Bake, ARollbackToARevisionNobodyStoredIsRefused) {
  World world = baking_world();
  world.request("r1", "rollback", "0123456789");
  world.settle();
  EXPECT_EQ(world.status().last_request->outcome, "Refused");
  EXPECT_EQ(world.phase(), api::Phase::kBaking);
}

TEST(Bake, R227ANewTargetCutsTheBakeAndStartsAtOnce) {
  World world = baking_world();
  const std::string second = world.target();
  const std::string first = world.status().previous->revision;
  world.set_spec(gateway_spec("3"));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kPreparing, 1min)) << world.trace();
  EXPECT_EQ(world.status().history.front().revision, second);
  EXPECT_EQ(world.status().history.front().outcome, "Promoted");
  EXPECT_EQ(world.status().history.front().reason, "BakeCut");
  world.settle();
  EXPECT_EQ(world.wanted(first), 0) << "the old way back makes room";
}

TEST(Bake, R227ANewTargetWhilePromotingPastNoReturnWaitsForItsEnd) {
  World world = gateway_world();
  const std::string second = start_canary(world);
  ASSERT_TRUE(world.run_until(
      [&] { return world.phase() == api::Phase::kPromoting && !world.status().candidate; }, 2h));
  world.set_spec(gateway_spec("3"));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kPreparing, 5min)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, second);
  EXPECT_EQ(world.selects("ranker"), second);
}

TEST(Bake, AbortInBakeRollsBack) {
  World world = baking_world();
  const std::string old = world.status().previous->revision;
  world.request("r1", "abort", world.target());
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, old);
  EXPECT_EQ(world.reason_of("Stalled"), "True/Aborted");
}

TEST(Bake, RouterServiceRollsBackWithOneSelectorWhileThePodsAreWarm) {
  World world = service_world();
  const std::string old = world.target();
  start_canary(world);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h));
  world.request("r1", "rollback", old);
  world.turn();
  world.turn();
  EXPECT_EQ(world.selects("ranker"), old) << world.trace();
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 10min)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, old);
}

}  // namespace
}  // namespace kaizen::core
