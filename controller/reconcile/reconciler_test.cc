#include "reconcile/reconciler.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "reconcile/probe.h"
#include "reconcile/world_test_support.h"

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::Time wall(base::Duration since_start) {
  return base::Time::from_unix_s(1'800'000'000) + since_start;
}

// `decide` is a plain function: the test's own decision stands here while it runs.
std::function<core::Plan(const core::RolloutSnapshot&, base::Time)>& decision() {
  static std::function<core::Plan(const core::RolloutSnapshot&, base::Time)> current;
  return current;
}

core::Plan decide(const core::RolloutSnapshot& snapshot, const core::Extensions&, base::Time now) {
  return decision()(snapshot, now);
}

struct Loop : Bench {
  Loop() {
    decision() = [this](const core::RolloutSnapshot& snapshot, base::Time) {
      ++decided;
      last = snapshot;
      return plan;
    };
  }

  ReconcileReport turn(base::Duration at = 1s) {
    return reconciler.reconcile({.key = kRankerKey,
                                 .trigger = Trigger::kChild,
                                 .now = wall(at),
                                 .mono = mono(at),
                                 .stop = {}});
  }

  Observations observations;
  core::Settings settings{.metric_sources = {{.name = "main", .path_prefix = ""}},
                          .default_metric_source = "main"};
  Reconciler reconciler{{.world = &world,
                         .observations = &observations,
                         .transport = &server,
                         .telemetry = &telemetry,
                         .decide = {.rollout = &decide},
                         .extensions = {},
                         .settings = settings}};
  core::Plan plan;
  core::RolloutSnapshot last;
  int decided = 0;
};

core::Effect create(const core::Manifest& manifest) {
  return core::Create{.manifest = manifest};
}

core::Probe probe(std::string id) {
  return {.id = std::move(id),
          .endpoint = "main",
          .not_before = wall(0s),
          .requests = {{.method = "GET", .target = "/q", .headers = {}, .body = {}}}};
}

TEST(Reconciler, DecisionSeesObjectAnswersAndSettings) {
  Loop loop;
  loop.plan.probes = {probe("t1")};
  const auto report = loop.turn();
  ASSERT_TRUE(report.probes);
  EXPECT_EQ(report.probes->size(), 1U);
  EXPECT_EQ(report.owner, (ProbeOwner{.key = kRankerKey, .uid = loop.uid()}));
  loop.observations.put(report.owner, {.id = "t1", .responses = {}});
  loop.turn();
  EXPECT_EQ(loop.last.object->metadata.name, "ranker");
  ASSERT_EQ(loop.last.answers.size(), 1U);
  EXPECT_EQ(loop.last.answers[0].id, "t1");
  EXPECT_EQ(loop.last.settings.default_metric_source, "main");
}

TEST(Reconciler, RO28AnswersOfADroppedProbeAreForgotten) {
  Loop loop;
  loop.plan.probes = {probe("t1")};
  const auto owner = loop.turn().owner;
  loop.observations.put(owner, {.id = "t1", .responses = {}});
  loop.plan.probes = {};
  const auto report = loop.turn();
  ASSERT_TRUE(report.probes);
  EXPECT_THAT(*report.probes, IsEmpty());
  EXPECT_THAT(loop.observations.of(owner), IsEmpty());
}

TEST(Reconciler, GoneObjectIsForgotten) {
  Loop loop;
  loop.turn();
  loop.server.remove(api::kModelDeployment, kRanker);
  loop.watches.deliver();
  const auto report = loop.turn();
  EXPECT_TRUE(report.gone);
  EXPECT_FALSE(report.probes);
  EXPECT_EQ(loop.decided, 1);
}

TEST(Reconciler, A20EventsAreToldOnlyWhenTheStatusIsWritten) {
  Loop loop;
  loop.plan = plan_of(R"({"message":"decided"})");
  loop.plan.events = {
      {.type = core::EventType::kNormal, .reason = "Promoted", .action = "Promote", .note = "n"}};
  loop.server.edit(api::kModelDeployment, kRanker, R"({"spec":{"replicas":4}})");
  const auto conflict = loop.turn();
  EXPECT_EQ(conflict.outcome.ending, Ending::kConflict);
  EXPECT_THAT(conflict.events, IsEmpty());
  loop.watches.deliver();
  const auto report = loop.turn();
  EXPECT_EQ(report.events.size(), 1U);
  EXPECT_EQ(report.regarding.uid, loop.uid());
}

TEST(Reconciler, A20EventsOfADurableDecisionAreToldThoughAnEffectFailed) {
  Loop loop;
  loop.plan = plan_of(R"({"message":"decided"})", {create(loop.deployment("ranker-a", "h1", 1))});
  loop.plan.events = {
      {.type = core::EventType::kNormal, .reason = "r", .action = "a", .note = "n"}};
  loop.server.forbid("PATCH", "deployments");
  const auto report = loop.turn();
  EXPECT_EQ(report.events.size(), 1U);
  EXPECT_THAT(report.error, HasSubstr("deployments"));
}

TEST(Reconciler, A29WakesAtNextAtOnTheClockThatDoesNotJump) {
  Loop loop;
  loop.plan.next_at = wall(61s);
  auto report = loop.turn(1s);
  EXPECT_EQ(report.outcome.ending, Ending::kSettled);
  EXPECT_EQ(report.outcome.wake_at, mono(61s));
  EXPECT_EQ(report.outcome.wake_trigger, Trigger::kSchedule);
  EXPECT_FALSE(report.outcome.periodic);
  EXPECT_EQ(result_label(report.outcome), "requeue_after");
  loop.plan.next_at_periodic = true;
  EXPECT_TRUE(loop.turn(1s).outcome.periodic);
  loop.plan.next_at = wall(-5s);
  EXPECT_EQ(loop.turn(1s).outcome.wake_at, mono(1s));
  loop.plan.next_at.reset();
  report = loop.turn(1s);
  EXPECT_EQ(report.outcome.wake_at, std::nullopt);
  EXPECT_EQ(result_label(report.outcome), "success");
}

TEST(Reconciler, RT51NoDecisionUntilTheCachesShowOurWrite) {
  Loop loop;
  loop.plan = plan_of(R"({"message":"decided"})", {create(loop.deployment("ranker-a", "h1", 1))});
  const auto report = loop.turn(1s);
  EXPECT_EQ(report.outcome.ending, Ending::kWaits);
  EXPECT_EQ(report.outcome.wake_at, mono(61s));
  EXPECT_EQ(loop.decided, 1);
  const auto skipped = loop.turn(2s);
  EXPECT_EQ(skipped.outcome.ending, Ending::kWaits);
  EXPECT_FALSE(skipped.probes);  // no decision: what is asked stays
  EXPECT_EQ(loop.decided, 1);
  EXPECT_EQ(loop.telemetry.total("kaizen_stale_sync_skips_total ModelDeployment"), 1);
  // The caches come one after another; the last one wakes the key.
  EXPECT_THAT(loop.watches.deliver(Watched::kDeployment), IsEmpty());
  EXPECT_THAT(loop.watches.deliver(Watched::kModelDeployment),
              ElementsAre(Wake{kRankerKey, Lane::kNormal, Trigger::kCacheReached}));
  loop.plan = {};
  EXPECT_EQ(loop.turn(3s).outcome.ending, Ending::kSettled);
  EXPECT_EQ(loop.decided, 2);
}

TEST(Reconciler, RT51WriteThatTheCacheShowsAlreadyIsDecidedAgainAtOnce) {
  Loop loop;
  const auto service = child_manifest(api::kService, {.name = "ranker", .owner = loop.uid()});
  loop.execute(plan_of({create(service)}));
  loop.watches.deliver();
  loop.plan = plan_of({create(loop.deployment("ranker-a", "h1", 1)), create(service)});
  // The watch shows the first write while the second one, which changes nothing, is under way.
  loop.server.on_request([&](const base::HttpRequest& request) {
    if (request.target.find("/services/") != std::string::npos) loop.watches.deliver();
  });
  const auto report = loop.turn();
  EXPECT_EQ(report.outcome.ending, Ending::kAgain);
  EXPECT_EQ(result_label(report.outcome), "requeue");
  EXPECT_EQ(loop.turn().outcome.ending, Ending::kSettled);
}

TEST(Reconciler, RT51CacheThatStaysBehindIsListedAgain) {
  Loop loop;
  loop.plan = plan_of({create(loop.deployment("ranker-a", "h1", 1))});
  loop.turn(1s);
  EXPECT_THAT(loop.turn(60s).relist, IsEmpty());
  const auto report = loop.turn(61s);
  EXPECT_THAT(report.relist, ElementsAre(Watched::kDeployment));
  EXPECT_EQ(report.outcome.wake_at, mono(121s));
  EXPECT_THAT(loop.turn(62s).relist, IsEmpty());  // it gets as long again
  EXPECT_EQ(loop.decided, 1);
}

TEST(Reconciler, RT52DeletionThatNoWatchShowsIsLookedUpAfterFiveMinutes) {
  Loop loop;
  loop.execute(plan_of({create(loop.deployment("ranker-a", "h1", 1))}));
  loop.watches.deliver();
  const schema::ObjectKey child{.ns = "shop", .name = "ranker-a"};
  const core::Effect removal = core::Delete{
      .resource = api::kDeployment, .key = child, .uid = loop.server.uid(api::kDeployment, child)};
  loop.plan = plan_of({removal});
  EXPECT_EQ(loop.turn(1s).outcome.ending, Ending::kWaits);
  loop.plan = {};
  loop.server.clear_log();
  EXPECT_EQ(loop.turn(300s).outcome.ending, Ending::kWaits);
  EXPECT_THAT(loop.server.log(), IsEmpty());
  const auto report = loop.turn(301s);
  ASSERT_EQ(loop.server.log().size(), 1U);
  EXPECT_EQ(loop.server.log()[0].request.method, "GET");
  EXPECT_EQ(report.outcome.ending, Ending::kWaits);  // gone: the cache is what is wrong
  EXPECT_THAT(report.relist, ElementsAre(Watched::kDeployment));
  EXPECT_EQ(loop.decided, 1);
}

TEST(Reconciler, RT52DeletionThatDidNotHappenIsDecidedAgain) {
  Loop loop;
  loop.execute(plan_of({create(loop.deployment("ranker-a", "h1", 1))}));
  loop.watches.deliver();
  const schema::ObjectKey child{.ns = "shop", .name = "ranker-a"};
  const core::Effect removal = core::Delete{
      .resource = api::kDeployment, .key = child, .uid = loop.server.uid(api::kDeployment, child)};
  loop.server.inject(
      {.kind = Fault::Kind::kAnswer, .method = "DELETE", .status = 200, .body = "{}"});
  loop.plan = plan_of({removal});
  loop.turn(1s);
  loop.plan = {};
  const auto report = loop.turn(301s);
  EXPECT_EQ(report.outcome.ending, Ending::kSettled);
  EXPECT_EQ(loop.decided, 2);
  EXPECT_EQ(loop.last.deployments.size(), 1U);
}

TEST(Reconciler, A23FailureIsInTheNextSnapshot) {
  Loop loop;
  loop.plan = plan_of({create(loop.deployment("ranker-a", "h1", 1))});
  loop.server.inject(
      {.kind = Fault::Kind::kAnswer, .part = "ranker-a", .status = 429, .body = "{}"});
  const auto report = loop.turn(1s);
  EXPECT_EQ(report.outcome.ending, Ending::kRetry);
  EXPECT_EQ(result_label(report.outcome), "error");
  loop.turn(2s);
  ASSERT_EQ(loop.last.failures.size(), 1U);
  EXPECT_EQ(loop.last.failures[0].what, "create Deployment ranker-a");
  loop.watches.deliver();
  loop.turn(3s);
  EXPECT_THAT(loop.last.failures, IsEmpty());
}

TEST(Reconciler, RT61FreshRefusalIsDecidedOnAtOnceThenRecheckedWithoutBackoff) {
  Loop loop;
  loop.plan = plan_of({create(loop.deployment("ranker-a", "h1", 1))});
  loop.server.forbid("PATCH", "deployments");
  const auto fresh = loop.turn(1s);
  EXPECT_EQ(fresh.outcome.ending, Ending::kBlocked);
  EXPECT_EQ(fresh.outcome.wake_at, mono(1s));
  const auto report = loop.turn(1s);
  EXPECT_EQ(loop.last.failures.size(), 1U);
  EXPECT_EQ(report.outcome.ending, Ending::kBlocked);
  EXPECT_EQ(report.outcome.wake_at, mono(301s));
  EXPECT_EQ(report.outcome.wake_trigger, Trigger::kRecheck);
  loop.plan.next_at = wall(31s);  // an earlier time of the plan holds
  EXPECT_EQ(loop.turn(2s).outcome.wake_at, mono(31s));
}

TEST(Reconciler, RT51StatusWrittenBesideARefusalIsDecidedOnWhenTheCacheShowsIt) {
  Loop loop;
  loop.plan = plan_of(R"({"message":"decided"})", {create(loop.deployment("ranker-a", "h1", 1))});
  loop.server.forbid("PATCH", "deployments");
  EXPECT_EQ(loop.turn(1s).outcome.ending, Ending::kWaits);
  EXPECT_THAT(loop.watches.deliver(),
              ElementsAre(Wake{kRankerKey, Lane::kNormal, Trigger::kCacheReached}));
}

TEST(Reconciler, RT12WaitOfTheServerReachesTheQueue) {
  Loop loop;
  loop.plan = plan_of({create(loop.deployment("ranker-a", "h1", 1))});
  loop.server.inject(
      {.kind = Fault::Kind::kAnswer,
       .part = "ranker-a",
       .status = 429,
       .body = R"({"kind":"Status","code":429,"details":{"retryAfterSeconds":17}})"});
  EXPECT_EQ(loop.turn().outcome.retry_after, 17s);
}

TEST(Reconciler, RT63TheLongestWaitForAWebhookReachesTheQueue) {
  Loop loop;
  loop.plan = plan_of({create(loop.deployment("ranker-a", "h1", 1))});
  loop.server.inject(
      {.kind = Fault::Kind::kAnswer,
       .part = "ranker-a",
       .status = 500,
       .body = R"({"kind":"Status","code":500,"reason":"InternalError","message":"Internal error )"
               R"(occurred: failed calling webhook \"gate.example.com\": connection refused"})"});
  const auto report = loop.turn();
  EXPECT_EQ(report.outcome.ending, Ending::kRetry);
  EXPECT_EQ(report.outcome.retry_within, 5min);
}

TEST(Reconciler, A74WakesForTheCheckAfterAStart) {
  Loop loop;
  loop.server.put(api::kDeployment, child_json({.name = "ranker-a", .owner = loop.uid()}));
  loop.watches.deliver();
  const auto report = loop.turn(0s);
  ASSERT_TRUE(report.outcome.wake_at);
  EXPECT_LT(*report.outcome.wake_at, mono(1h));
  EXPECT_EQ(report.outcome.wake_trigger, Trigger::kRecheck);
}

TEST(Reconciler, A27FixedPointSendsNothing) {
  Loop loop;
  for (base::Duration t = 1s; t < 1h; t += 1min) loop.turn(t);
  EXPECT_THAT(loop.server.log(), IsEmpty());
}

TEST(Reconciler, RT48QuarantineIsShownInTheStatus) {
  Loop loop;
  loop.server.edit(api::kModelDeployment, kRanker,
                   R"({"status":{"conditions":[{"type":"Ready","status":"True","reason":"R"},)"
                   R"({"type":"Reconciling","status":"True","reason":"P"}]}})");
  loop.watches.deliver();
  const ReconcileInput input{
      .key = kRankerKey, .trigger = Trigger::kRetry, .now = wall(5s), .mono = mono(5s), .stop = {}};
  EXPECT_TRUE(loop.reconciler.report_internal_error(input, "std::bad_alloc"));
  const std::string json = loop.server.json(api::kModelDeployment, kRanker);
  EXPECT_THAT(json, HasSubstr(R"("reason":"InternalError","status":"True","type":"Stalled")"));
  EXPECT_THAT(json, HasSubstr("std::bad_alloc"));
  EXPECT_THAT(json, HasSubstr(R"("type":"Ready")"));
  EXPECT_THAT(json, testing::Not(HasSubstr("Reconciling")));
  // Fenced as every status write.
  EXPECT_THAT(loop.server.writes().back().request.body,
              HasSubstr(R"("metadata":{"resourceVersion":")"));
  // Shown already: no second write.
  loop.watches.deliver();
  loop.server.clear_log();
  EXPECT_TRUE(loop.reconciler.report_internal_error({.key = kRankerKey,
                                                     .trigger = Trigger::kRetry,
                                                     .now = wall(9s),
                                                     .mono = mono(9s),
                                                     .stop = {}},
                                                    "std::bad_alloc"));
  EXPECT_THAT(loop.server.log(), IsEmpty());
}

TEST(Reconciler, RT55BurstOfConflictsEndsInSuccessThroughTheQueue) {
  Loop loop;
  int left = 5;
  decision() = [&](const core::RolloutSnapshot& snapshot, base::Time) {
    return snapshot.object->status.message == "decided" ? core::Plan{}
                                                        : plan_of(R"({"message":"decided"})");
  };
  loop.server.on_request([&](const base::HttpRequest& request) {
    if (request.method != "PATCH" || left == 0) return;
    --left;
    loop.server.edit(
        api::kModelDeployment, kRanker,
        base::concat({R"({"metadata":{"labels":{"busy":")", std::to_string(left), "\"}}}"}));
  });
  WorkQueue queue;
  base::MonoTime now = mono(1s);
  queue.add({.key = kRankerKey, .lane = Lane::kNormal, .trigger = Trigger::kSpec}, now);
  for (int i = 0; i < 6; ++i) {
    const auto taken = queue.take(now);
    ASSERT_TRUE(taken) << i;
    const auto report = loop.turn(now - mono(0s));
    queue.done(taken->key, report.outcome, now);
    now = *queue.next_wake();
  }
  EXPECT_LE(now - mono(1s), 5 * 11ms + 60s);
  EXPECT_THAT(loop.server.json(api::kModelDeployment, kRanker), HasSubstr("decided"));
}

TEST(Reconciler, ProbesOfOneObjectStayApartFromAnother) {
  Loop loop;
  loop.server.put(api::kModelDeployment, deployment_json("other"));
  loop.watches.deliver();
  loop.plan.probes = {probe("t1")};
  loop.turn();
  const auto other = loop.reconciler.reconcile(
      {.key = {.kind = Watched::kModelDeployment, .object = {.ns = "shop", .name = "other"}},
       .trigger = Trigger::kChild,
       .now = wall(1s),
       .mono = mono(1s),
       .stop = {}});
  EXPECT_EQ(other.owner.key.object.name, "other");
  EXPECT_NE(other.owner.uid, loop.uid());
}

}  // namespace
}  // namespace kaizen::reconcile
