// The real decision, the real extensions and this room's machines together, over a server and a
// cluster in memory: what a single test of a part cannot show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "core/rollout/decide.h"
#include "ext/registry.h"
#include "reconcile/fake_cluster_test_support.h"

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kShort =
    R"("replicas":4,"bake":{"duration":"2m"},"strategy":{"canary":{"steps":[)"
    R"({"name":"half","weight":50,"hold":"1m"}],"scaleDownDelay":"1m"}})";

struct Story {
  Story() { server.put(api::kModelDeployment, deployment_json("ranker", kShort)); }

  std::unique_ptr<FakeOperator> start() {
    return std::make_unique<FakeOperator>(server, clocks, Decide{.rollout = &core::decide},
                                          ext::extensions());
  }

  Json object() const {
    return Json::parse(server.json(api::kModelDeployment, kRanker), nullptr, false);
  }

  Json status() const { return object().value("status", Json::object()); }

  std::string phase() const { return status().value("phase", ""); }

  std::string stable() const {
    return status().value("stable", Json::object()).value("revision", "");
  }

  bool idle_on(const std::string& other_than) const {
    return phase() == "Idle" && stable() != other_than && !status().contains("previous");
  }

  // What a user sees in the end, without what depends on time and order.
  std::string outcome() const {
    std::string text = base::concat({"phase ", phase(), ", stable ", stable()});
    for (const auto& key : server.keys(api::kDeployment)) {
      const Json d = Json::parse(server.json(api::kDeployment, key));
      text += base::concat({"; ", key.name, " x", std::to_string(d["spec"].value("replicas", -1))});
    }
    for (const auto& key : server.keys(api::kService)) {
      const Json s = Json::parse(server.json(api::kService, key));
      text += base::concat({"; ", key.name, " -> ", s["spec"]["selector"].dump()});
    }
    for (const auto& key : server.keys(api::kControllerRevision)) text += "; revision " + key.name;
    return text;
  }

  void roll_out() {
    server.edit(api::kModelDeployment, kRanker, R"({"spec":{"image":"registry/model:2"}})");
  }

  FakeApiServer server;
  Clocks clocks;
};

std::string bring_up(Story& story, FakeOperator& op) {
  EXPECT_TRUE(op.run_until([&] { return story.phase() == "Idle" && !story.stable().empty(); }, 1h))
      << story.object().dump(1);
  return story.stable();
}

TEST(Loop, FirstRevisionServes) {
  Story story;
  const auto op = story.start();
  const std::string first = bring_up(story, *op);
  EXPECT_EQ(story.outcome(),
            base::concat({"phase Idle, stable ", first, "; ranker-", first, " x4; ranker -> ",
                          R"({"kaizen.ml/deployment":"ranker","kaizen.ml/revision":")", first,
                          R"("}; ranker-canary -> {"kaizen.ml/deployment":"ranker",)",
                          R"("kaizen.ml/revision":")", first, R"("}; revision ranker-)", first}));
}

TEST(Loop, NewRevisionIsPromotedAndAlwaysSomePodAnswers) {
  Story story;
  const auto op = story.start();
  const std::string first = bring_up(story, *op);
  size_t least = 100;
  story.server.on_request([&](const base::HttpRequest& request) {
    if (request.method != "GET") least = std::min(least, ready_behind(story.server, kRanker));
  });
  story.roll_out();
  ASSERT_TRUE(op->run_until([&] { return story.idle_on(first); }, 2h)) << story.object().dump(1);
  EXPECT_GE(least, 4U);
  EXPECT_THAT(story.outcome(), HasSubstr(base::concat({"ranker-", first, " x0"})));
  EXPECT_THAT(story.outcome(), HasSubstr(base::concat({"ranker-", story.stable(), " x4"})));
  EXPECT_THAT(op->told(), testing::Contains(HasSubstr("Promoted")));
}

TEST(Loop, A27SettledWorldIsLeftAlone) {
  Story story;
  const auto op = story.start();
  const std::string first = bring_up(story, *op);
  story.roll_out();
  ASSERT_TRUE(op->run_until([&] { return story.idle_on(first); }, 2h));
  op->run_until([] { return false; }, 10min);
  story.server.clear_log();
  for (int i = 0; i < 50; ++i) {
    op->wake(kRankerKey, Trigger::kChild);
    op->work();
    story.clocks.advance(1min);
  }
  EXPECT_THAT(story.server.writes(), IsEmpty());
  EXPECT_EQ(op->next(), std::nullopt);
}

TEST(Loop, A74FreshProcessAppliesEachChildOnceAndChangesNothing) {
  Story story;
  auto op = story.start();
  bring_up(story, *op);
  op->run_until([] { return false; }, 10min);
  op.reset();
  const std::string version =
      story.server.version(api::kDeployment, {"shop", "ranker-" + story.stable()});
  op = story.start();
  story.server.clear_log();
  op->run_until([] { return false; }, 2h);
  EXPECT_EQ(story.server.writes().size(), 3U);  // the Deployment and two Services
  EXPECT_EQ(story.server.version(api::kDeployment, {"shop", "ranker-" + story.stable()}), version);
}

// The process dies around write number `write` (counted from the new image on), another one takes
// over; the outcome of the rollout.
enum class Cut : uint8_t { kBefore, kReplyLost, kAfter };

struct CutRun {
  std::string outcome;
  int writes = 0;
  size_t least_ready = 100;
};

CutRun cut_rollout(int write, Cut cut) {
  Story story;
  auto op = story.start();
  const std::string first = bring_up(story, *op);
  CutRun run;
  std::stop_source crash;
  story.server.on_request([&](const base::HttpRequest& request) {
    if (request.method == "GET" || request.target.find("dryRun") != std::string::npos) return;
    run.least_ready = std::min(run.least_ready, ready_behind(story.server, kRanker));
    const int number = run.writes++;
    if (number != write || crash.stop_requested()) return;
    if (cut == Cut::kBefore) {
      story.server.inject({.kind = Fault::Kind::kLostBefore, .method = request.method});
    }
    if (cut == Cut::kReplyLost) {
      story.server.inject({.kind = Fault::Kind::kReplyLost, .method = request.method});
    }
    crash.request_stop();
  });
  story.roll_out();
  const base::MonoTime end = story.clocks.mono + 2h;
  while (!story.idle_on(first) && story.clocks.mono < end) {
    op->work(crash.get_token());
    if (crash.stop_requested()) {
      op = story.start();  // the first one is gone with all it knew
      crash = std::stop_source();
      write = -1;
      continue;
    }
    const auto next = op->next();
    if (!next) break;
    story.clocks.advance(std::max(*next - story.clocks.mono, base::Duration(1)));
  }
  op->run_until([] { return false; }, 5min);  // what the last status write announced
  run.outcome = story.outcome();
  return run;
}

TEST(Loop, A22CrashAroundAnyWriteOfARolloutEndsWhereNoCrashEnds) {
  const CutRun whole = cut_rollout(-1, Cut::kBefore);
  ASSERT_THAT(whole.outcome, HasSubstr("phase Idle"));
  ASSERT_GE(whole.writes, 8);
  for (const Cut cut : {Cut::kBefore, Cut::kReplyLost, Cut::kAfter}) {
    for (int write = 0; write < whole.writes; ++write) {
      const CutRun run = cut_rollout(write, cut);
      EXPECT_EQ(run.outcome, whole.outcome) << "cut " << static_cast<int>(cut) << " at " << write;
      EXPECT_GE(run.least_ready, 4U) << "cut " << static_cast<int>(cut) << " at " << write;
    }
  }
}

TEST(Loop, RT55BusyCoWriterDoesNotKeepTheRolloutFromItsEnd) {
  Story story;
  const auto op = story.start();
  const std::string first = bring_up(story, *op);
  int number = 0;
  story.server.on_request([&](const base::HttpRequest& request) {
    // Every third write meets an object that somebody touched a moment before.
    if (request.method != "PATCH" || ++number % 3 != 0) return;
    story.server.edit(
        api::kModelDeployment, kRanker,
        base::concat({R"({"metadata":{"labels":{"busy":")", std::to_string(number), "\"}}}"}));
  });
  story.roll_out();
  ASSERT_TRUE(op->run_until([&] { return story.idle_on(first); }, 3h)) << story.object().dump(1);
}

TEST(Loop, RT54ForeignServiceStopsNothingThatServesAndIsNamed) {
  Story story;
  story.server.put(
      api::kService,
      R"({"metadata":{"name":"ranker","namespace":"shop"},"spec":{"selector":{"app":"x"}}})");
  const std::string before = story.server.json(api::kService, kRanker);
  const auto op = story.start();
  op->run_until([] { return false; }, 10min);
  EXPECT_EQ(story.server.json(api::kService, kRanker), before);
  EXPECT_THAT(story.status().dump(), HasSubstr("AdoptionConflict"));
  // The owner of the name gives way; nobody tells us, for its object carried no label of ours.
  story.server.remove(api::kService, kRanker);
  EXPECT_TRUE(op->run_until([&] { return story.phase() == "Idle"; }, 10min))
      << story.object().dump(1);
  EXPECT_THAT(story.status().dump(), testing::Not(HasSubstr("AdoptionConflict")));
}

TEST(Loop, RT61ForbiddenWriteIsShownRetriedAndForgotten) {
  Story story;
  story.server.forbid("PATCH", "services");
  const auto op = story.start();
  op->run_until([] { return false; }, 4min);
  EXPECT_THAT(story.status().dump(), HasSubstr("\"Forbidden\""));
  story.server.forbid("PATCH", "services", false);
  EXPECT_TRUE(op->run_until([&] { return story.phase() == "Idle"; }, 10min));
  EXPECT_THAT(story.status().dump(), testing::Not(HasSubstr("\"Forbidden\"")));
}

TEST(Loop, RT70FinalizerStandsBeforeTheRouteIsTouchedAndGoesLast) {
  Story story;
  story.server.put(
      api::kHttpRoute,
      R"({"metadata":{"name":"public","namespace":"shop"},"spec":{"parentRefs":[{"name":)"
      R"("gateway"}],"rules":[{"backendRefs":[{"name":"ranker","port":80}]}]}})");
  story.server.edit(api::kModelDeployment, kRanker,
                    R"({"spec":{"traffic":{"router":"GatewayAPI","gatewayAPI":{"httpRoute":)"
                    R"({"name":"public"}}}}})");
  const auto op = story.start();
  bool finalizer_first = true;
  story.server.on_request([&](const base::HttpRequest& request) {
    if (request.method == "GET" || request.target.find("httproutes") == std::string::npos) return;
    finalizer_first = finalizer_first &&
                      story.object()["metadata"].value("finalizers", Json::array()).size() == 1;
  });
  bring_up(story, *op);
  EXPECT_THAT(story.server.json(api::kHttpRoute, {"shop", "public"}), HasSubstr("ranker-canary"));
  EXPECT_TRUE(finalizer_first);
  // Deleted: our backend goes, the user's route stays, nothing else is left.
  story.server.remove(api::kModelDeployment, kRanker);
  EXPECT_TRUE(op->run_until([&] { return story.server.count(api::kModelDeployment) == 0; }, 10min));
  op->work();
  const std::string route = story.server.json(api::kHttpRoute, {"shop", "public"});
  EXPECT_THAT(route, HasSubstr(R"("name":"ranker")"));
  EXPECT_THAT(route, testing::Not(HasSubstr("ranker-canary")));
  EXPECT_EQ(story.server.count(api::kDeployment), 0U);
  EXPECT_EQ(story.server.count(api::kService), 0U);
  EXPECT_EQ(story.server.count(api::kControllerRevision), 0U);
}

TEST(Loop, RT73ObjectMadeAgainUnderItsNameBeginsAnew) {
  Story story;
  const auto op = story.start();
  bring_up(story, *op);
  story.server.remove(api::kModelDeployment, kRanker);
  story.server.put(api::kModelDeployment, deployment_json("ranker", kShort));
  const base::Uid uid = story.server.uid(api::kModelDeployment, kRanker);
  bring_up(story, *op);
  EXPECT_EQ(story.server.uid(api::kModelDeployment, kRanker), uid);
  for (const auto& key : story.server.keys(api::kDeployment)) {
    EXPECT_THAT(story.server.json(api::kDeployment, key), HasSubstr(base::to_string(uid)));
  }
}

}  // namespace
}  // namespace kaizen::reconcile
