#include "reconcile/world.h"

#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcile/kinds.h"
#include "reconcile/world_test_support.h"

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const schema::ObjectKey kOther{.ns = "shop", .name = "other"};
const Key kOtherKey{Watched::kModelDeployment, kOther};
const schema::ObjectKey kRoute{.ns = "shop", .name = "public"};

constexpr std::string_view kOnRoute =
    R"("traffic":{"router":"GatewayAPI","gatewayAPI":{"httpRoute":{"name":"public"}}})";

std::map<std::string, Trigger> triggers(const std::vector<Wake>& wakes) {
  std::map<std::string, Trigger> result;
  for (const auto& wake : wakes) result.emplace(wake.key.object.name, wake.trigger);
  return result;
}

Wake only(const std::vector<Wake>& wakes) {
  EXPECT_EQ(wakes.size(), 1U);
  return wakes.empty() ? Wake{} : wakes.front();
}

const kube::Object decode(Watched id, std::string_view json) {
  return watched(id).kind.decode(json);
}

std::string route_json(std::string_view weight) {
  return R"({"metadata":{"name":"public","namespace":"shop"},"spec":{"rules":[{"backendRefs":[)"
         R"({"name":"ranker","port":80,"weight":)" +
         std::string(weight) + "}]}]}}";
}

// ---- kinds ----

TEST(Kinds, RT37OnlyWhatIsOursIsWatched) {
  std::map<std::string_view, std::string_view> selectors;
  for (const Watched id : kAllWatched) {
    selectors[watched(id).kind.resource.kind] = watched(id).label_selector;
  }
  constexpr std::string_view kOurs = "app.kubernetes.io/managed-by=kaizen";
  EXPECT_EQ(selectors, (std::map<std::string_view, std::string_view>{
                           {"ModelDeployment", ""},
                           {"Deployment", kOurs},
                           {"ControllerRevision", kOurs},
                           {"Service", kOurs},
                           {"Pod", kOurs},
                           {"EndpointSlice", kOurs},
                           {"HTTPRoute", ""}}));  // R3-23: users' routes carry no label of ours
  EXPECT_EQ(
      scope_of(Watched::kPod, "shop"),
      (kube::Scope{.ns = "shop", .label_selector = std::string(kOurs), .field_selector = ""}));
}

TEST(Kinds, A72ReplicaSetsAreNotWatchedAndOfPodsOnlyWhatIsReadIsKept) {
  EXPECT_FALSE(watched_of({"apps", "v1", "ReplicaSet", "replicasets"}));
  EXPECT_EQ(watched_of(api::kPod), Watched::kPod);
  const auto a = decode(Watched::kPod,
                        R"({"metadata":{"name":"p","namespace":"shop"},"spec":{"nodeName":"n1"}})");
  const auto b = decode(Watched::kPod,
                        R"({"metadata":{"name":"p","namespace":"shop"},"spec":{"nodeName":"n2"}})");
  EXPECT_TRUE(watched(Watched::kPod).kind.same_content(a.value.get(), b.value.get()));
}

TEST(Kinds, RT36OnlyTheRouteKindMayBeAbsent) {
  for (const Watched id : kAllWatched) {
    EXPECT_EQ(watched(id).required, id != Watched::kHttpRoute);
  }
}

TEST(Kinds, A52CoreNeedsCoverEveryWatchAndEveryWrite) {
  std::map<std::string, std::set<std::string_view>> needs;
  for (const auto& need : core_needs()) {
    std::string name(need.resource.plural);
    if (!need.subresource.empty()) name += "/" + std::string(need.subresource);
    needs[name] = {need.verbs.begin(), need.verbs.end()};
  }
  for (const Watched id : kAllWatched) {
    if (id == Watched::kHttpRoute) continue;  // needed by its router alone
    const std::string plural(watched(id).kind.resource.plural);
    EXPECT_TRUE(needs[plural].contains("list") && needs[plural].contains("watch")) << plural;
  }
  for (const char* plural : {"deployments", "services", "controllerrevisions"}) {
    for (const char* verb : {"get", "create", "patch", "delete"}) {
      EXPECT_TRUE(needs[plural].contains(verb)) << plural << " " << verb;
    }
  }
  EXPECT_THAT(needs["modeldeployments"], UnorderedElementsAre("get", "list", "watch", "patch"));
  EXPECT_THAT(needs["modeldeployments/status"], UnorderedElementsAre("patch"));
  EXPECT_THAT(needs["events"], UnorderedElementsAre("create", "patch"));
  EXPECT_FALSE(needs.contains("secrets"));
}

TEST(Kinds, RT35UndecodableObjectKeepsMetadataAndStatus) {
  const auto object = decode(
      Watched::kModelDeployment,
      R"({"apiVersion":"kaizen.ml/v1alpha1","kind":"ModelDeployment","metadata":{"name":"ranker",)"
      R"("namespace":"shop","uid":"00000000-0000-4000-8000-000000000009","resourceVersion":"12",)"
      R"("generation":3},"spec":{"replicas":"many"},"status":{"phase":"Idle",)"
      R"("stable":{"revision":"6fd9a1c2d0"}}})");
  EXPECT_THAT(object.parse_error, HasSubstr("spec.replicas"));
  EXPECT_EQ(object.head.key, kRanker);
  EXPECT_EQ(object.head.resource_version, "12");
  EXPECT_EQ(object.head.generation, 3);
  const auto value = value_of<api::ModelDeployment>(object);
  EXPECT_EQ(value->status.phase, api::Phase::kIdle);
  EXPECT_EQ(value->status.stable->revision, "6fd9a1c2d0");
  EXPECT_EQ(value->spec, api::ModelDeploymentSpec{});
}

TEST(Kinds, RT35UndecodableStatusKeepsMetadata) {
  const auto object =
      decode(Watched::kModelDeployment, R"({"metadata":{"name":"ranker","namespace":"shop"},)"
                                        R"("spec":{"image":"a"},"status":{"phase":"Dancing"}})");
  EXPECT_THAT(object.parse_error, HasSubstr("status.phase"));
  EXPECT_EQ(object.head.key, kRanker);
}

TEST(Kinds, RT35BytesThatAreNoObjectHaveNoName) {
  for (const std::string_view text : {"", "[]", "{\"metadata\":7}", "\xff\xfe"}) {
    for (const Watched id : kAllWatched) {
      const auto object = decode(id, text);
      EXPECT_TRUE(object.head.key.name.empty());
      EXPECT_NE(object.value, nullptr);
    }
  }
}

TEST(Kinds, RT42ObjectsAreIndexedByOwnerLabelServiceAndRoute) {
  const base::Uid owner = *base::parse_uid("00000000-0000-4000-8000-000000000001");
  const auto child = decode(Watched::kDeployment, child_json({.name = "a", .owner = owner}));
  EXPECT_THAT(child.indexes,
              UnorderedElementsAre(
                  kube::IndexValue{static_cast<uint8_t>(Index::kOwner),
                                   "00000000-0000-4000-8000-000000000001"},
                  kube::IndexValue{static_cast<uint8_t>(Index::kDeployment), "shop/ranker"}));
  const auto slice = decode(Watched::kEndpointSlice,
                            R"({"metadata":{"name":"ranker-x","namespace":"shop","labels":)"
                            R"({"kubernetes.io/service-name":"ranker"}}})");
  EXPECT_THAT(slice.indexes,
              ElementsAre(kube::IndexValue{static_cast<uint8_t>(Index::kService), "shop/ranker"}));
  const auto named = decode(Watched::kModelDeployment, deployment_json("ranker", kOnRoute));
  EXPECT_THAT(named.indexes,
              ElementsAre(kube::IndexValue{static_cast<uint8_t>(Index::kRoute), "shop/public"}));
  const auto own =
      decode(Watched::kModelDeployment,
             deployment_json("ranker", R"("traffic":{"router":"GatewayAPI","gatewayAPI":)"
                                       R"({"create":{"parentRefs":[{"name":"gw"}]}}})"));
  EXPECT_THAT(own.indexes,
              ElementsAre(kube::IndexValue{static_cast<uint8_t>(Index::kRoute), "shop/ranker"}));
  const auto plain = decode(Watched::kModelDeployment, deployment_json("ranker"));
  EXPECT_THAT(plain.indexes, IsEmpty());
}

TEST(Kinds, RT42ObjectsThatDifferInTheirVersionAloneAreTheSame) {
  const auto a =
      decode(Watched::kModelDeployment, deployment_json("a", "", R"("resourceVersion":"7")"));
  const auto b =
      decode(Watched::kModelDeployment, deployment_json("a", "", R"("resourceVersion":"8")"));
  const auto c = decode(Watched::kModelDeployment,
                        deployment_json("a", R"("replicas":2)", R"("resourceVersion":"8")"));
  const auto same = watched(Watched::kModelDeployment).kind.same_content;
  EXPECT_TRUE(same(a.value.get(), b.value.get()));
  EXPECT_FALSE(same(b.value.get(), c.value.get()));
}

// ---- world ----

TEST(World, RT47WakesNameTheirReason) {
  FakeApiServer server;
  World world(mono(0s));
  FakeWatches watches(server, world);
  server.put(api::kModelDeployment, deployment_json("ranker"));
  EXPECT_EQ(only(watches.deliver()), (Wake{kRankerKey, Lane::kNormal, Trigger::kCreated}));

  server.edit(api::kModelDeployment, kRanker, R"({"spec":{"replicas":3}})");
  EXPECT_EQ(only(watches.deliver()), (Wake{kRankerKey, Lane::kHigh, Trigger::kSpec}));

  server.edit(api::kModelDeployment, kRanker,
              R"({"metadata":{"annotations":{"request.kaizen.ml/id":"r1"}}})");
  EXPECT_EQ(only(watches.deliver()), (Wake{kRankerKey, Lane::kHigh, Trigger::kRequest}));

  server.edit(api::kModelDeployment, kRanker, R"({"status":{"message":"by hand"}})");
  EXPECT_EQ(only(watches.deliver()), (Wake{kRankerKey, Lane::kNormal, Trigger::kStatus}));

  server.put(api::kDeployment,
             child_json({.name = "ranker-a", .owner = server.uid(api::kModelDeployment, kRanker)}));
  EXPECT_EQ(only(watches.deliver()), (Wake{kRankerKey, Lane::kNormal, Trigger::kChild}));

  server.edit(api::kModelDeployment, kRanker, R"({"metadata":{"finalizers":["f"]}})");
  watches.deliver();
  server.remove(api::kModelDeployment, kRanker);
  EXPECT_EQ(only(watches.deliver()), (Wake{kRankerKey, Lane::kHigh, Trigger::kDeletion}));
}

TEST(World, RT42ChangeOfNothingButTheVersionWakesNobody) {
  Bench bench;
  // A field that kaizen does not read.
  bench.server.edit(api::kModelDeployment, kRanker,
                    R"({"metadata":{"managedFields":[{"manager":"x"}]}})");
  EXPECT_THAT(bench.watches.deliver(), IsEmpty());
}

TEST(World, RT42RouteWakesItsReadersAlone) {
  Bench bench;
  bench.server.put(api::kModelDeployment, deployment_json("other", kOnRoute));
  bench.server.put(api::kHttpRoute, route_json("1"));
  bench.watches.deliver();
  bench.server.put(api::kHttpRoute, route_json("2"));
  EXPECT_EQ(only(bench.watches.deliver()), (Wake{kOtherKey, Lane::kNormal, Trigger::kRoute}));
}

TEST(World, TR5ChangeOfOneWakesItsRivals) {
  Bench bench;
  bench.server.put(api::kModelDeployment, deployment_json("other", kOnRoute));
  bench.watches.deliver();
  // ranker begins to steer the same route.
  bench.server.edit(api::kModelDeployment, kRanker, "{\"spec\":{" + std::string(kOnRoute) + "}}");
  EXPECT_EQ(
      triggers(bench.watches.deliver()),
      (std::map<std::string, Trigger>{{"ranker", Trigger::kSpec}, {"other", Trigger::kRival}}));
  // It leaves the route.
  bench.server.edit(api::kModelDeployment, kRanker, R"({"spec":{"traffic":null}})");
  EXPECT_EQ(
      triggers(bench.watches.deliver()),
      (std::map<std::string, Trigger>{{"ranker", Trigger::kSpec}, {"other", Trigger::kRival}}));
  // It is deleted while on the route.
  bench.server.edit(api::kModelDeployment, kRanker, "{\"spec\":{" + std::string(kOnRoute) + "}}");
  bench.watches.deliver();
  bench.server.remove(api::kModelDeployment, kRanker);
  EXPECT_EQ(
      triggers(bench.watches.deliver()),
      (std::map<std::string, Trigger>{{"ranker", Trigger::kDeletion}, {"other", Trigger::kRival}}));
}

TEST(World, RT36AbsentRouteKindIsNotFatalAndComesBack) {
  FakeApiServer server;
  World world(mono(0s));
  FakeWatches watches(server, world);
  server.put(api::kModelDeployment, deployment_json("other", kOnRoute));
  server.put(api::kModelDeployment, deployment_json("ranker"));
  for (const Watched id : kAllWatched) {
    if (id != Watched::kHttpRoute) watches.deliver(id);
  }
  EXPECT_FALSE(world.synced());
  EXPECT_EQ(only(world.set_available(Watched::kHttpRoute, false)),
            (Wake{kOtherKey, Lane::kNormal, Trigger::kRoute}));
  EXPECT_TRUE(world.synced());
  EXPECT_FALSE(world.facts(Watched::kHttpRoute).available);
  const auto snapshot = [&] {
    return world.read(
        [](const WorldState& state) { return gather(state, kOther, mono(1s)).snapshot; });
  };
  EXPECT_FALSE(snapshot().route_kind_available);
  EXPECT_THAT(world.set_available(Watched::kHttpRoute, false), IsEmpty());
  EXPECT_EQ(only(world.set_available(Watched::kHttpRoute, true)).key, kOtherKey);
  EXPECT_TRUE(snapshot().route_kind_available);
  EXPECT_FALSE(world.synced());  // until its list has come
  watches.deliver(Watched::kHttpRoute);
  EXPECT_TRUE(world.synced());
}

TEST(World, A53KindThatIsRequiredMustBeThere) {
  World world(mono(0s));
  world.set_available(Watched::kService, false);
  EXPECT_FALSE(world.synced());
}

TEST(World, A73OwnWriteIsVisibleBeforeTheWatchAndItsEchoWakesNobody) {
  Bench bench;
  const auto manifest = bench.deployment("ranker-a", "h1", 2);
  ASSERT_EQ(bench.execute(plan_of({core::Create{.manifest = manifest}})).ending, Ending::kSettled);
  ASSERT_EQ(bench.gather(mono(2s)).snapshot.deployments.size(), 1U);
  EXPECT_EQ(bench.gather(mono(2s)).snapshot.deployments[0]->spec.replicas, 2);
  EXPECT_THAT(bench.watches.deliver(), IsEmpty());
  EXPECT_EQ(bench.gather(mono(2s)).snapshot.deployments.size(), 1U);
}

TEST(World, A73ChangeOfOthersAfterOurWriteIsSeen) {
  Bench bench;
  const auto manifest = bench.deployment("ranker-a", "h1", 2);
  bench.execute(plan_of({core::Create{.manifest = manifest}}));
  bench.server.edit(api::kDeployment, manifest.key, R"({"status":{"readyReplicas":1}})");
  EXPECT_EQ(only(bench.watches.deliver()).trigger, Trigger::kChild);
  EXPECT_EQ(bench.gather(mono(2s)).snapshot.deployments[0]->status.ready_replicas, 1);
}

TEST(World, A73SpecThatALookAtTheServerShowedStillWakesWhomItConcerns) {
  Bench bench;
  bench.server.put(api::kModelDeployment, deployment_json("other", kOnRoute));
  bench.watches.deliver();
  // A user moves ranker to the same route; our status write meets it, and the picture is refreshed.
  bench.server.edit(api::kModelDeployment, kRanker, "{\"spec\":{" + std::string(kOnRoute) + "}}");
  ASSERT_EQ(bench.execute(plan_of(R"({"message":"m"})")).ending, Ending::kConflict);
  ASSERT_TRUE(bench.gather(mono(1s)).snapshot.object->spec.traffic);
  EXPECT_EQ(
      triggers(bench.watches.deliver()),
      (std::map<std::string, Trigger>{{"ranker", Trigger::kSpec}, {"other", Trigger::kRival}}));
}

TEST(World, A73OurWriteToARouteWakesItsOtherReaders) {
  Bench bench;
  bench.server.put(api::kModelDeployment, deployment_json("other", kOnRoute));
  bench.server.put(api::kHttpRoute, route_json("1"));
  bench.watches.deliver();
  const std::string version = bench.server.version(api::kHttpRoute, kRoute);
  const core::Effect effect = core::Patch{
      .stage = core::Stage::kRoute,
      .resource = api::kHttpRoute,
      .key = kRoute,
      .uid = bench.server.uid(api::kHttpRoute, kRoute),
      .ops = R"([{"op":"replace","path":"/metadata/resourceVersion","value":")" + version +
             R"("},{"op":"replace","path":"/spec/rules/0/backendRefs/0/weight",)"
             R"("value":7}])"};
  ASSERT_TRUE(bench.execute(plan_of({effect})).wrote);
  EXPECT_EQ(triggers(bench.watches.deliver()).at("other"), Trigger::kRoute);
}

TEST(World, RT41SnapshotIsOneMoment) {
  Bench bench;
  // A thread that moves two objects together, one that looks: it never sees one without the other.
  const auto delta = [&](std::string_view name, int replicas, int version) {
    const std::string spec = R"("spec":{"replicas":)" + std::to_string(replicas) + "}";
    auto object = decode(Watched::kDeployment,
                         child_json({.name = name, .owner = bench.uid(), .spec = spec}));
    object.head.resource_version = std::to_string(version);
    return kube::Delta{.kind = kube::Delta::Kind::kUpsert,
                       .objects = {std::move(object)},
                       .resource_version = std::to_string(version)};
  };
  std::jthread writer([&] {
    for (int i = 1; i <= 300; ++i) {
      bench.world.write([&](WorldState& state) {
        state.store(Watched::kDeployment).apply(delta("a", i, 5000 + 2 * i));
        state.store(Watched::kDeployment).apply(delta("b", i, 5001 + 2 * i));
      });
    }
  });
  int seen = 0;
  while (seen < 300) {
    const auto snapshot = bench.gather(mono(1s)).snapshot;
    if (snapshot.deployments.size() != 2) continue;
    const int a = *snapshot.deployments[0]->spec.replicas;
    ASSERT_EQ(a, *snapshot.deployments[1]->spec.replicas);
    ASSERT_GE(a, seen);
    seen = a;
  }
}

TEST(World, RT41CachedObjectIsNeverChangedInPlace) {
  Bench bench;
  const auto before = bench.gather(mono(1s)).snapshot.object;
  const api::ModelDeployment copy = *before;
  bench.server.edit(api::kModelDeployment, kRanker, R"({"spec":{"replicas":9}})");
  bench.watches.deliver();
  bench.execute(plan_of(R"({"message":"m"})"));
  EXPECT_EQ(*before, copy);
  EXPECT_NE(bench.gather(mono(1s)).snapshot.object, before);
}

TEST(World, RT73RecreatedObjectSharesNothing) {
  Bench bench;
  const base::Uid old_uid = bench.uid();
  bench.server.forbid("PATCH", "services");
  const auto service = child_manifest(api::kService, {.name = "ranker", .owner = old_uid});
  const auto manifest = bench.deployment("ranker-a", "h1", 2);
  const auto executed = bench.execute(
      plan_of({core::Create{.manifest = manifest}, core::Create{.manifest = service}}));
  ASSERT_EQ(executed.ending, Ending::kBlocked);
  ASSERT_EQ(bench.gather(mono(2s)).snapshot.failures.size(), 1U);

  bench.server.remove(api::kModelDeployment, kRanker);
  bench.server.put(api::kModelDeployment, deployment_json("ranker"));
  const auto wakes = bench.watches.deliver(Watched::kModelDeployment);
  EXPECT_EQ(triggers(wakes).at("ranker"), Trigger::kDeletion);
  ASSERT_NE(bench.uid(), old_uid);
  const auto snapshot = bench.gather(mono(2s)).snapshot;
  EXPECT_EQ(snapshot.object->metadata.uid, bench.uid());
  EXPECT_THAT(snapshot.failures, IsEmpty());
  EXPECT_THAT(snapshot.deployments, IsEmpty());  // the old one's
  EXPECT_THAT(snapshot.touched, IsEmpty());
  bench.world.read([](const WorldState& state) {
    EXPECT_TRUE(state.ledgers.empty());
    return 0;
  });
}

}  // namespace
}  // namespace kaizen::reconcile
