// Whole rollouts, seen from the cluster.
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "core/rollout/world_test_support.h"

namespace kaizen::core {
namespace {

using testing_support::gateway_spec;
using testing_support::gateway_world;
using testing_support::service_spec;
using testing_support::World;
using namespace std::chrono_literals;

TEST(Rollout, FirstRevisionServesBehindARoute) {
  World world = gateway_world();

  EXPECT_EQ(world.phase(), api::Phase::kIdle);
  EXPECT_EQ(world.status().stable->revision, world.target());
  EXPECT_EQ(world.status().stable->version, "1");
  EXPECT_EQ(world.selects("ranker"), world.target());
  EXPECT_EQ(world.selects("ranker-canary"), world.target());
  EXPECT_EQ(world.wanted(world.target()), 3);
  EXPECT_EQ(world.reason_of("Ready"), "True/StableServing");
  EXPECT_EQ(world.reason_of("Reconciling"), "");
  EXPECT_EQ(world.reason_of("Stalled"), "");
}

TEST(Rollout, GoodCanaryIsPromotedBehindARoute) {
  World world = gateway_world();
  const std::string old = world.target();
  world.set_spec(gateway_spec("2"));
  const std::string candidate = world.target();

  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking)) << world.trace();

  EXPECT_EQ(world.status().stable->revision, candidate);
  EXPECT_EQ(world.selects("ranker"), candidate);
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_EQ(world.wanted(old), 3) << "the way back stays warm";
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle)) << world.trace();
  world.settle();
  EXPECT_EQ(world.wanted(old), 0);
  EXPECT_EQ(world.status().history.front().outcome, "Promoted");
}

TEST(Rollout, BadCanaryIsTakenBackBehindARoute) {
  World world = gateway_world();
  const std::string old = world.target();
  world.set_spec(gateway_spec("2"));
  const std::string candidate = world.target();
  ASSERT_TRUE(world.run_until([&] { return world.canary_weight() > 0; }, 1h));
  world.truth.canary_bad = 60;

  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle)) << world.trace();
  world.settle();

  EXPECT_EQ(world.status().stable->revision, old);
  EXPECT_EQ(world.status().aborted->revision, candidate);
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_EQ(world.wanted(candidate), 0);
  EXPECT_EQ(world.reason_of("Stalled"), "True/Aborted");
  EXPECT_EQ(world.reason_of("Ready"), "True/StableServing");
}

TEST(Rollout, GoodCanaryIsPromotedByServices) {
  World world(service_spec("1"));
  world.settle();
  const std::string old = world.target();
  world.set_spec(service_spec("2"));
  const std::string candidate = world.target();

  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking)) << world.trace();

  EXPECT_EQ(world.status().stable->revision, candidate);
  EXPECT_EQ(world.selects("ranker"), candidate);
  EXPECT_EQ(world.wanted(old), 3);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle)) << world.trace();
}

}  // namespace
}  // namespace kaizen::core
