#include "reconcile/gather.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "reconcile/world_test_support.h"

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string on_route(std::string_view target) {
  return base::concat(
      {R"("traffic":{"router":"GatewayAPI","gatewayAPI":{"httpRoute":{"name":"public")", target,
       "}}}"});
}

std::string route_json(std::string_view rules) {
  return base::concat(
      {R"({"metadata":{"name":"public","namespace":"shop"},"spec":{"rules":[)", rules, "]}}"});
}

std::vector<std::string> rivals(const Gathered& gathered) {
  std::vector<std::string> names;
  for (const auto& claim : gathered.snapshot.rival_claims) names.push_back(claim.owner.name);
  return names;
}

TEST(Gather, RT41TakesChildrenByLabelAndOwnerServicesAndRouteByName) {
  Bench bench;
  const base::Uid uid = bench.uid();
  const base::Uid stranger = *base::parse_uid("11111111-0000-4000-8000-000000000001");
  bench.server.put(api::kDeployment, child_json({.name = "ranker-a", .owner = uid}));
  bench.server.put(api::kDeployment, child_json({.name = "ranker-b", .owner = stranger}));
  bench.server.put(api::kDeployment,
                   child_json({.name = "other-a", .owner = uid, .deployment = "other"}));
  bench.server.put(api::kControllerRevision, child_json({.name = "ranker-a", .owner = uid}));
  bench.server.put(api::kService, child_json({.name = "ranker", .owner = stranger}));
  bench.server.put(api::kService, child_json({.name = "ranker-canary", .owner = uid}));
  bench.server.put(api::kPod, child_json({.name = "ranker-a-1", .owner = stranger}));
  for (const char* service : {"ranker", "ranker-canary", "other"}) {
    bench.server.put(
        api::kEndpointSlice,
        base::concat({R"({"metadata":{"name":")", service, R"(-x","namespace":"shop","labels":{)",
                      R"("app.kubernetes.io/managed-by":"kaizen","kubernetes.io/service-name":")",
                      service, R"("}},"endpoints":[{"addresses":["10.0.0.1"]}]})"}));
  }
  bench.watches.deliver();
  const auto snapshot = bench.gather(mono(1s)).snapshot;
  ASSERT_EQ(snapshot.deployments.size(), 1U);
  EXPECT_EQ(snapshot.deployments[0]->metadata.name, "ranker-a");
  EXPECT_EQ(snapshot.revisions.size(), 1U);
  EXPECT_EQ(snapshot.pods.size(), 1U);
  ASSERT_TRUE(snapshot.main_service);  // foreign, but core must see that the name is taken
  EXPECT_EQ(snapshot.main_service->metadata.name, "ranker");
  ASSERT_TRUE(snapshot.canary_service);
  ASSERT_EQ(snapshot.slices.size(), 2U);
  EXPECT_EQ(snapshot.slices[0]->metadata.name, "ranker-x");
  EXPECT_EQ(snapshot.slices[1]->metadata.name, "ranker-canary-x");
  EXPECT_FALSE(snapshot.route);
  EXPECT_TRUE(snapshot.undecodable.empty());
}

TEST(Gather, AbsentObjectGivesNoSnapshot) {
  Bench bench;
  bench.server.remove(api::kModelDeployment, kRanker);
  bench.watches.deliver();
  EXPECT_FALSE(bench.gather(mono(1s)).snapshot.object);
}

TEST(Gather, RT35UndecodableObjectIsSaid) {
  Bench bench;
  bench.server.edit(api::kModelDeployment, kRanker,
                    R"({"spec":{"replicas":"many"},"status":{"message":"before"}})");
  bench.watches.deliver();
  const auto snapshot = bench.gather(mono(1s)).snapshot;
  EXPECT_THAT(snapshot.undecodable, testing::HasSubstr("spec.replicas"));
  EXPECT_EQ(snapshot.object->status.message, "before");
}

TEST(Gather, TR5RivalsAreThoseOnTheSameRule) {
  Bench bench;
  bench.server.put(api::kHttpRoute, route_json(R"({"name":"a"},{"name":"b"})"));
  bench.server.edit(api::kModelDeployment, kRanker,
                    "{\"spec\":{" + on_route(R"(,"ruleName":"b")") + "}}");
  bench.server.put(api::kModelDeployment, deployment_json("by-index", on_route(R"(,"rule":1)")));
  bench.server.put(api::kModelDeployment,
                   deployment_json("by-name", on_route(R"(,"ruleName":"b")")));
  bench.server.put(api::kModelDeployment, deployment_json("elsewhere", on_route(R"(,"rule":0)")));
  bench.server.put(api::kModelDeployment, deployment_json("unclear", on_route("")));
  bench.server.put(api::kModelDeployment, deployment_json("plain"));
  bench.watches.deliver();
  const auto gathered = bench.gather(mono(1s));
  ASSERT_TRUE(gathered.snapshot.route);
  EXPECT_THAT(rivals(gathered), ElementsAre("by-index", "by-name"));
  EXPECT_EQ(gathered.snapshot.rival_claims[0].created, *base::parse_time("2026-01-01T00:00:00Z"));
}

TEST(Gather, TR5SingleRuleNeedsNoName) {
  Bench bench;
  bench.server.put(api::kHttpRoute, route_json("{}"));
  bench.server.edit(api::kModelDeployment, kRanker, "{\"spec\":{" + on_route("") + "}}");
  bench.server.put(api::kModelDeployment, deployment_json("rival", on_route(R"(,"rule":0)")));
  bench.watches.deliver();
  EXPECT_THAT(rivals(bench.gather(mono(1s))), ElementsAre("rival"));
}

// ---- A74 ----

// A Bench with one Deployment that this process has written.
struct Written : Bench {
  Written() {
    execute(plan_of({core::Create{.manifest = deployment("ranker-a", "h1", 2)}}));
    watches.deliver();
  }

  const schema::ObjectKey child{.ns = "shop", .name = "ranker-a"};
};

TEST(Gather, A74OwnGenerationIsNotTouched) {
  Written bench;
  const auto gathered = bench.gather(mono(2h));
  EXPECT_THAT(gathered.snapshot.touched, IsEmpty());
  EXPECT_EQ(gathered.recheck_at, std::nullopt);
}

TEST(Gather, A74GenerationThatMovedWithoutUsIsTouchedUntilItIsAppliedAgain) {
  Written bench;
  bench.server.edit(api::kDeployment, bench.child, R"({"spec":{"replicas":7}})");
  bench.watches.deliver();
  const auto before = bench.gather(mono(1s)).snapshot;
  EXPECT_THAT(before.touched, ElementsAre(before.deployments[0]->metadata.uid));
  const auto& metadata = before.deployments[0]->metadata;
  const auto executed =
      bench.execute(plan_of({core::Apply{.manifest = bench.deployment("ranker-a", "h1", 2),
                                         .uid = metadata.uid,
                                         .resource_version = metadata.resource_version}}));
  EXPECT_TRUE(executed.wrote);
  EXPECT_THAT(bench.gather(mono(1s)).snapshot.touched, IsEmpty());
  EXPECT_EQ(bench.gather(mono(1s)).snapshot.deployments[0]->spec.replicas, 2);
}

TEST(Gather, A74StatusOfAChildDoesNotTouchIt) {
  Written bench;
  bench.server.edit(api::kDeployment, bench.child, R"({"status":{"readyReplicas":2}})");
  bench.watches.deliver();
  EXPECT_THAT(bench.gather(mono(1s)).snapshot.touched, IsEmpty());
}

TEST(Gather, A74ChildrenOfAnEarlierProcessAreCheckedOnceWithinAnHour) {
  Bench bench;
  std::vector<base::MonoTime> due;
  for (int i = 0; i < 60; ++i) {
    bench.server.put(api::kDeployment,
                     child_json({.name = "ranker-" + std::to_string(i), .owner = bench.uid()}));
  }
  bench.watches.deliver();
  base::MonoTime now = mono(0s);
  size_t touched = 0;
  std::array<size_t, 4> quarters{};
  while (true) {
    const auto gathered = bench.gather(now);
    ASSERT_GE(gathered.snapshot.touched.size(), touched);
    const size_t fresh = gathered.snapshot.touched.size() - touched;
    quarters.at(static_cast<size_t>((now - mono(0s)) / 15min)) += fresh;
    touched += fresh;
    if (!gathered.recheck_at) break;
    ASSERT_GT(*gathered.recheck_at, now);
    now = *gathered.recheck_at;
    ASSERT_LT(now, mono(1h));
  }
  EXPECT_EQ(touched, 60U);
  for (const size_t quarter : quarters) EXPECT_GE(quarter, 5U);  // spread evenly
}

TEST(Gather, A74NoOpApplyAfterAStartEndsTheCheck) {
  Bench bench;
  const auto manifest = bench.deployment("ranker-a", "h1", 2);
  bench.execute(plan_of({core::Create{.manifest = manifest}}));
  bench.watches.deliver();
  // A new process: nothing is remembered.
  World world(mono(0s));
  FakeWatches watches(bench.server, world);
  watches.deliver();
  Executor executor(bench.server, world, bench.telemetry);
  const auto gather_again = [&](base::MonoTime now) {
    return world.read([&](const WorldState& state) { return gather(state, kRanker, now); });
  };
  const auto first = gather_again(mono(1h));
  ASSERT_EQ(first.snapshot.touched.size(), 1U);
  const auto& metadata = first.snapshot.deployments[0]->metadata;
  const core::Plan plan = plan_of({core::Apply{
      .manifest = manifest, .uid = metadata.uid, .resource_version = metadata.resource_version}});
  const auto executed =
      executor.execute({.subject = &first.subject, .plan = &plan, .now = mono(1h), .stop = {}});
  EXPECT_EQ(executed.ending, Ending::kSettled);
  EXPECT_FALSE(executed.wrote);  // C-7: the same version, nothing to wait for
  EXPECT_THAT(gather_again(mono(1h)).snapshot.touched, IsEmpty());
}

}  // namespace
}  // namespace kaizen::reconcile
