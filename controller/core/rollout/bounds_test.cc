// The bounds of status at their limits: the longest names, texts and lists that the API server lets
// into a spec, the wordiest cluster, the most history. World checks every status that is written.
#include "schema/bounds.h"

#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "base/base64.h"
#include "base/text.h"
#include "core/names.h"
#include "core/reasons.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/status_text.h"
#include "core/rollout/world_test_support.h"
#include "schema/codec.h"

namespace kaizen::core {
namespace {

using testing_support::user_route;
using testing_support::World;
using namespace std::chrono_literals;

constexpr size_t kSteps = 20;    // spec.strategy.canary.steps
constexpr size_t kMetrics = 18;  // beside errorRate and latency

// What a server says at length: line feeds, quotes that JSON doubles, characters of three bytes.
std::string wordy(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "pods \"ranker\" is forbidden: exceeded quota\n\t日本語; ";
  return text;
}

std::string longest_spec(const std::string& version, bool with_approvals = true) {
  std::string steps;
  for (size_t i = 0; i < kSteps; ++i) {
    const std::string number = std::to_string(10 + i);
    steps += base::concat({i == 0 ? "" : ",", R"({"name":")", std::string(61, 's'), number,
                           R"(","weight":)", std::to_string(5 * (i + 1)), R"(,"hold":"1m")",
                           with_approvals ? R"(,"approval":{"timeout":"1h"}})" : "}"});
  }
  std::string metrics;
  for (size_t i = 0; i < kMetrics; ++i) {
    metrics += base::concat({i == 0 ? "" : ",", R"({"name":")", std::string(38, 'm'),
                             std::to_string(10 + i), R"(","type":"Ratio","numerator":"n",)",
                             R"("denominator":"d","direction":"Both","hardLimit":"99.999999%"})"});
  }
  return base::concat(
      {R"({"image":"registry.example/model:)", version, R"(","model":{"uri":"s3://)",
       std::string(2043, 'u'), R"(","version":")", std::string(126, 'v'), version,
       R"(","digest":"sha256:)", std::string(64, 'a'), R"("},"replicas":20,)",
       R"("strategy":{"canary":{"steps":[)", steps, R"(]}},"bake":{"onFailure":"Rollback"},)",
       R"("analysis":{"interval":"1m","latency":{"threshold":"123456789ms"},"metrics":[)", metrics,
       R"(]},"traffic":{"router":"GatewayAPI","gatewayAPI":{"httpRoute":{"name":"public"}}}})"});
}

World longest_world() {
  World world(longest_spec("1a"), std::string(kMaxName, 'r'));
  world.requester = wordy(4000);
  world.route = user_route();
  world.route->spec.rules.front().backend_refs.front().name = world.object.metadata.name;
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
  return world;
}

// Says yes to every gate until the phase is reached.
bool approve_until(World& world, api::Phase phase) {
  for (size_t i = 0; i < 3 * kSteps && world.phase() != phase; ++i) {
    world.run_until(
        [&] { return world.phase() == phase || world.phase() == api::Phase::kAwaitingApproval; },
        3h);
    if (world.phase() != api::Phase::kAwaitingApproval) break;
    world.request("approve-" + std::string(52, 'i') + std::to_string(1000 + i), "approve",
                  world.target());
    world.settle();
  }
  return world.phase() == phase;
}

TEST(Bounds, SEC46TheLongestLegalSpecIsRolledOutWithinTheBounds) {
  World world = longest_world();
  world.set_spec(longest_spec("1b"));
  ASSERT_TRUE(approve_until(world, api::Phase::kBaking)) << world.status().message;
  EXPECT_EQ(world.status().analysis->metrics.size(), kMetrics + 2);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 3h)) << world.status().message;
  EXPECT_EQ(world.status().history.front().outcome, "Promoted");
}

TEST(Bounds, SEC46AWordyClusterIsCutAndNeverRefused) {
  World world = longest_world();
  world.create_failure = wordy(8000);
  world.crash_message = wordy(8000);
  for (size_t i = 0; i < 24; ++i) {
    const std::string version = std::to_string(10 + i);
    world.set_spec(longest_spec(version));
    const std::string candidate = world.target();
    world.create_failure = i % 3 == 0 ? wordy(8000) : "";
    if (i % 3 != 2) world.crashing.insert(candidate);
    world.sleep(3min);
    if (i % 3 == 0) {
      world.request("abort-" + version, "abort", candidate);
    } else if (i % 3 == 2) {
      world.request("reject-" + version, "promote", wordy(200));  // refused, with what was given
      world.sleep(1min);
      world.request("back-" + version, "abort", candidate);
    }
    world.create_failure.clear();
    ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 3h)) << world.status().message;
  }
  EXPECT_EQ(world.status().aborted->attempts, 1);
  EXPECT_GE(world.status().history.size(), 5U) << "the oldest makes room";
}

TEST(Bounds, SEC46ASourceThatFailsAtLengthIsCutToo) {
  World world = longest_world();
  world.set_spec(longest_spec("1b", /*with_approvals=*/false));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h));
  world.truth.reachable = false;
  world.truth.trouble = wordy(8000);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 3h)) << world.status().message;
  world.sleep(2h);
  EXPECT_EQ(world.reason_of("MetricsAvailable"), "False/QueryFailed");
}

// The last thing that happens to a status (SEC-46, RT-60).
TEST(Bounds, RT60AStatusThatIsTooLargeShedsWhatSaysLeast) {
  api::ModelDeploymentStatus status;
  status.phase = api::Phase::kHeld;
  status.stable.emplace();
  status.stable->revision = "4be2a9905d";
  status.stable->uri = "s3://" + std::string(2043, 'u');
  status.candidate = status.stable;
  status.steps.resize(kSteps);
  status.analysis.emplace();
  status.analysis->state = base::base64_encode(std::string(9200, 'x'));
  status.analysis->metrics.resize(20);
  for (api::MetricStatus& row : status.analysis->metrics) {
    row.name = std::string(63, 'm');
    row.last_error = wordy(100);
    row.canary = api::ArmStatus{.n = 4'000'000'000, .bad = 1'999'999'999, .rate = "49.999%"};
    row.stable = row.canary;
    row.interval = {"-99.999%", "99.999%"};
    row.harm = row.no_harm = "1.23e+300";
    row.remaining = api::RemainingStatus{.requests = 4'000'000'000, .time = "719h59m"};
  }
  for (size_t i = 0; i < 20; ++i) {
    api::ApprovalStatus approval;
    approval.step = std::string(63, 's');
    approval.by = wordy(1024);
    status.approvals.push_back(approval);
    api::HistoryEntry entry;
    entry.revision = "4be2a9905d";
    entry.version = std::string(128, 'v');
    entry.reason = wordy(320);
    status.history.push_back(entry);
  }
  for (size_t i = 0; i < 11; ++i) {
    api::Condition condition;
    condition.type = "Condition" + std::to_string(i);
    condition.status = "True";
    condition.message = wordy(512);
    status.conditions.push_back(condition);
  }
  ASSERT_GT(schema::encode(status).size(), 32U * 1024U);
  fit_status(status);
  EXPECT_LE(schema::encode(status).size(), 32U * 1024U) << "MD-15";
  EXPECT_EQ(schema::broken_bounds(status), std::vector<std::string>{});
  EXPECT_FALSE(status.history.empty()) << "the newest says what happened last";
  EXPECT_EQ(status.analysis->state.size(), base::base64_encode(std::string(9200, 'x')).size());
  EXPECT_EQ(status.stable->revision, "4be2a9905d");
}

// The one place where texts for people get their form.
TEST(StatusText, MD15TextsAreOneShortLineWithoutSecrets) {
  EXPECT_EQ(shown(" two\nlines\tand a bell\x07 "), "two lines and a bell ");
  EXPECT_EQ(shown("https://a:b@registry.example denied, Bearer abc123"),
            "https://***@registry.example denied, Bearer ***");
  EXPECT_EQ(shown("bad \xff byte"), "bad \xEF\xBF\xBD byte");
  EXPECT_EQ(shown(std::string(600, 'x')).size(), 512U);
  EXPECT_TRUE(shown(std::string(600, 'x')).ends_with("x\xE2\x80\xA6"));
  EXPECT_EQ(shown("abcdef", 5), "ab\xE2\x80\xA6");
}

}  // namespace
}  // namespace kaizen::core
