// The whole Runtime with real threads, over the API server of reconcile's tests.
#include "drive/runtime.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/kinds.h"
#include "base/error.h"
#include "base/text.h"
#include "core/plan.h"
#include "core/rollout/snapshot.h"
#include "drive/clock.h"
#include "drive/drive_test_support.h"
#include "reconcile/fake_api_server_test_support.h"
#include "reconcile/kinds.h"
#include "reconcile/wake.h"
#include "telemetry/names.h"

namespace kaizen::drive {
namespace {

using namespace std::chrono_literals;
using core::Plan;
using core::RolloutSnapshot;
using reconcile::FakeApiServer;
using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;

base::HttpResponse no_such_resource() {
  return {.status = 404,
          .headers = {},
          .body = reconcile::status_body(404, "NotFound", "the server could not find it")};
}

base::HttpRequest a_question() {
  return {.method = "GET", .target = "/api/v1/namespaces/shop/pods/q", .headers = {}, .body = {}};
}

size_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

// False: not within 30 s of real time.
bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class RuntimeTest : public testing::Test {
 protected:
  void SetUp() override { Decisions::get().reset(); }

  void TearDown() override {
    calls.release();
    watches.release();
    runtime.reset();
    Decisions::get().reset();
  }

  void make(const RuntimeOptions& options, const base::Clock& clock) {
    RuntimeParts parts{.clock = &clock,
                       .telemetry = &telemetry,
                       .calls = &calls,
                       .watches = &watches,
                       .sources = {{"prom", &prometheus}},
                       .decide = {.rollout = scripted_decide},
                       .extensions = {},
                       .settings = {}};
    runtime = std::make_unique<Runtime>(std::move(parts), options);
  }

  void start(const RuntimeOptions& options = {}) {
    make(options, system_clock);
    runtime->start();
  }

  void start_synced(const RuntimeOptions& options = {}) {
    start(options);
    ASSERT_TRUE(telemetry.await_line("caches are synced"));
  }

  // Moves the manual clock until `part` was asked for that often: threads look at it when they
  // come to it.
  bool advance_until_seen(std::string_view part, size_t count, base::Duration step = 5s) {
    for (int i = 0; i < 3000; ++i) {
      if (watches.await_seen(part, count, 10ms)) return true;
      manual_clock.advance(step);
    }
    return false;
  }

  size_t times_seen(std::string_view part) const {
    const std::vector<std::string> seen = watches.seen();
    return static_cast<size_t>(std::ranges::count_if(
        seen, [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }

  void put(const std::string& name) {
    server.put(api::kModelDeployment,
               R"({"metadata":{"namespace":"shop","name":")" + name + R"("},"spec":{}})");
  }

  // What a probe of three requests comes back with when the source does that to those whose target
  // holds `part`. Ends the runtime.
  std::vector<core::Answer> ask_three(const std::string& part, const base::Error& trouble) {
    std::promise<std::vector<core::Answer>> seen;
    std::atomic<bool> told = false;
    Decisions::get().reset([&](const RolloutSnapshot& snapshot, base::Time) {
      Plan plan;
      std::vector<base::HttpRequest> requests;
      for (const char* name : {"first", "second", "third"}) {
        requests.push_back({.method = "GET",
                            .target = base::concat({"/api/v1/namespaces/shop/pods/", name}),
                            .headers = {},
                            .body = {}});
      }
      plan.probes.push_back(
          {.id = "q", .endpoint = "prom", .not_before = {}, .requests = std::move(requests)});
      if (!snapshot.answers.empty() && !told.exchange(true)) seen.set_value(snapshot.answers);
      return plan;
    });
    prometheus.refuse(part, trouble);
    start_synced();
    put("ranker");
    std::future<std::vector<core::Answer>> answers = seen.get_future();
    const bool ready = answers.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    EXPECT_TRUE(runtime->shut_down());
    return ready ? answers.get() : std::vector<core::Answer>();
  }

  FakeApiServer server;
  FakeApiServer metric_server;  // answers 404 to whatever it is asked: enough for a probe
  HoldingTransport calls{server};
  HoldingTransport watches{server};
  HoldingTransport prometheus{metric_server};
  Recorder telemetry;
  SystemClock system_clock;
  ManualClock manual_clock;
  std::unique_ptr<Runtime> runtime;
};

TEST_F(RuntimeTest, A61AllThreadsAreStartedAndJoined) {
  const size_t before = threads_of_this_process();
  start({.workers = 3, .probes = {.concurrent = 5}});

  // Seven watches, three workers, five probe threads, events, timer.
  EXPECT_EQ(threads_of_this_process() - before, 17U);

  EXPECT_TRUE(telemetry.await_line("caches are synced"));
  EXPECT_TRUE(runtime->shut_down());
  EXPECT_EQ(threads_of_this_process(), before);
}

TEST_F(RuntimeTest, A61ADestroyedRuntimeLeavesNoThread) {
  const size_t before = threads_of_this_process();
  watches.hold("STREAM", "/pods");
  start();

  runtime.reset();

  EXPECT_EQ(threads_of_this_process(), before);
}

TEST_F(RuntimeTest, RT88ReadyWhenEveryCacheWasSyncedOnce) {
  watches.hold("STREAM", "/pods");
  start();
  ASSERT_TRUE(watches.await_held(1));
  EXPECT_FALSE(runtime->is_ready());

  watches.release();

  EXPECT_TRUE(telemetry.await_line("caches are synced"));
  EXPECT_TRUE(runtime->is_ready());
}

TEST_F(RuntimeTest, RT88NothingIsDecidedOnHalfAPicture) {
  put("ranker");
  watches.hold("STREAM", "/pods");
  std::atomic<bool> released = false;
  std::atomic<bool> too_early = false;
  Decisions::get().reset([&](const RolloutSnapshot&, base::Time) {
    if (!released) too_early = true;
    return Plan{};
  });
  start();
  ASSERT_TRUE(watches.await_held(1));
  ASSERT_TRUE(telemetry.await_value("kaizen_watch_events_total{modeldeployments,replace}", 1));

  released = true;
  watches.release();

  EXPECT_TRUE(Decisions::get().await_count("ranker", 1));
  EXPECT_FALSE(too_early);
}

TEST_F(RuntimeTest, ChangesAreDecidedAndCarriedOut) {
  Decisions::get().reset([](const RolloutSnapshot& snapshot, base::Time) {
    Plan plan;
    if (snapshot.object->status.conditions.empty()) {
      plan.status = {.merge_patch = R"({"conditions":[{"type":"Ready","status":"True",)"
                                    R"("reason":"Fine","message":"m"}]})"};
    }
    return plan;
  });
  start_synced();

  put("ranker");

  ASSERT_TRUE(Decisions::get().await_count("ranker", 2));
  EXPECT_THAT(server.json(api::kModelDeployment, {.ns = "shop", .name = "ranker"}),
              HasSubstr(R"("reason":"Fine")"));
  EXPECT_TRUE(
      telemetry.await_value("controller_runtime_reconcile_total{modeldeployment,success}", 1));
}

TEST_F(RuntimeTest, RT10WatchesHaveATransportOfTheirOwn) {
  calls.hold("PATCH", "");
  Decisions::get().reset([](const RolloutSnapshot&, base::Time) {
    Plan plan;
    plan.status = {.merge_patch = R"({"phase":"Idle"})"};
    return plan;
  });
  start_synced({.workers = 2});
  put("a");
  put("b");
  ASSERT_TRUE(calls.await_held(2));  // every worker waits for its write

  put("c");

  // The watch delivers though no call gets through.
  EXPECT_TRUE(telemetry.await_value("kaizen_watch_events_total{modeldeployments,upsert}", 3));
  for (const std::string& line : watches.seen()) {
    EXPECT_TRUE(line.starts_with("STREAM ") || line.starts_with("GET ")) << line;
  }
  EXPECT_THAT(calls.seen(), Each(StartsWith("PATCH ")));
}

TEST_F(RuntimeTest, RT89KindsMayBeInstalledAfterTheStart) {
  watches.refuse("/modeldeployments", no_such_resource());
  make({}, manual_clock);
  runtime->start();
  ASSERT_TRUE(telemetry.await_line("watch is not possible|ModelDeployment|problem="));
  EXPECT_FALSE(runtime->is_ready());
  EXPECT_EQ(runtime->stuck_thread(), std::nullopt);

  watches.release();
  ASSERT_TRUE(advance_until_seen("/modeldeployments", times_seen("/modeldeployments") + 1));

  EXPECT_TRUE(telemetry.await_line("caches are synced"));
  EXPECT_TRUE(telemetry.await_line("watch is well again|ModelDeployment"));
}

TEST_F(RuntimeTest, RT89AMissingKindIsToldOnceAMinute) {
  watches.refuse("/modeldeployments", no_such_resource());
  make({}, manual_clock);
  runtime->start();
  ASSERT_TRUE(telemetry.await_line("watch is not possible|ModelDeployment"));
  const auto told = [this] {
    const std::vector<std::string> lines = telemetry.lines();
    return std::ranges::count_if(lines, [](const std::string& line) {
      return line.starts_with("watch is not possible|ModelDeployment");
    });
  };

  const base::MonoTime before = manual_clock.mono();
  ASSERT_TRUE(advance_until_seen("/modeldeployments", times_seen("/modeldeployments") + 10));

  const auto minutes = std::chrono::floor<std::chrono::minutes>(manual_clock.mono() - before);
  EXPECT_GE(minutes, 8min);  // RT-36: about one probe a minute
  EXPECT_GE(told(), 5);
  EXPECT_LE(told(), minutes.count() + 1);
  EXPECT_EQ(telemetry.value("kaizen_watch_unavailable{modeldeployments}"), 1);
}

TEST_F(RuntimeTest, RT36AnUninstalledRouteKindIsToldOnceAndDoesNotHoldTheStart) {
  watches.refuse("/httproutes", no_such_resource());
  make({}, manual_clock);
  runtime->start();
  ASSERT_TRUE(telemetry.await_line("caches are synced"));

  ASSERT_TRUE(advance_until_seen("/httproutes", times_seen("/httproutes") + 5));

  EXPECT_TRUE(runtime->is_ready());
  EXPECT_EQ(telemetry.value("kaizen_watch_unavailable{httproutes}"), 1);
  const std::vector<std::string> lines = telemetry.lines();
  EXPECT_EQ(std::ranges::count_if(lines,
                                  [](const std::string& line) {
                                    return line.find("HTTPRoute") != std::string::npos;
                                  }),
            1);
}

TEST_F(RuntimeTest, A60TimePassesOnlyInTheGivenClock) {
  const base::Time start_time = manual_clock.now();
  Decisions::get().reset([](const RolloutSnapshot&, base::Time now) {
    Plan plan;
    plan.next_at = now + 1h;
    return plan;
  });
  make({}, manual_clock);
  runtime->start();
  put("ranker");
  ASSERT_TRUE(Decisions::get().await_count("ranker", 1));
  ASSERT_EQ(manual_clock.now(), start_time);

  manual_clock.advance(2h);

  EXPECT_TRUE(Decisions::get().await_count("ranker", 2));
  EXPECT_TRUE(
      telemetry.await_value("kaizen_reconcile_total{ModelDeployment,requeue_after,schedule}", 1));
}

TEST_F(RuntimeTest, RT48ExceptionIsCaughtCountedAndBackedOff) {
  Decisions::get().reset([](const RolloutSnapshot& snapshot, base::Time) -> Plan {
    if (snapshot.object->metadata.name == "bad" && Decisions::get().count("bad") < 3) {
      throw std::runtime_error("broken");
    }
    return {};
  });
  start_synced();

  put("bad");
  put("good");

  EXPECT_TRUE(Decisions::get().await_count("good", 1));
  EXPECT_TRUE(Decisions::get().await_count("bad", 3));
  EXPECT_TRUE(
      telemetry.await_value("controller_runtime_reconcile_panics_total{modeldeployment}", 2));
  EXPECT_TRUE(telemetry.await_line("reconcile failed|ModelDeployment|error=exception: broken"));
}

TEST_F(RuntimeTest, RT48FiveExceptionsInARowAreQuarantine) {
  Decisions::get().reset([](const RolloutSnapshot& snapshot, base::Time) -> Plan {
    if (snapshot.object->metadata.name == "bad") throw 7;
    return {};
  });
  start_synced();

  put("bad");

  ASSERT_TRUE(telemetry.await_line("object is in quarantine until its spec changes"));
  ASSERT_TRUE(calls.await_seen("/modeldeployments/bad/status", 1));
  EXPECT_EQ(Decisions::get().count("bad"), 5U);
  put("good");
  EXPECT_TRUE(Decisions::get().await_count("good", 1));
  EXPECT_TRUE(runtime->shut_down());
  EXPECT_THAT(server.json(api::kModelDeployment, {.ns = "shop", .name = "bad"}),
              HasSubstr(R"("reason":"InternalError")"));
  runtime->report_metrics();
  EXPECT_EQ(telemetry.value("kaizen_quarantined{ModelDeployment}"), 1);
}

TEST_F(RuntimeTest, ProbeIsAskedAndItsAnswerDecided) {
  std::promise<bool> answered;  // set once, by the first decision that sees both answers
  std::atomic<bool> told = false;
  Decisions::get().reset([&](const RolloutSnapshot& snapshot, base::Time) {
    Plan plan;
    plan.probes.push_back({.id = "q1",
                           .endpoint = "prom",
                           .not_before = {},
                           .requests = {{.method = "GET",
                                         .target = "/api/v1/namespaces/shop/pods/q",
                                         .headers = {},
                                         .body = {}}}});
    plan.probes.push_back(
        {.id = "q2", .endpoint = "gone", .not_before = {}, .requests = {a_question()}});
    if (snapshot.answers.size() == 2 && !told.exchange(true)) {
      answered.set_value(snapshot.answers[0].id == "q1" && snapshot.answers[0].responses[0].ok() &&
                         !snapshot.answers[1].responses[0].ok());
    }
    return plan;
  });
  start_synced();

  put("ranker");

  ASSERT_TRUE(telemetry.await_value("kaizen_metric_queries_total{prom,error}", 1));
  EXPECT_TRUE(telemetry.await_value("kaizen_reconcile_total{ModelDeployment,success,answer}", 1));
  std::future<bool> both = answered.get_future();
  ASSERT_EQ(both.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(both.get());
  EXPECT_TRUE(runtime->shut_down());
  EXPECT_THAT(prometheus.seen(), testing::ElementsAre("GET /api/v1/namespaces/shop/pods/q"));
}

// Each request to a source that is down may take ten seconds: the first one is enough to know.
TEST_F(RuntimeTest, RO24ASourceThatIsDownIsAskedOnceForAProbe) {
  const base::Error refused = {.action = base::Action::kRetryCall,
                               .code = base::Code::kUnavailable,
                               .message = "connection refused",
                               .retry_after = {}};
  const std::vector<core::Answer> answers = ask_three("", refused);
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_EQ(answers[0].responses.size(), 3U) << "one for each request, whatever was sent";
  for (const auto& response : answers[0].responses) EXPECT_EQ(response.error(), refused);
  EXPECT_THAT(prometheus.seen(), testing::ElementsAre(testing::EndsWith("/first")));
}

TEST_F(RuntimeTest, RO24ASourceThatNeverAnswersIsAskedOnceForAProbe) {
  const base::Error late = {.action = base::Action::kRetryCall,
                            .code = base::Code::kTimeout,
                            .message = "no complete answer",
                            .retry_after = {}};
  ASSERT_EQ(ask_three("", late).size(), 1U);
  EXPECT_THAT(prometheus.seen(), testing::ElementsAre(testing::EndsWith("/first")));
}

// One query that is too slow must not blind the metrics after it.
TEST_F(RuntimeTest, RO19ASlowQueryAmongOthersSparesTheOthers) {
  const base::Error late = {.action = base::Action::kRetryCall,
                            .code = base::Code::kTimeout,
                            .message = "no complete answer",
                            .retry_after = {}};
  const std::vector<core::Answer> answers = ask_three("/second", late);
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_EQ(answers[0].responses.size(), 3U);
  EXPECT_TRUE(answers[0].responses[0].ok());
  EXPECT_FALSE(answers[0].responses[1].ok());
  EXPECT_TRUE(answers[0].responses[2].ok());
  EXPECT_THAT(prometheus.seen(),
              testing::ElementsAre(testing::EndsWith("/first"), testing::EndsWith("/second"),
                                   testing::EndsWith("/third")));
}

TEST_F(RuntimeTest, A61ASlowMetricSourceHoldsNoWorker) {
  prometheus.hold("GET", "");
  Decisions::get().reset([](const RolloutSnapshot& snapshot, base::Time) {
    Plan plan;
    if (snapshot.object->metadata.name == "slow") {
      plan.probes.push_back(
          {.id = "q", .endpoint = "prom", .not_before = {}, .requests = {a_question()}});
    }
    return plan;
  });
  start_synced({.workers = 1});
  put("slow");
  ASSERT_TRUE(prometheus.await_held(1));

  put("other");

  EXPECT_TRUE(Decisions::get().await_count("other", 1));
  prometheus.release();
}

TEST_F(RuntimeTest, A62NoLockIsHeldDuringADecisionOrARequest) {
  // Reading the metrics takes every lock there is: whoever held one would wait for itself.
  server.on_request([this](const base::HttpRequest&) { runtime->report_metrics(); });
  metric_server.on_request([this](const base::HttpRequest&) { runtime->report_metrics(); });
  Decisions::get().reset([this](const RolloutSnapshot&, base::Time) {
    runtime->report_metrics();
    Plan plan;
    plan.status = {.merge_patch = R"({"phase":"Idle"})"};
    plan.probes.push_back(
        {.id = "q", .endpoint = "prom", .not_before = {}, .requests = {a_question()}});
    plan.events.push_back({.type = core::EventType::kNormal,
                           .reason = "Promoted",
                           .action = "Promote",
                           .note = "revision 1 is stable"});
    return plan;
  });
  start_synced();

  put("ranker");

  EXPECT_TRUE(calls.await_seen("/modeldeployments/ranker/status", 1));
  EXPECT_TRUE(calls.await_seen("/apis/events.k8s.io/v1/namespaces/shop/events", 1));
  EXPECT_TRUE(telemetry.await_value("kaizen_metric_queries_total{prom,error}", 1));
  EXPECT_TRUE(runtime->shut_down());
}

// Everything at once, for ThreadSanitizer: objects change while they are decided, written, asked
// about and scraped. In the end each object has the status of its last spec.
TEST_F(RuntimeTest, A62ManyThreadsAtOnceEndInTheRightState) {
  constexpr int kObjects = 40;
  constexpr int kChanges = 5;
  Decisions::get().reset([](const RolloutSnapshot& snapshot, base::Time) {
    const int64_t generation = snapshot.object->metadata.generation;
    Plan plan;
    if (snapshot.object->status.observed_generation != generation) {
      plan.status = {.merge_patch = R"({"observedGeneration":)" + std::to_string(generation) + "}"};
    }
    plan.probes.push_back({.id = "q" + std::to_string(generation),
                           .endpoint = "prom",
                           .not_before = {},
                           .requests = {a_question()}});
    return plan;
  });
  start_synced();
  std::atomic<bool> scraping = true;
  std::thread scraper([&] {
    while (scraping) {
      runtime->report_metrics();
      EXPECT_EQ(runtime->stuck_thread(), std::nullopt);
    }
  });

  for (int change = 1; change <= kChanges; ++change) {
    for (int i = 0; i < kObjects; ++i) {
      server.put(api::kModelDeployment, R"({"metadata":{"namespace":"shop","name":"m)" +
                                            std::to_string(i) + R"("},"spec":{"replicas":)" +
                                            std::to_string(change) + "}}");
    }
  }
  const auto settled = [this](int i) {
    const std::string json =
        server.json(api::kModelDeployment, {.ns = "shop", .name = "m" + std::to_string(i)});
    const auto number_after = [&](const std::string& key) {
      const size_t at = json.find("\"" + key + "\":");
      return at == std::string::npos ? "" : json.substr(at + key.size() + 3, 1);
    };
    return !number_after("observedGeneration").empty() &&
           number_after("observedGeneration") == number_after("generation");
  };
  for (int i = 0; i < kObjects; ++i) {
    while (!settled(i)) std::this_thread::yield();
  }
  scraping = false;
  scraper.join();

  EXPECT_TRUE(runtime->shut_down());
}

TEST_F(RuntimeTest, EventsAreSent) {
  Decisions::get().reset([](const RolloutSnapshot&, base::Time) {
    Plan plan;
    plan.events.push_back({.type = core::EventType::kNormal,
                           .reason = "Promoted",
                           .action = "Promote",
                           .note = "revision 1 is stable"});
    return plan;
  });
  start_synced();

  put("ranker");

  ASSERT_TRUE(calls.await_seen("/apis/events.k8s.io/v1/namespaces/shop/events", 1));
  EXPECT_TRUE(runtime->shut_down());
  EXPECT_EQ(server.count(api::kEvent), 1U);
}

// ---- shutdown ----

TEST_F(RuntimeTest, RT86A67InFlightEndsAndNothingNewBegins) {
  Latch decided;
  Latch go_on;
  Decisions::get().reset([&](const RolloutSnapshot& snapshot, base::Time) {
    if (snapshot.object->metadata.name == "first") {
      decided.open();
      EXPECT_TRUE(go_on.wait());
    }
    Plan plan;
    plan.status = {.merge_patch = R"({"phase":"Idle"})"};
    plan.events.push_back({.type = core::EventType::kNormal,
                           .reason = "Promoted",
                           .action = "Promote",
                           .note = "revision 1 is stable"});
    return plan;
  });
  start_synced({.workers = 1});
  put("first");
  ASSERT_TRUE(decided.wait());
  put("second");
  ASSERT_TRUE(telemetry.await_value("kaizen_watch_events_total{modeldeployments,upsert}", 2));

  bool clean = false;
  std::thread stopping([&] { clean = runtime->shut_down(); });
  EXPECT_TRUE(eventually([this] { return !runtime->is_ready(); }));
  go_on.open();
  stopping.join();

  EXPECT_TRUE(clean);
  EXPECT_EQ(Decisions::get().count("second"), 0U);
  EXPECT_THAT(server.json(api::kModelDeployment, {.ns = "shop", .name = "first"}),
              HasSubstr(R"("phase":"Idle")"));
  EXPECT_EQ(server.count(api::kEvent), 1U);  // flushed
}

TEST_F(RuntimeTest, RT86RequestsInFlightAreCancelledAfter20Seconds) {
  calls.hold("PATCH", "/modeldeployments");
  Decisions::get().reset([](const RolloutSnapshot&, base::Time) {
    Plan plan;
    plan.status = {.merge_patch = R"({"phase":"Idle"})"};
    return plan;
  });
  // From then on no other limit may pass, however slow the machine is.
  telemetry.when_line("decisions in flight did not end in time",
                      [this] { manual_clock.run_by(0s); });
  make({}, manual_clock);
  runtime->start();
  put("ranker");
  ASSERT_TRUE(calls.await_held(1));
  const base::MonoTime before = manual_clock.mono();
  manual_clock.run_by(1s);

  EXPECT_TRUE(runtime->shut_down());

  EXPECT_GE(manual_clock.mono() - before, 20s);
}

TEST_F(RuntimeTest, RT48RT86TheLastWriteOfAQuarantinedObjectIsInFlightToo) {
  calls.hold("PATCH", "/modeldeployments/bad/status");
  Decisions::get().reset([](const RolloutSnapshot&, base::Time) -> Plan { throw 7; });
  telemetry.when_line("decisions in flight did not end in time",
                      [this] { manual_clock.run_by(0s); });
  make({}, manual_clock);
  runtime->start();
  manual_clock.run_by(1s);
  put("bad");
  ASSERT_TRUE(calls.await_held(1));
  const base::MonoTime before = manual_clock.mono();

  EXPECT_TRUE(runtime->shut_down());

  EXPECT_GE(manual_clock.mono() - before, 20s) << "it was cut off at once";
}

TEST_F(RuntimeTest, RT86AThreadThatDoesNotEndIsReported) {
  watches.hold("STREAM", "/pods", /*deaf=*/true);
  make({}, manual_clock);
  runtime->start();
  ASSERT_TRUE(watches.await_held(1));
  manual_clock.run_by(1s);

  EXPECT_FALSE(runtime->shut_down());

  EXPECT_TRUE(telemetry.await_line("a thread did not end, the process exits without it"));
}

// ---- liveness ----

TEST_F(RuntimeTest, RT87StuckWatchIsNamed) {
  watches.hold("STREAM", "/pods", /*deaf=*/true);
  make({}, manual_clock);
  runtime->start();
  ASSERT_TRUE(watches.await_held(1));
  EXPECT_EQ(runtime->stuck_thread(), std::nullopt);

  manual_clock.advance(24h);

  EXPECT_TRUE(runtime->stuck_thread());
}

TEST_F(RuntimeTest, RT87ApiServerDownIsAliveStill) {
  watches.refuse("", base::Error{.action = base::Action::kRetryCall,
                                 .code = base::Code::kUnavailable,
                                 .message = "connection refused",
                                 .retry_after = {}});
  make({}, manual_clock);
  runtime->start();
  ASSERT_TRUE(telemetry.await_line("watch is not possible"));

  // In steps that each thread gets the chance to follow.
  ASSERT_TRUE(advance_until_seen("/pods", 8, 1s));
  ASSERT_TRUE(advance_until_seen("/services", 8, 1s));

  // The clock stands now: who is not stuck shows up again, at the latest when it looks at it.
  EXPECT_TRUE(eventually([this] { return !runtime->stuck_thread(); }));
  EXPECT_FALSE(runtime->is_ready());
}

// ---- metrics ----

TEST_F(RuntimeTest, RT90EveryTriggerIsAKnownLabelValue) {
  const auto values_of = [](std::string_view label) {
    const auto found =
        std::ranges::find(telemetry::kClosedLabels, label, &telemetry::ClosedLabel::name);
    EXPECT_NE(found, telemetry::kClosedLabels.end());
    return found->values;
  };
  std::vector<std::string_view> triggers;
  for (const reconcile::Trigger trigger : reconcile::kAllTriggers) {
    triggers.push_back(reconcile::to_string(trigger));
  }

  EXPECT_THAT(values_of("trigger"), testing::UnorderedElementsAreArray(triggers));
}

TEST_F(RuntimeTest, UX80CountersStartAtZeroAndGaugesFollow) {
  start_synced({.workers = 2});
  put("ranker");
  ASSERT_TRUE(Decisions::get().await_count("ranker", 1));
  ASSERT_TRUE(
      telemetry.await_value("controller_runtime_reconcile_total{modeldeployment,success}", 1));

  runtime->report_metrics();
  runtime->report_metrics();

  EXPECT_EQ(telemetry.value("controller_runtime_max_concurrent_reconciles{kaizen}"), 2);
  EXPECT_EQ(telemetry.value("controller_runtime_reconcile_total{modeldeployment,error}"), 0);
  EXPECT_EQ(telemetry.value("workqueue_depth{kaizen,kaizen,}"), 0);
  EXPECT_EQ(telemetry.value("workqueue_adds_total{kaizen,kaizen}"), 1);
  EXPECT_EQ(telemetry.value("kaizen_cache_objects{modeldeployments}"), 1);
  EXPECT_EQ(telemetry.value("kaizen_watch_unavailable{httproutes}"), 0);
  EXPECT_GE(telemetry.value("controller_runtime_reconcile_time_seconds{modeldeployment}"), 1);
  EXPECT_GE(telemetry.value("workqueue_queue_duration_seconds{kaizen,kaizen}"), 1);
}

}  // namespace
}  // namespace kaizen::drive
