#include "reconcile/execute.h"

#include <functional>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "reconcile/world_test_support.h"

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const schema::ObjectKey kChild{.ns = "shop", .name = "ranker-a"};
const schema::ObjectKey kService{.ns = "shop", .name = "ranker"};
const schema::ObjectKey kRoute{.ns = "shop", .name = "public"};

constexpr std::string_view kStatus = R"({"message":"decided"})";

// "PATCH /…/deployments/ranker-a" of every write, in order, without the query.
std::vector<std::string> writes(const FakeApiServer& server) {
  std::vector<std::string> list;
  for (const auto& seen : server.writes()) {
    const std::string_view target = seen.request.target;
    const auto path = target.substr(0, target.find('?'));
    const auto parts = base::split(path, '/');
    const bool status = parts.back() == "status";
    const auto name = parts.at(parts.size() - (status ? 2 : 1));
    const auto plural = parts.at(parts.size() - (status ? 3 : 2));
    list.push_back(
        base::concat({seen.request.method, " ", plural, "/", name, status ? "/status" : ""}));
  }
  return list;
}

core::Effect create(core::Manifest manifest, core::Stage stage = core::Stage::kProvision) {
  return core::Create{.stage = stage, .manifest = std::move(manifest)};
}

// An Apply of the child as the cache shows it.
core::Effect apply(Bench& bench, core::Manifest manifest) {
  const auto cached = bench.world.read([&](const WorldState& state) {
    return state.store(*watched_of(manifest.resource)).find(manifest.key);
  });
  return core::Apply{.stage = core::Stage::kProvision,
                     .manifest = std::move(manifest),
                     .uid = cached->head.uid,
                     .resource_version = cached->head.resource_version};
}

core::Effect remove(Bench& bench, const api::Resource& resource, const api::ObjectKey& key) {
  return core::Delete{.stage = core::Stage::kRetire,
                      .resource = resource,
                      .key = key,
                      .uid = bench.server.uid(resource, key)};
}

core::Manifest service(const Bench& bench, std::string_view hash = "h1") {
  return child_manifest(api::kService, {.name = "ranker", .owner = bench.uid(), .hash = hash});
}

void put_route(Bench& bench) {
  bench.server.put(api::kHttpRoute,
                   R"({"metadata":{"name":"public","namespace":"shop"},"spec":{"rules":[)"
                   R"({"backendRefs":[{"name":"ranker","weight":100},)"
                   R"({"name":"ranker-canary","weight":0}]}]}})");
  bench.watches.deliver();
}

core::Effect weight(Bench& bench, std::string_view backend, int canary) {
  const std::string version = bench.server.version(api::kHttpRoute, kRoute);
  return core::Patch{
      .stage = core::Stage::kRoute,
      .resource = api::kHttpRoute,
      .key = kRoute,
      .uid = bench.server.uid(api::kHttpRoute, kRoute),
      .ops = base::concat(
          {R"([{"op":"replace","path":"/metadata/resourceVersion","value":")", version,
           R"("},{"op":"test","path":"/spec/rules/0/backendRefs/1/name","value":")", backend,
           R"("},{"op":"replace","path":"/spec/rules/0/backendRefs/0/weight","value":)",
           std::to_string(100 - canary),
           R"(},{"op":"replace","path":"/spec/rules/0/backendRefs/1/weight","value":)",
           std::to_string(canary), "}]"})};
}

// What every write of the executor must carry (RT-50, RT-53, RT-56 … RT-58, RT-65).
void expect_conditional(const SeenRequest& seen) {
  const base::HttpRequest& request = seen.request;
  const std::string_view body = request.body;
  const std::string_view type = base::find_header(request.headers, "Content-Type").value_or("");
  EXPECT_THAT(std::string(body), Not(HasSubstr("generateName")));
  if (request.method == "DELETE") {
    EXPECT_THAT(request.target, Not(HasSubstr("?")));
    const bool core = request.target.starts_with("/api/v1/");
    EXPECT_EQ(base::split(request.target, '/').size(), core ? 7U : 8U) << "not one object";
    EXPECT_THAT(request.body, HasSubstr(R"("preconditions":{"uid":")"));
    EXPECT_THAT(request.body, HasSubstr(R"("propagationPolicy":"Background")"));
    return;
  }
  ASSERT_EQ(request.method, "PATCH") << request.target;
  if (type == "application/json-patch+json") {
    EXPECT_TRUE(body.starts_with(R"([{"op":"replace","path":"/metadata/resourceVersion")")) << body;
    EXPECT_THAT(request.target, Not(HasSubstr("force")));
    return;
  }
  EXPECT_THAT(request.body, HasSubstr(R"("resourceVersion":")"));
  if (type == "application/merge-patch+json") {
    EXPECT_THAT(request.target, HasSubstr("/status?"));
    return;
  }
  ASSERT_EQ(type, "application/apply-patch+yaml");
  EXPECT_THAT(request.target, HasSubstr("fieldManager=kaizen"));
  EXPECT_THAT(request.target, HasSubstr("force=true"));
  const bool creates = body.find(R"("resourceVersion":"1")") != std::string_view::npos;
  EXPECT_NE(creates, body.find(R"("metadata":{"uid":")") != std::string_view::npos) << body;
}

// ---- order ----

TEST(Executor, A20ConflictOfTheStatusRunsNoEffect) {
  Bench bench;
  const core::Plan plan =
      plan_of(std::string(kStatus), {create(bench.deployment("ranker-a", "h1", 1))});
  bench.server.edit(api::kModelDeployment, kRanker, R"({"spec":{"replicas":5}})");  // not seen yet
  const Executed executed = bench.execute(plan);
  EXPECT_EQ(executed.ending, Ending::kConflict);
  EXPECT_FALSE(executed.status_done);
  EXPECT_THAT(writes(bench.server), ElementsAre("PATCH modeldeployments/ranker/status"));
  EXPECT_FALSE(bench.server.has(api::kDeployment, kChild));
}

TEST(Executor, RT67StatusIsWrittenBeforeTheFirstEffect) {
  Bench bench;
  const core::Plan plan =
      plan_of(std::string(kStatus),
              {create(bench.deployment("ranker-a", "h1", 1)), create(service(bench))});
  EXPECT_EQ(bench.execute(plan).ending, Ending::kSettled);
  EXPECT_THAT(writes(bench.server),
              ElementsAre("PATCH modeldeployments/ranker/status", "PATCH deployments/ranker-a",
                          "PATCH services/ranker"));
}

TEST(Executor, RT67NoEffectWhenTheStatusWriteFailed) {
  for (const auto kind : {Fault::Kind::kLostBefore, Fault::Kind::kNotSent}) {
    Bench bench;
    bench.server.inject({.kind = kind, .part = "/status"});
    const Executed executed = bench.execute(
        plan_of(std::string(kStatus), {create(bench.deployment("ranker-a", "h1", 1))}));
    EXPECT_EQ(executed.ending, Ending::kRetry);
    EXPECT_FALSE(executed.status_done);
    EXPECT_FALSE(bench.server.has(api::kDeployment, kChild));
  }
}

TEST(Executor, A23StopsAtTheFirstEffectThatFails) {
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kAnswer,
                       .part = "services/ranker",
                       .status = 429,
                       .body = status_body(429, "TooManyRequests", "slow down")});
  const Executed executed = bench.execute(plan_of(
      std::string(kStatus), {create(bench.deployment("ranker-a", "h1", 1)), create(service(bench)),
                             create(bench.deployment("ranker-b", "h1", 1))}));
  EXPECT_EQ(executed.ending, Ending::kRetry);
  EXPECT_EQ(executed.failed, "create Service ranker");
  EXPECT_TRUE(executed.status_done);
  EXPECT_TRUE(bench.server.has(api::kDeployment, kChild));
  EXPECT_FALSE(bench.server.has(api::kDeployment, {.ns = "shop", .name = "ranker-b"}));
}

TEST(Executor, A67StopKeepsFurtherWritesFromBeginning) {
  Bench bench;
  std::stop_source stop;
  bench.server.on_request([&](const base::HttpRequest& request) {
    if (request.target.find("ranker-a") != std::string::npos) stop.request_stop();
  });
  const core::Plan plan =
      plan_of({create(bench.deployment("ranker-a", "h1", 1)), create(service(bench))});
  const Gathered gathered = bench.gather(mono(1s));
  const Executed executed = bench.executor.execute(
      {.subject = &gathered.subject, .plan = &plan, .now = mono(1s), .stop = stop.get_token()});
  EXPECT_EQ(executed.ending, Ending::kRetry);
  EXPECT_FALSE(bench.server.has(api::kService, kService));
}

// ---- conditions of writes ----

TEST(Executor, A25CreateOfAnExistingObjectChangesNothingAtTheServer) {
  Bench bench;
  // The cache does not know it yet: another process made it.
  bench.server.put(api::kDeployment,
                   child_json({.name = "ranker-a", .owner = bench.uid(), .hash = "h1"}));
  const std::string before = bench.server.json(api::kDeployment, kChild);
  EXPECT_EQ(bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 9))})).ending,
            Ending::kSettled);
  EXPECT_EQ(bench.server.json(api::kDeployment, kChild), before);
}

TEST(Executor, A26ApplyMeansThatVeryObject) {
  // Changed, deleted, or replaced by another of that name since the cache saw it.
  const std::map<std::string, std::function<void(Bench&)>> meanwhile = {
      {"changed",
       [](Bench& bench) {
         bench.server.edit(api::kDeployment, kChild, R"({"metadata":{"labels":{"x":"y"}}})");
       }},
      {"deleted", [](Bench& bench) { bench.server.remove(api::kDeployment, kChild); }},
      {"replaced",
       [](Bench& bench) {
         bench.server.remove(api::kDeployment, kChild);
         bench.server.put(api::kDeployment,
                          child_json({.name = "ranker-a", .owner = bench.uid(), .hash = "user"}));
       }},
  };
  for (const auto& [name, happens] : meanwhile) {
    Bench bench;
    bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
    bench.watches.deliver();
    const auto effect = apply(bench, bench.deployment("ranker-a", "h2", 2));
    happens(bench);
    const std::string before = bench.server.json(api::kDeployment, kChild);
    const Executed executed = bench.execute(plan_of({effect}));
    EXPECT_EQ(executed.ending, Ending::kConflict) << name;
    EXPECT_EQ(bench.server.json(api::kDeployment, kChild), before) << name;
    EXPECT_THAT(bench.gather(mono(1s)).snapshot.failures, IsEmpty()) << name;
  }
}

TEST(Executor, RT50EveryWriteOfEveryPathIsConditional) {
  // Every kind of effect, under every fault and with every state of the object, in one log.
  const std::vector<std::optional<Fault::Kind>> faults = {
      std::nullopt,        Fault::Kind::kReplyLost, Fault::Kind::kLostBefore, Fault::Kind::kNotSent,
      Fault::Kind::kTwice, Fault::Kind::kCutAnswer, Fault::Kind::kAnswer};
  size_t seen = 0;
  for (const auto& fault : faults) {
    for (const std::string_view owner : {"ours", "foreign", "adoptable", "unlabelled"}) {
      Bench bench;
      put_route(bench);
      bench.execute(plan_of({create(bench.deployment("ranker-b", "h1", 1))}));
      std::string json = child_json({.name = "ranker-a", .owner = bench.uid(), .hash = "h1"});
      if (owner != "ours") {
        json = base::concat({R"({"metadata":{"name":"ranker-a","namespace":"shop","annotations":{)",
                             owner == "adoptable" ? R"("kaizen.ml/adopt":"ranker")" : "", "}}}"});
      }
      bench.server.put(api::kDeployment, json);
      if (owner == "unlabelled") {
        bench.server.edit(api::kDeployment, {.ns = "shop", .name = "ranker-b"},
                          R"({"metadata":{"labels":null}})");
      }
      const auto applied = apply(bench, bench.deployment("ranker-b", "h2", 2));
      const auto removed = remove(bench, api::kDeployment, {.ns = "shop", .name = "ranker-b"});
      for (const auto& effect : {create(bench.deployment("ranker-a", "h1", 1)),
                                 create(bench.deployment("ranker-b", "h1", 1)), applied,
                                 weight(bench, "ranker-canary", 10), removed}) {
        if (fault) bench.server.inject({.kind = *fault, .method = "PATCH", .status = 500});
        if (fault) bench.server.inject({.kind = *fault, .method = "DELETE", .status = 500});
        bench.execute(plan_of(std::string(kStatus), {effect}));
        bench.execute(plan_of({effect}));
      }
      for (const auto& write : bench.server.writes()) {
        expect_conditional(write);
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 150U);
}

TEST(Executor, RT53NamesAreThoseOfThePlan) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1)), create(service(bench))}));
  EXPECT_THAT(writes(bench.server),
              ElementsAre("PATCH deployments/ranker-a", "PATCH services/ranker"));
  for (const auto& seen : bench.server.writes()) {
    EXPECT_THAT(seen.request.body, Not(HasSubstr("generateName")));
  }
}

TEST(Executor, RT56OwnedObjectsAreAppliedByForceWithTheirIdentity) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.watches.deliver();
  const std::string version = bench.server.version(api::kDeployment, kChild);
  bench.execute(plan_of({apply(bench, bench.deployment("ranker-a", "h2", 2))}));
  const auto log = bench.server.writes();
  ASSERT_EQ(log.size(), 2U);
  EXPECT_THAT(log[0].request.body, HasSubstr(R"("metadata":{"resourceVersion":"1",)"));
  EXPECT_THAT(log[1].request.body,
              HasSubstr(base::concat({R"("metadata":{"uid":")",
                                      base::to_string(bench.server.uid(api::kDeployment, kChild)),
                                      R"(","resourceVersion":")", version, R"(",)"})));
  for (const auto& seen : log) {
    EXPECT_THAT(seen.request.target, HasSubstr("?fieldManager=kaizen&force=true"));
  }
}

TEST(Executor, RT57UsersRouteIsPatchedInItsWeightsAloneAndNeverByForce) {
  Bench bench;
  put_route(bench);
  bench.server.edit(api::kHttpRoute, kRoute, R"({"spec":{"hostnames":["a.example.com"]}})");
  bench.watches.deliver();
  EXPECT_EQ(bench.execute(plan_of({weight(bench, "ranker-canary", 10)})).ending, Ending::kSettled);
  const auto log = bench.server.writes();
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0].request.target, HasSubstr("fieldManager=kaizen"));
  EXPECT_THAT(log[0].request.target, Not(HasSubstr("force")));
  const std::string route = bench.server.json(api::kHttpRoute, kRoute);
  EXPECT_THAT(route, HasSubstr("a.example.com"));
  EXPECT_THAT(route, HasSubstr(R"({"name":"ranker-canary","weight":10})"));
}

TEST(Executor, RT58StaleRouteIsAConflictAndSoIsAFailedTest) {
  {
    Bench bench;
    put_route(bench);
    const auto effect = weight(bench, "ranker-canary", 10);
    bench.server.edit(api::kHttpRoute, kRoute, R"({"spec":{"hostnames":["a.example.com"]}})");
    EXPECT_EQ(bench.execute(plan_of({effect})).ending, Ending::kConflict);
    EXPECT_THAT(bench.server.json(api::kHttpRoute, kRoute), HasSubstr(R"("weight":100)"));
  }
  Bench bench;
  put_route(bench);
  const Executed executed = bench.execute(plan_of({weight(bench, "somebody-else", 10)}));
  EXPECT_EQ(executed.ending, Ending::kConflict);
  EXPECT_EQ(executed.error->code, base::Code::kConflict);
  EXPECT_THAT(bench.server.json(api::kHttpRoute, kRoute), HasSubstr(R"("weight":100)"));
}

TEST(Executor, RT59EmptyStatusPatchIsNoRequest) {
  Bench bench;
  EXPECT_EQ(bench.execute(plan_of("{}")).ending, Ending::kSettled);
  EXPECT_EQ(bench.execute(core::Plan{}).ending, Ending::kSettled);
  EXPECT_THAT(bench.server.log(), IsEmpty());
}

TEST(Executor, RT59StatusMembersOfANewerVersionAreKeptAndDroppedOnesGo) {
  Bench bench;
  bench.server.edit(api::kModelDeployment, kRanker,
                    R"({"status":{"fromTheFuture":{"a":1},"message":"old","capacity":"Surge"}})");
  bench.watches.deliver();
  bench.execute(plan_of(R"({"message":"new","capacity":null})"));
  const std::string json = bench.server.json(api::kModelDeployment, kRanker);
  EXPECT_THAT(json, HasSubstr(R"("status":{"fromTheFuture":{"a":1},"message":"new"})"));
}

TEST(Executor, RT65DeletionNamesTheIncarnationAndGoesInTheBackground) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.watches.deliver();
  const auto effect = remove(bench, api::kDeployment, kChild);
  const auto uid = base::to_string(bench.server.uid(api::kDeployment, kChild));
  EXPECT_EQ(bench.execute(plan_of({effect})).ending, Ending::kSettled);
  EXPECT_FALSE(bench.server.has(api::kDeployment, kChild));
  EXPECT_EQ(bench.server.writes().back().request.body,
            base::concat({R"({"kind":"DeleteOptions","apiVersion":"v1",)"
                          R"("propagationPolicy":"Background","preconditions":{"uid":")",
                          uid, R"("}})"}));
  // Delivered again: gone is gone (C-10).
  EXPECT_EQ(bench.execute(plan_of({effect})).ending, Ending::kSettled);
}

TEST(Executor, RT65DeletionOfAnotherIncarnationIsAConflict) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.watches.deliver();
  const auto effect = remove(bench, api::kDeployment, kChild);
  bench.server.remove(api::kDeployment, kChild);
  bench.server.put(api::kDeployment, child_json({.name = "ranker-a", .owner = bench.uid()}));
  EXPECT_EQ(bench.execute(plan_of({effect})).ending, Ending::kConflict);
  EXPECT_TRUE(bench.server.has(api::kDeployment, kChild));
}

// ---- what an existing object means (RT-54, RT-69) ----

TEST(Executor, RT54OurObjectWithEqualHashIsSuccess) {
  Bench bench;
  bench.server.put(api::kService,
                   child_json({.name = "ranker", .owner = bench.uid(), .hash = "h1"}));
  EXPECT_EQ(bench.execute(plan_of({create(service(bench))})).ending, Ending::kSettled);
  EXPECT_EQ(bench.server.created(api::kService), 1U);
  EXPECT_TRUE(bench.gather(mono(1s)).snapshot.main_service);
}

TEST(Executor, RT54OurObjectWithAnotherHashIsAConflictThatTheNextDecisionSees) {
  Bench bench;
  bench.server.put(api::kService,
                   child_json({.name = "ranker", .owner = bench.uid(), .hash = "h0"}));
  EXPECT_EQ(bench.execute(plan_of({create(service(bench))})).ending, Ending::kConflict);
  const auto seen = bench.gather(mono(1s)).snapshot.main_service;
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->metadata.annotations.at("kaizen.ml/hash"), "h0");
}

TEST(Executor, RT54ForeignObjectIsAnAdoptionConflictAndIsNotWritten) {
  for (const bool owned : {true, false}) {
    Bench bench;
    const base::Uid stranger = *base::parse_uid("22222222-0000-4000-8000-000000000002");
    bench.server.put(api::kService,
                     owned ? child_json({.name = "ranker", .owner = stranger, .hash = "h1"})
                           : R"({"metadata":{"name":"ranker","namespace":"shop","labels":)"
                             R"({"app.kubernetes.io/managed-by":"kaizen"}}})");
    const std::string before = bench.server.json(api::kService, kService);
    const Executed executed = bench.execute(plan_of({create(service(bench))}));
    EXPECT_EQ(executed.ending, Ending::kBlocked);
    EXPECT_EQ(executed.retry_at, mono(1s) + 60s);
    EXPECT_EQ(bench.server.json(api::kService, kService), before);
    const auto failures = bench.gather(mono(1s)).snapshot.failures;
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].error.code, base::Code::kAlreadyExists);
    EXPECT_EQ(failures[0].error.action, base::Action::kAwaitChange);
    EXPECT_THAT(failures[0].error.message,
                HasSubstr(owned ? "controlled by ModelDeployment ranker" : "controlled by nobody"));
  }
}

TEST(Executor, RT54ConflictIsTriedAgainWhenTheObjectInTheWayIsGone) {
  Bench bench;
  bench.server.put(api::kService, R"({"metadata":{"name":"ranker","namespace":"shop"}})");
  const core::Plan plan = plan_of({create(service(bench))});
  bench.execute(plan, mono(1s));
  bench.server.remove(api::kService, kService);
  bench.server.clear_log();
  EXPECT_EQ(bench.execute(plan, mono(30s)).ending, Ending::kBlocked);  // nobody could see it go
  EXPECT_THAT(bench.server.log(), IsEmpty());
  EXPECT_EQ(bench.execute(plan, mono(61s)).ending, Ending::kSettled);
  EXPECT_THAT(bench.gather(mono(61s)).snapshot.failures, IsEmpty());
}

TEST(Executor, RT69ObjectThatOffersItselfIsTakenOver) {
  Bench bench;
  bench.server.put(
      api::kService,
      R"({"metadata":{"name":"ranker","namespace":"shop",)"
      R"("annotations":{"kaizen.ml/adopt":"ranker"}},"spec":{"clusterIP":"10.0.0.9"}})");
  const base::Uid uid = bench.server.uid(api::kService, kService);
  EXPECT_EQ(bench.execute(plan_of({create(service(bench))})).ending, Ending::kSettled);
  EXPECT_EQ(bench.server.uid(api::kService, kService), uid);
  const std::string json = bench.server.json(api::kService, kService);
  EXPECT_THAT(json, HasSubstr(base::to_string(bench.uid())));
  EXPECT_THAT(json, HasSubstr("10.0.0.9"));
}

TEST(Executor, RT69OfferIsRefusedUnlessEverythingIsAsItMustBe) {
  const std::string offer = R"("annotations":{"kaizen.ml/adopt":"ranker"})";
  const std::map<std::string, std::string> metadata = {
      {"another name", R"("annotations":{"kaizen.ml/adopt":"other"})"},
      {"a controller", offer +
                           R"(,"ownerReferences":[{"apiVersion":"v1","kind":"X","name":"x",)"
                           R"("uid":"33333333-0000-4000-8000-000000000003","controller":true}])"},
      {"going away", offer + R"(,"finalizers":["f"],"deletionTimestamp":"2026-01-01T00:00:00Z")"},
      {"labels alone", R"("labels":{"app.kubernetes.io/managed-by":"kaizen",)"
                       R"("kaizen.ml/deployment":"ranker"})"}};
  for (const auto& [name, text] : metadata) {
    Bench bench;
    bench.server.put(
        api::kService,
        base::concat({R"({"metadata":{"name":"ranker","namespace":"shop",)", text, "}}"}));
    const std::string before = bench.server.json(api::kService, kService);
    EXPECT_EQ(bench.execute(plan_of({create(service(bench))})).ending, Ending::kBlocked) << name;
    EXPECT_EQ(bench.server.json(api::kService, kService), before) << name;
  }
  // The owner was deleted and made again, or is going away, and the cache does not know.
  for (const bool again : {true, false}) {
    Bench bench;
    bench.server.put(
        api::kService,
        base::concat({R"({"metadata":{"name":"ranker","namespace":"shop",)", offer, "}}"}));
    if (again) {
      bench.server.remove(api::kModelDeployment, kRanker);
      bench.server.put(api::kModelDeployment, deployment_json("ranker"));
    } else {
      bench.server.edit(api::kModelDeployment, kRanker, R"({"metadata":{"finalizers":["f"]}})");
      bench.server.remove(api::kModelDeployment, kRanker);
    }
    const auto uid = bench.gather(mono(1s)).snapshot.object->metadata.uid;
    const auto manifest = child_manifest(api::kService, {.name = "ranker", .owner = uid});
    const std::string before = bench.server.json(api::kService, kService);
    EXPECT_EQ(bench.execute(plan_of({create(manifest)})).ending, Ending::kConflict) << again;
    EXPECT_EQ(bench.server.json(api::kService, kService), before) << again;
  }
}

TEST(Executor, ChildWhoseLabelsWereTakenAwayGetsThemBack) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.watches.deliver();
  bench.server.edit(api::kDeployment, kChild,
                    R"({"metadata":{"labels":{"app.kubernetes.io/managed-by":null}}})");
  bench.watches.deliver();
  ASSERT_THAT(bench.gather(mono(1s)).snapshot.deployments, IsEmpty());
  EXPECT_EQ(bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))})).ending,
            Ending::kSettled);
  bench.watches.deliver();
  EXPECT_EQ(bench.gather(mono(1s)).snapshot.deployments.size(), 1U);
}

TEST(Executor, RT68WritesNothingOutsideItsNamespaceNorToWhatIsNotItsOwn) {
  Bench bench;
  const base::Uid stranger = *base::parse_uid("22222222-0000-4000-8000-000000000002");
  bench.server.put(api::kService, child_json({.name = "ranker", .owner = stranger}));
  bench.server.put(api::kModelDeployment, deployment_json("other"));
  bench.watches.deliver();
  bench.server.clear_log();
  core::Manifest elsewhere = service(bench);
  elsewhere.key.ns = "bank";
  core::Manifest pod = service(bench);
  pod.resource = api::kPod;
  const core::Effect other_owner = core::Patch{.stage = core::Stage::kTell,
                                               .resource = api::kModelDeployment,
                                               .key = {.ns = "shop", .name = "other"},
                                               .uid = stranger,
                                               .ops = "[]"};
  EXPECT_EQ(bench.execute(plan_of({create(elsewhere)})).ending, Ending::kOurBug);
  EXPECT_EQ(bench.execute(plan_of({create(pod)})).ending, Ending::kOurBug);
  EXPECT_EQ(bench.execute(plan_of({other_owner})).ending, Ending::kOurBug);
  const Executed first = bench.execute(plan_of({apply(bench, service(bench))}));
  EXPECT_EQ(first.ending, Ending::kBlocked);
  EXPECT_TRUE(first.refused_now);
  // The next decision has seen it: nothing new to decide on at once.
  EXPECT_FALSE(bench.execute(plan_of({apply(bench, service(bench))})).refused_now);
  EXPECT_EQ(bench.execute(plan_of({remove(bench, api::kService, kService)})).ending,
            Ending::kBlocked);
  EXPECT_THAT(bench.server.log(), IsEmpty());
}

// ---- outcomes ----

TEST(Executor, RT55ConflictRefreshesThePictureAndNeverSendsThePlanAgain) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.watches.deliver();
  const auto effect = apply(bench, bench.deployment("ranker-a", "h2", 2));
  bench.server.edit(api::kDeployment, kChild, R"({"spec":{"replicas":7}})");
  bench.server.clear_log();
  EXPECT_EQ(bench.execute(plan_of({effect})).ending, Ending::kConflict);
  const auto log = bench.server.log();
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0].status, 409);
  EXPECT_EQ(log[1].request.method, "GET");
  // The next decision sees what stood in the way, though no watch has told it.
  EXPECT_EQ(bench.gather(mono(1s)).snapshot.deployments[0]->spec.replicas, 7);
}

TEST(Executor, RT61RefusedContentRestsUntilTheGenerationOrTheBodyChanges) {
  Bench bench;
  const auto refuse = [&] {
    bench.server.inject({.kind = Fault::Kind::kAnswer,
                         .part = "deployments/ranker-a",
                         .status = 422,
                         .body = R"({"kind":"Status","code":422,"reason":"Invalid","message":)"
                                 R"("spec.replicas: bad","details":{"causes":[{"reason":)"
                                 R"("FieldValueInvalid","field":"spec.replicas"}]}})"});
  };
  const core::Plan plan = plan_of({create(bench.deployment("ranker-a", "h1", 1))});
  refuse();
  const Executed executed = bench.execute(plan, mono(1s));
  EXPECT_EQ(executed.ending, Ending::kBlocked);
  EXPECT_EQ(executed.retry_at, mono(1s) + 30min);
  const auto failures = bench.gather(mono(1s)).snapshot.failures;
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].error.action, base::Action::kTerminal);
  EXPECT_EQ(failures[0].error.code, base::Code::kRejected);
  EXPECT_THAT(failures[0].error.message, HasSubstr("spec.replicas: bad"));

  bench.server.clear_log();
  EXPECT_EQ(bench.execute(plan, mono(10min)).ending, Ending::kBlocked);
  EXPECT_THAT(bench.server.log(), IsEmpty());  // the same body, the same generation
  refuse();
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h2", 2))}), mono(10min));
  EXPECT_EQ(bench.server.log().size(), 1U);  // another body
  bench.server.edit(api::kModelDeployment, kRanker, R"({"spec":{"replicas":2}})");
  bench.watches.deliver();
  EXPECT_THAT(bench.gather(mono(11min)).snapshot.failures, IsEmpty());
  EXPECT_EQ(
      bench.execute(plan_of({create(bench.deployment("ranker-a", "h2", 2))}), mono(11min)).ending,
      Ending::kSettled);  // another generation
}

TEST(Executor, RT61BodyThatDoesNotFitTheSchemaIsPermanent) {
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kAnswer,
                       .part = "deployments/ranker-a",
                       .status = 500,
                       .body = status_body(500, "", "failed to create typed patch object (x)")});
  const Executed executed = bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  EXPECT_EQ(executed.ending, Ending::kBlocked);
  EXPECT_EQ(executed.error->code, base::Code::kRejected);
}

TEST(Executor, RT61ForbiddenIsTriedEveryFiveMinutes) {
  Bench bench;
  bench.server.forbid("PATCH", "deployments");
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}), mono(1s));
  const auto failures = bench.gather(mono(1s)).snapshot.failures;
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].error.code, base::Code::kForbidden);
  EXPECT_THAT(failures[0].error.message, HasSubstr("deployments"));
  bench.server.clear_log();
  for (base::Duration t = 2s; t < 5min; t += 10s) {
    // Whatever the body: the verb is what is missing.
    const std::string hash = "h" + std::to_string(t.count());
    const Executed executed =
        bench.execute(plan_of({create(bench.deployment("ranker-a", hash, 1))}), mono(t));
    EXPECT_EQ(executed.ending, Ending::kBlocked);
    EXPECT_EQ(executed.retry_at, mono(1s) + 5min);
  }
  EXPECT_THAT(bench.server.log(), IsEmpty());
  EXPECT_EQ(bench.gather(mono(10s)).recheck_at, mono(1s) + 5min);
  bench.server.forbid("PATCH", "deployments", false);
  EXPECT_EQ(bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}), mono(1s + 5min))
                .ending,
            Ending::kSettled);
  EXPECT_THAT(bench.gather(mono(6min)).snapshot.failures, IsEmpty());
}

TEST(Executor, RT61EndingNamespaceIsToldToTheDecision) {
  Bench bench;
  bench.server.end_namespace("shop");
  EXPECT_EQ(bench.execute(plan_of({create(service(bench))})).ending, Ending::kBlocked);
  const auto failures = bench.gather(mono(1s)).snapshot.failures;
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].error.code, base::Code::kNamespaceEnding);
}

TEST(Executor, RT60StatusThatIsTooLargeIsReported) {
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kAnswer,
                       .part = "/status",
                       .status = 413,
                       .body = status_body(413, "RequestEntityTooLarge", "too large")});
  const Executed executed = bench.execute(plan_of(std::string(kStatus)));
  EXPECT_EQ(executed.ending, Ending::kBlocked);
  EXPECT_FALSE(executed.status_done);
  const auto failures = bench.gather(mono(1s)).snapshot.failures;
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].resource, api::kModelDeployment);
  EXPECT_EQ(failures[0].error.code, base::Code::kTooLarge);
  // A smaller one is sent at once.
  EXPECT_EQ(bench.execute(plan_of(R"({"message":"m"})")).ending, Ending::kSettled);
  EXPECT_THAT(bench.gather(mono(1s)).snapshot.failures, IsEmpty());
}

TEST(Executor, RT62ObjectThatIsGoneIsDecidedAgain) {
  Bench bench;
  put_route(bench);
  const auto effect = weight(bench, "ranker-canary", 10);
  bench.server.remove(api::kHttpRoute, kRoute);
  EXPECT_EQ(bench.execute(plan_of({effect})).ending, Ending::kConflict);
  // The next decision waits until the cache shows it too.
  EXPECT_FALSE(bench.world.write([](WorldState& state) { return state.settle(kRankerKey); }));
  bench.watches.deliver();
  EXPECT_TRUE(bench.world.write([](WorldState& state) { return state.settle(kRankerKey); }));
}

TEST(Executor, RT62CreateIntoNothingIsPermanentUntilSeen) {
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kAnswer,
                       .part = "services/ranker",
                       .status = 404,
                       .body = status_body(404, "NotFound", "namespaces \"shop\" not found")});
  const Executed executed = bench.execute(plan_of({create(service(bench))}));
  EXPECT_EQ(executed.ending, Ending::kBlocked);
  EXPECT_EQ(executed.error->code, base::Code::kNotFound);
}

TEST(Executor, RT48MalformedRequestIsOurBug) {
  for (const int32_t status : {405, 406, 415}) {
    Bench bench;
    bench.server.inject({.kind = Fault::Kind::kAnswer, .part = "services", .status = status});
    EXPECT_EQ(bench.execute(plan_of({create(service(bench))})).ending, Ending::kOurBug) << status;
  }
}

TEST(Executor, A23FailureIsOverWhenThePlanDoesNotNameItsObjectAnyMore) {
  Bench bench;
  bench.server.forbid("PATCH", "services");
  bench.execute(plan_of({create(service(bench))}));
  ASSERT_EQ(bench.gather(mono(1s)).snapshot.failures.size(), 1U);
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  EXPECT_THAT(bench.gather(mono(1s)).snapshot.failures, IsEmpty());
}

// ---- unknown outcomes (RT-66, A22) ----

TEST(Executor, RT66LiveObjectDecidesWhatALostAnswerMeant) {
  struct Case {
    Fault::Kind fault;
    Ending status;
    Ending create;
    Ending apply;
    Ending patch;
    Ending remove;
  };

  const std::vector<Case> cases = {
      // Carried out: success, and the plan goes on; a patch is judged by the next decision.
      {Fault::Kind::kReplyLost, Ending::kSettled, Ending::kSettled, Ending::kSettled,
       Ending::kConflict, Ending::kSettled},
      // Not carried out: tried again with backoff.
      {Fault::Kind::kLostBefore, Ending::kRetry, Ending::kRetry, Ending::kRetry, Ending::kConflict,
       Ending::kRetry},
  };
  for (const Case& c : cases) {
    Bench bench;
    put_route(bench);
    bench.server.inject({.kind = c.fault, .part = "/status"});
    EXPECT_EQ(bench.execute(plan_of(std::string(kStatus))).ending, c.status);
    bench.server.inject({.kind = c.fault, .part = "ranker-a"});
    const auto creation = create(bench.deployment("ranker-a", "h1", 1));
    EXPECT_EQ(bench.execute(plan_of({creation})).ending, c.create);
    bench.execute(plan_of({creation}));
    bench.watches.deliver();
    bench.server.inject({.kind = c.fault, .part = "ranker-a"});
    EXPECT_EQ(bench.execute(plan_of({apply(bench, bench.deployment("ranker-a", "h2", 2))})).ending,
              c.apply);
    bench.server.inject({.kind = c.fault, .part = "httproutes"});
    EXPECT_EQ(bench.execute(plan_of({weight(bench, "ranker-canary", 10)})).ending, c.patch);
    bench.watches.deliver();
    bench.server.inject({.kind = c.fault, .method = "DELETE"});
    EXPECT_EQ(bench.execute(plan_of({remove(bench, api::kDeployment, kChild)})).ending, c.remove);
  }
}

TEST(Executor, RT66ServerErrorWithoutBodyIsUnknownToo) {
  Bench bench;
  bench.server.on_request([&](const base::HttpRequest& request) {
    if (request.method != "PATCH") return;
    bench.server.on_request({});
    bench.server.put(api::kService,
                     child_json({.name = "ranker", .owner = bench.uid(), .hash = "h1"}));
  });
  bench.server.inject({.kind = Fault::Kind::kAnswer, .part = "services/ranker", .status = 502});
  EXPECT_EQ(bench.execute(plan_of({create(service(bench))})).ending, Ending::kSettled);
}

TEST(Executor, RT66StatusThatSomebodyElseMovedIsDecidedAgain) {
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kLostBefore, .part = "/status"});
  bench.server.edit(api::kModelDeployment, kRanker, R"({"status":{"message":"another leader"}})");
  const Executed executed =
      bench.execute(plan_of(std::string(kStatus), {create(bench.deployment("ranker-a", "h1", 1))}));
  EXPECT_EQ(executed.ending, Ending::kConflict);
  EXPECT_FALSE(executed.status_done);
  EXPECT_EQ(bench.gather(mono(1s)).snapshot.object->status.message, "another leader");
  EXPECT_FALSE(bench.server.has(api::kDeployment, kChild));
}

TEST(Executor, RT66CutAnswerIsLookedUp) {
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kCutAnswer, .part = "ranker-a"});
  EXPECT_EQ(bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))})).ending,
            Ending::kConflict);
  EXPECT_EQ(bench.gather(mono(1s)).snapshot.deployments.size(), 1U);
}

TEST(Executor, A25WriteDeliveredTwiceIsNoFailure) {
  // The transport may send a request twice; the second answer is a conflict (C-3).
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kTwice, .part = "ranker-a"});
  EXPECT_EQ(bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))})).ending,
            Ending::kSettled);
  EXPECT_EQ(bench.server.created(api::kDeployment), 1U);
  bench.watches.deliver();
  bench.server.inject({.kind = Fault::Kind::kTwice, .part = "ranker-a"});
  EXPECT_EQ(bench.execute(plan_of({apply(bench, bench.deployment("ranker-a", "h2", 2))})).ending,
            Ending::kConflict);
  EXPECT_THAT(bench.gather(mono(1s)).snapshot.failures, IsEmpty());
  EXPECT_EQ(
      bench.gather(mono(1s)).snapshot.deployments[0]->metadata.annotations.at("kaizen.ml/hash"),
      "h2");
}

// A decision for tests: brings the world to what status and children shall be, whatever it is.
core::Plan level(const Gathered& gathered, const Bench& bench) {
  const auto& snapshot = gathered.snapshot;
  core::Plan plan;
  if (snapshot.object->status.message != "decided") {
    plan.status = core::StatusPatch{.merge_patch = std::string(kStatus)};
  }
  const auto manifest = bench.deployment("ranker-a", "h2", 2);
  if (snapshot.deployments.empty()) {
    plan.effects.push_back(create(manifest));
  } else if (const auto& seen = snapshot.deployments[0]->metadata;
             seen.annotations.at("kaizen.ml/hash") != "h2") {
    plan.effects.push_back(core::Apply{.stage = core::Stage::kProvision,
                                       .manifest = manifest,
                                       .uid = seen.uid,
                                       .resource_version = seen.resource_version});
  }
  if (!snapshot.main_service) plan.effects.push_back(create(service(bench), core::Stage::kRoute));
  if (snapshot.canary_service) {
    plan.effects.push_back(core::Delete{.stage = core::Stage::kRetire,
                                        .resource = api::kService,
                                        .key = {.ns = "shop", .name = "ranker-canary"},
                                        .uid = snapshot.canary_service->metadata.uid});
  }
  return plan;
}

void prepare(Bench& bench) {
  bench.execute(plan_of(
      {create(bench.deployment("ranker-a", "h1", 1)),
       create(child_manifest(api::kService, {.name = "ranker-canary", .owner = bench.uid()}))}));
  bench.watches.deliver();
  bench.server.clear_log();
}

// Decides and executes in a fresh process until nothing is left to do; the number of turns.
int run_anew(Bench& bench) {
  World world(mono(0s));
  FakeWatches watches(bench.server, world);
  Executor executor(bench.server, world, bench.telemetry);
  for (int turn = 1; turn < 20; ++turn) {
    watches.deliver();
    const Gathered gathered =
        world.read([](const WorldState& state) { return gather(state, kRanker, mono(1s)); });
    const core::Plan plan = level(gathered, bench);
    if (!plan.status && plan.effects.empty()) return turn;
    executor.execute({.subject = &gathered.subject, .plan = &plan, .now = mono(1s), .stop = {}});
  }
  return 20;
}

TEST(Executor, A22EveryCutOfAPlanEndsWhereTheUncutOneEnds) {
  // Four writes; each is cut before it is sent, after it is carried out with its answer lost, and
  // after its answer.
  enum class Cut : uint8_t { kBefore, kReplyLost, kAfter };
  for (const Cut cut : {Cut::kBefore, Cut::kReplyLost, Cut::kAfter}) {
    for (int write = 0; write < 4; ++write) {
      Bench bench;
      prepare(bench);
      const size_t deployments = bench.server.created(api::kDeployment);
      std::stop_source crash;
      int sent = 0;
      bench.server.on_request([&](const base::HttpRequest& request) {
        if (request.method == "GET" || crash.stop_requested()) return;
        if (sent == write && cut == Cut::kReplyLost) {
          bench.server.inject({.kind = Fault::Kind::kReplyLost, .method = request.method});
        }
        if (sent == write + (cut == Cut::kAfter ? 1 : 0) && cut != Cut::kReplyLost) {
          bench.server.inject({.kind = Fault::Kind::kLostBefore, .method = request.method});
        }
        if (sent >= write) crash.request_stop();
        ++sent;
      });
      const Gathered gathered = bench.gather(mono(1s));
      const core::Plan plan = level(gathered, bench);
      ASSERT_EQ(plan.effects.size(), 3U);
      bench.executor.execute({.subject = &gathered.subject,
                              .plan = &plan,
                              .now = mono(1s),
                              .stop = crash.get_token()});
      bench.server.on_request({});
      EXPECT_LT(run_anew(bench), 20) << write;
      EXPECT_THAT(bench.server.json(api::kModelDeployment, kRanker), HasSubstr("decided"));
      EXPECT_THAT(bench.server.json(api::kDeployment, kChild),
                  HasSubstr(R"("kaizen.ml/hash":"h2")"));
      EXPECT_TRUE(bench.server.has(api::kService, kService));
      EXPECT_FALSE(bench.server.has(api::kService, {.ns = "shop", .name = "ranker-canary"}));
      EXPECT_EQ(bench.server.created(api::kDeployment), deployments);  // nothing was made twice
      for (const auto& seen : bench.server.writes()) expect_conditional(seen);
    }
  }
}

// ---- read your writes (RT-51, RT-52) ----

bool settled(Bench& bench) {
  return bench.world.write([](WorldState& state) { return state.settle(kRankerKey); });
}

TEST(Executor, RT51WriteIsRememberedUntilItsCacheShowsIt) {
  Bench bench;
  EXPECT_TRUE(settled(bench));
  bench.execute(plan_of(std::string(kStatus), {create(bench.deployment("ranker-a", "h1", 1))}));
  EXPECT_FALSE(settled(bench));
  bench.watches.deliver(Watched::kModelDeployment);
  EXPECT_FALSE(settled(bench));
  bench.watches.deliver(Watched::kDeployment);
  EXPECT_TRUE(settled(bench));
}

TEST(Executor, RT51WriteWhoseAnswerWasLostIsWaitedForToo) {
  Bench bench;
  bench.server.inject({.kind = Fault::Kind::kReplyLost, .part = "/status"});
  EXPECT_TRUE(bench.execute(plan_of(std::string(kStatus))).wrote);
  EXPECT_FALSE(settled(bench));
  bench.watches.deliver();
  EXPECT_TRUE(settled(bench));
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.watches.deliver();
  bench.server.inject({.kind = Fault::Kind::kReplyLost, .part = "ranker-a"});
  EXPECT_TRUE(bench.execute(plan_of({apply(bench, bench.deployment("ranker-a", "h2", 2))})).wrote);
  EXPECT_FALSE(settled(bench));
  bench.watches.deliver();
  EXPECT_TRUE(settled(bench));
}

TEST(Executor, RT51NobodyWaitsForAKindThatWasRemoved) {
  Bench bench;
  put_route(bench);
  bench.execute(plan_of({weight(bench, "ranker-canary", 10)}));
  EXPECT_FALSE(settled(bench));
  bench.world.set_available(Watched::kHttpRoute, false);
  EXPECT_TRUE(settled(bench));
}

TEST(Executor, RT51WriteThatChangesNothingIsNotWaitedFor) {
  Bench bench;
  const auto manifest = bench.deployment("ranker-a", "h1", 1);
  bench.execute(plan_of({create(manifest)}));
  bench.watches.deliver();
  const Executed executed = bench.execute(plan_of({apply(bench, manifest)}));
  EXPECT_FALSE(executed.wrote);
  EXPECT_TRUE(settled(bench));
  EXPECT_EQ(bench.telemetry.total("kaizen_effects_total Deployment unchanged"), 1);
  EXPECT_EQ(bench.telemetry.total("kaizen_effects_total Deployment done"), 1);
}

TEST(Executor, RT52DeletionIsRememberedByUid) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.watches.deliver();
  bench.execute(plan_of({remove(bench, api::kDeployment, kChild)}));
  EXPECT_FALSE(settled(bench));
  bench.server.put(api::kDeployment, child_json({.name = "ranker-a", .owner = bench.uid()}));
  bench.watches.deliver();
  EXPECT_TRUE(settled(bench));  // another incarnation: ours is gone
}

TEST(Executor, RT52DeletionThatHasBegunIsEnough) {
  Bench bench;
  bench.execute(plan_of({create(bench.deployment("ranker-a", "h1", 1))}));
  bench.server.edit(api::kDeployment, kChild,
                    R"({"metadata":{"finalizers":["foregroundDeletion"]}})");
  bench.watches.deliver();
  bench.execute(plan_of({remove(bench, api::kDeployment, kChild)}));
  EXPECT_FALSE(settled(bench));
  bench.watches.deliver();
  EXPECT_TRUE(settled(bench));
}

TEST(Executor, RT52LastFinalizerIsWaitedForUntilTheObjectIsGone) {
  Bench bench;
  bench.server.edit(api::kModelDeployment, kRanker,
                    R"({"metadata":{"finalizers":["kaizen.ml/cleanup"]}})");
  bench.server.remove(api::kModelDeployment, kRanker);
  bench.watches.deliver();
  const std::string version = bench.server.version(api::kModelDeployment, kRanker);
  const core::Effect effect = core::Patch{
      .stage = core::Stage::kTell,
      .resource = api::kModelDeployment,
      .key = kRanker,
      .uid = bench.uid(),
      .ops = base::concat({R"([{"op":"replace","path":"/metadata/resourceVersion","value":")",
                           version, R"("},{"op":"remove","path":"/metadata/finalizers/0"}])"})};
  const Executed executed = bench.execute(plan_of({effect}));
  EXPECT_EQ(executed.ending, Ending::kSettled);
  EXPECT_TRUE(executed.wrote);
  EXPECT_FALSE(bench.server.has(api::kModelDeployment, kRanker));
  EXPECT_FALSE(settled(bench));
  bench.watches.deliver();
  EXPECT_TRUE(settled(bench));
}

}  // namespace
}  // namespace kaizen::reconcile
