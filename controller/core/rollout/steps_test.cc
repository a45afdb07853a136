// Steps: holds, gates, deadlines, and what a person asks on the way.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "core/plan.h"
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

const char* const kManual = R"("promotion":{"approval":"Manual"})";

int64_t count_events(const World& world, const Reason& reason) {
  return std::ranges::count(world.events, reason.name, &EventNote::reason);
}

// ---- evidence in the phase machine ----

TEST(Steps, RO22NoTrafficHoldsAndNeverFailsOrPasses) {
  World world = gateway_world();
  world.truth.canary_n = 0;
  world.truth.stable_n = 0;
  start_canary(world);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h)) << world.trace();
  world.sleep(2h);
  EXPECT_EQ(world.phase(), api::Phase::kHeld);
  EXPECT_EQ(world.canary_weight(), 25);
}

TEST(Steps, RO24PrometheusDownHoldsWithMetricsAvailableFalse) {
  World world = gateway_world();
  start_canary(world);
  world.truth.reachable = false;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h)) << world.trace();
  EXPECT_EQ(world.reason_of("MetricsAvailable"), "False/QueryFailed");
  EXPECT_EQ(world.reason_of("Reconciling"), "True/Held");
  EXPECT_TRUE(world.has_event(reason::kMetricsLost));
  world.sleep(3h);
  EXPECT_EQ(world.phase(), api::Phase::kHeld) << "neither promoted nor rolled back";
  world.truth.reachable = true;
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
  EXPECT_TRUE(world.has_event(reason::kMetricsBack));
}

// Minutes before noData.after, which only decides what the rollout does about it.
TEST(Steps, RO24ASourceThatIsDownIsSaidAtItsFirstFailedAnswer) {
  World world = gateway_world();
  world.truth.reachable = false;
  world.set_spec(gateway_spec("2"));
  const base::Time start = world.now;
  const auto is_lost = [&world] {
    return world.reason_of("MetricsAvailable") == "False/QueryFailed";
  };
  ASSERT_TRUE(world.run_until(is_lost, 2min)) << world.trace();
  EXPECT_LE(world.now - start, 1min) << "the first question is asked at the start";
  EXPECT_EQ(world.condition("MetricsAvailable")->message,
            "metric source main: Prometheus does not answer: no answer within 10 s");
  EXPECT_EQ(count_events(world, reason::kMetricsLost), 1);
  const auto at = world.condition("MetricsAvailable")->last_transition_time;

  const auto is_held = [&world] { return world.status().held_reason == "NoData"; };
  ASSERT_TRUE(world.run_until(is_held, 1h)) << world.trace();
  EXPECT_GE(world.now - start, 5min) << "noData.after still decides the phase";
  world.sleep(1h);
  EXPECT_EQ(world.condition("MetricsAvailable")->last_transition_time, at);
  EXPECT_EQ(count_events(world, reason::kMetricsLost), 1) << world.trace();

  world.truth.reachable = true;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kProgressing, 20min)) << world.trace();
  EXPECT_EQ(world.reason_of("MetricsAvailable"), "True/Available");
  EXPECT_EQ(count_events(world, reason::kMetricsBack), 1);
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
}

TEST(Steps, NoDataActionRollbackTakesTheCanaryBack) {
  World world = gateway_world();
  const std::string candidate = start_canary(world, 25);
  world.object.spec.analysis->no_data = api::NoData{5min, api::NoDataAction::kRollback};
  world.truth.reachable = false;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 2h)) << world.trace();
  EXPECT_EQ(world.status().aborted->revision, candidate);
  EXPECT_EQ(world.status().aborted->reason, "NoData");
}

TEST(Steps, RO29AnInconclusiveStepIsHeldOnceAndPromoteLeavesIt) {
  World world = gateway_world();
  world.truth.canary_n = 2;
  const std::string candidate = start_canary(world);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h));
  EXPECT_EQ(world.status().held_reason, "Inconclusive");
  world.sleep(20min);
  ASSERT_EQ(count_events(world, reason::kHeld), 1) << world.trace();

  world.request("p1", "promote", candidate);
  world.settle();

  EXPECT_EQ(world.status().last_request->outcome, "Done");
  EXPECT_EQ(world.status().step->index, 1);
  EXPECT_EQ(world.canary_weight(), 50);
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
}

// The third tick, which completes the samples, is answered after the hold has ended.
TEST(Steps, ST11TheEndOfAHoldAloneHoldsNothing) {
  World world = gateway_world();
  world.truth.canary_n = 40;  // 20 at a tick, 50 are needed
  start_canary(world);
  const auto hold_over = [&world] {
    const auto& step = world.status().step;
    return step && step->hold_until && world.now >= *step->hold_until;
  };
  ASSERT_TRUE(world.run_until(hold_over, 1h)) << world.trace();
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
  EXPECT_NE(world.status().message.find("the answer of its last tick is awaited until "),
            std::string::npos)
      << world.status().message;
  const auto next_step = [&world] {
    return world.status().step && world.status().step->index == 1;
  };
  ASSERT_TRUE(world.run_until(next_step, 5min)) << world.trace();
  EXPECT_EQ(count_events(world, reason::kHeld), 0) << world.trace();
}

TEST(Steps, ST11AHoldIsHeldByTheVerdictOfItsLastTick) {
  World world = gateway_world();
  world.truth.canary_n = 20;  // 30 of 50 after three ticks
  start_canary(world);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h)) << world.trace();
  EXPECT_EQ(world.status().held_reason, "Inconclusive");
  EXPECT_GE(*world.status().analysis->last_tick, *world.status().step->hold_until);
  EXPECT_NE(world.status().message.find("30 of 50 canary requests"), std::string::npos)
      << world.status().message;
  const auto leaves = [&world] { return world.status().step->index == 1; };
  ASSERT_TRUE(world.run_until(leaves, 10min)) << world.trace();
  EXPECT_EQ(count_events(world, reason::kHeld), 1) << world.trace();
}

TEST(Steps, ST11ASourceThatFailsAtTheHoldsEndHoldsNoLongerThanItsTick) {
  World world = gateway_world();
  world.truth.canary_n = 40;
  start_canary(world);
  world.sleep(2min);
  world.truth.reachable = false;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h)) << world.trace();
  EXPECT_LE(world.now, *world.status().step->hold_until + 1min + 15s + 10s);
  EXPECT_EQ(world.reason_of("MetricsAvailable"), "False/QueryFailed");
}

TEST(Steps, RO57PromoteToTheEndIsRecordedAsWithoutEvidence) {
  World world = gateway_world();
  world.truth.canary_n = 2;
  const std::string candidate = start_canary(world);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h));
  world.request("p1", "promote", candidate, R"({"full":"true"})");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 1h)) << world.trace();

  EXPECT_TRUE(world.status().history.front().reason.starts_with("WithoutEvidence, wealth "))
      << world.status().history.front().reason;
  EXPECT_EQ(world.status().history.front().verdict, "Inconclusive");
}

TEST(Steps, RO57PromoteByTimeoutIsRecordedAsWithoutEvidence) {
  World world = gateway_world();
  world.truth.canary_n = 2;
  start_canary(world);
  world.object.spec.analysis->max_duration = 20min;
  world.object.spec.analysis->on_timeout = api::AnalysisTimeout::kPromote;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 1h)) << world.trace();
  EXPECT_TRUE(world.status().history.front().reason.starts_with("WithoutEvidence"));
}

TEST(Steps, MaxDurationHoldsByDefaultAndSaysTimedOut) {
  World world = gateway_world();
  world.truth.canary_n = 2;
  start_canary(world);
  world.object.spec.analysis->max_duration = 20min;
  world.sleep(30min);
  EXPECT_EQ(world.phase(), api::Phase::kHeld);
  EXPECT_EQ(world.status().held_reason, "TimedOut");
  EXPECT_EQ(world.reason_of("AnalysisPassing"), "False/TimedOut");
}

TEST(Steps, RO18AnalysisEndedByAnAbortIsNeverAPass) {
  World world = gateway_world();
  const std::string candidate = start_canary(world, 50);
  world.sleep(2min);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  EXPECT_EQ(world.status().history.front().verdict, "Inconclusive");
  EXPECT_EQ(world.status().analysis->verdict, "Inconclusive");
}

TEST(Steps, RO28NothingIsAskedAfterTheEnd) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.settle();
  const Plan plan = world.decide_once();
  EXPECT_TRUE(plan.probes.empty());
  EXPECT_FALSE(plan.next_at.has_value());
  EXPECT_TRUE(world.status().analysis->state.empty());
}

TEST(Steps, RO37EditedStepsCountFromTheNextStep) {
  World world = gateway_world();
  start_canary(world);
  world.object.spec.strategy->canary->steps[0].weight = 1;
  world.object.spec.strategy->canary->steps[1].weight = 80;
  world.sleep(1min);
  EXPECT_EQ(world.canary_weight(), 25) << "the running step is frozen";
  ASSERT_TRUE(
      world.run_until([&] { return world.status().step && world.status().step->index == 1; }, 1h))
      << world.trace();
  world.settle();
  EXPECT_EQ(world.canary_weight(), 80);
}

TEST(Steps, WithoutAMetricSourceReadinessAndHoldsDecideAndStatusSaysSo) {
  World world = gateway_world();
  world.settings.metric_sources.clear();
  world.settings.default_metric_source.clear();
  start_canary(world);
  EXPECT_EQ(world.reason_of("AnalysisPassing"), "False/Disabled");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 1h)) << world.trace();
  EXPECT_TRUE(world.has_event(reason::kPromotedWithoutAnalysis));
}

// ---- approvals ----

TEST(Steps, PromotionApprovalManualWaitsForApprove) {
  World world = gateway_world();
  const std::string candidate = start_canary(world, 25, kManual);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAwaitingApproval, 2h)) << world.trace();
  EXPECT_EQ(world.reason_of("AwaitingApproval"), "True/AwaitingApproval");
  EXPECT_TRUE(world.has_event(reason::kApprovalRequired));
  world.sleep(3h);
  EXPECT_EQ(world.canary_weight(), 50);
  world.request("p1", "promote", candidate);
  world.settle();
  EXPECT_EQ(world.status().last_request->outcome, "Refused");
  EXPECT_NE(world.status().last_request->message.find("use approve"), std::string::npos);
  world.request("a1", "approve", "0123456789");
  world.settle();
  EXPECT_EQ(world.status().last_request->outcome, "Refused");
  world.request("a2", "approve", candidate);
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 1h)) << world.trace();
  EXPECT_EQ(world.reason_of("AwaitingApproval"), "");
}

TEST(Steps, R260AnApprovalThatTheSpecDropsInFlightStaysRequired) {
  World world = gateway_world();
  const std::string candidate = start_canary(world, 25, kManual);
  world.set_spec(gateway_spec("2"));  // promotion.approval is gone
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAwaitingApproval, 2h)) << world.trace();
  world.request("a1", "approve", candidate);
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 1h));
}

TEST(Steps, AnApprovalStepWaitsAndItsTimeoutAborts) {
  World world = gateway_world();
  start_canary(world);
  world.set_spec(gateway_spec("3"));
  world.object.spec.strategy->canary->steps[0].approval =
      api::StepApproval{1h, api::OnTimeout::kAbort};
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAwaitingApproval, 2h)) << world.trace();
  EXPECT_EQ(world.status().approvals.front().step, "small");
  EXPECT_EQ(*world.status().approvals.front().deadline, world.now + 1h);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 2h)) << world.trace();
  EXPECT_TRUE(world.has_event(reason::kApprovalTimedOut));
  EXPECT_EQ(world.status().aborted->reason, "ApprovalTimedOut");
}

TEST(Steps, R34AnApprovalThatTimesOutHoldsByDefaultAndTellsOnce) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  world.object.spec.strategy->canary->steps[0].approval = api::StepApproval{1h, std::nullopt};
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAwaitingApproval, 2h)) << world.trace();
  world.sleep(5h);
  EXPECT_EQ(world.phase(), api::Phase::kAwaitingApproval);
  EXPECT_EQ(count_events(world, reason::kApprovalTimedOut), 1);
  world.request("a1", "approve", world.target());
  world.settle();
  EXPECT_EQ(world.status().step->index, 1) << "the next step follows";
}

// ---- pause ----

TEST(Steps, R228PausedBlocksEveryStepForward) {
  World world = gateway_world();
  start_canary(world);
  world.request("p1", "pause");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kPaused, 1min));
  EXPECT_EQ(world.status().paused_by->id, "p1");
  EXPECT_EQ(world.reason_of("Paused"), "True/Paused");
  world.sleep(5h);
  EXPECT_EQ(world.canary_weight(), 25);
  world.request("p2", "promote", world.target());
  world.settle();
  EXPECT_EQ(world.status().last_request->outcome, "Refused");
  world.request("p3", "resume");
  world.settle();
  EXPECT_FALSE(world.status().paused_by.has_value());
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
}

TEST(Steps, R228SpecPausedHoldsBackAStart) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2", R"("paused":true)"));
  world.sleep(2h);
  EXPECT_EQ(world.phase(), api::Phase::kIdle);
  EXPECT_EQ(world.reason_of("Reconciling"), "True/Paused");
  world.set_spec(gateway_spec("2"));
  EXPECT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h));
}

TEST(Steps, R228PausedBeforeThePointOfNoReturnRaisesNothing) {
  World world = gateway_world();
  start_canary(world, 50);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kPromoting, 1h));
  world.object.spec.paused = true;
  ++world.object.metadata.generation;
  world.sleep(3h);
  EXPECT_EQ(world.phase(), api::Phase::kPromoting);
  EXPECT_EQ(world.canary_weight(), 50);
  world.object.spec.paused = false;
  EXPECT_TRUE(world.run_until_phase(api::Phase::kBaking, 1h)) << world.trace();
}

// ---- deadlines and pods ----

TEST(Steps, RO33TheDeadlineDoesNotRunWhilePaused) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  world.never_ready.insert(world.target());
  ASSERT_TRUE(world.run_until_phase(api::Phase::kPreparing, 1min));
  world.sleep(20min);
  world.object.spec.paused = true;
  world.sleep(5h);
  EXPECT_EQ(world.phase(), api::Phase::kPreparing);
  world.object.spec.paused = false;
  world.sleep(20min);
  EXPECT_EQ(world.phase(), api::Phase::kPreparing) << "it counts anew from the resumption";
  EXPECT_TRUE(world.run_until_phase(api::Phase::kIdle, 30min)) << world.trace();
  EXPECT_EQ(world.status().aborted->reason, "ProgressDeadlineExceeded");
}

TEST(Steps, RO33TheDeadlineDoesNotRunWhileHeld) {
  World world = gateway_world();
  start_canary(world);
  world.truth.reachable = false;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h));
  world.sleep(5h);
  EXPECT_EQ(world.phase(), api::Phase::kHeld);
}

TEST(Steps, RO34PodsThatBecomeReadyAfterTheFirstDeadlineClearTheCondition) {
  World world(gateway_spec("1"));
  world.route = testing_support::user_route();
  world.never_ready.insert(world.target());
  world.sleep(40min);
  EXPECT_EQ(world.reason_of("Stalled"), "True/ProgressDeadlineExceeded");
  EXPECT_EQ(world.phase(), api::Phase::kInitializing) << "it keeps trying";
  world.never_ready.clear();
  world.settle();
  EXPECT_EQ(world.reason_of("Stalled"), "");
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
}

TEST(Steps, RO35ACrashLoopTakesTheCandidateBackWithoutWaitingForTheDeadline) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  const std::string candidate = world.target();
  world.crashing.insert(candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAborting, 1min)) << world.trace();
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 5min));
  EXPECT_EQ(world.status().aborted->revision, candidate);
  EXPECT_EQ(world.status().aborted->reason, "CrashLoop");
  EXPECT_NE(world.condition("Stalled")->message.find("exit code 137"), std::string::npos);
}

TEST(Steps, RO39AMissingSecretIsWaitedForAndIsNoChange) {
  World world = gateway_world();
  world.set_spec(gateway_spec("2"));
  const std::string candidate = world.target();
  world.never_ready.insert(candidate);
  world.settle();
  for (auto& [name, pod] : world.pods) {
    if (name.find(candidate) == std::string::npos) continue;
    api::ContainerStatus container;
    container.name = "model";
    container.state.waiting_reason = "CreateContainerConfigError";
    pod.status.container_statuses.push_back(container);
  }
  world.turn();
  EXPECT_EQ(world.phase(), api::Phase::kPreparing);
}

TEST(Steps, RO43AnExternalScalerMovesBothArmsAndRestartsNothing) {
  World world = gateway_world();
  const std::string old = world.target();
  const std::string candidate = start_canary(world, 50);
  const auto started = world.status().step->started_at;
  world.object.spec.replicas = 8;
  world.settle();
  EXPECT_EQ(world.wanted(old), 8);
  EXPECT_EQ(world.wanted(candidate), 4);
  EXPECT_EQ(world.phase(), api::Phase::kProgressing) << world.trace();
  EXPECT_EQ(world.canary_weight(), 50);
  EXPECT_EQ(world.status().step->started_at, started);
  world.object.spec.replicas = 4;
  world.settle();
  EXPECT_EQ(world.wanted(candidate), 2);
  EXPECT_EQ(world.phase(), api::Phase::kProgressing) << world.trace();
  EXPECT_EQ(world.status().step->restarts, 0);
}

TEST(Steps, RO44PodsWithoutRoomForTwoMinutesHoldTheRollout) {
  World world = gateway_world();
  world.pods_schedulable = false;
  world.set_spec(gateway_spec("2"));
  world.sleep(119s);
  EXPECT_EQ(world.phase(), api::Phase::kPreparing);
  world.sleep(5s);
  EXPECT_EQ(world.phase(), api::Phase::kHeld) << world.trace();
  EXPECT_EQ(world.status().held_reason, "NoSurgeCapacity");
  EXPECT_EQ(world.reason_of("Stalled"), "True/NoSurgeCapacity");
  EXPECT_EQ(world.reason_of("ModelLoaded"), "False/Unschedulable");
  world.sleep(2h);
  EXPECT_EQ(world.phase(), api::Phase::kHeld);
  world.pods_schedulable = true;
  EXPECT_TRUE(world.run_until_phase(api::Phase::kProgressing, 10min)) << world.trace();
}

TEST(Steps, AD6PodsThatCannotBeCreatedAreSeenWithTheServersWords) {
  World world = gateway_world();
  world.create_failure = "violates PodSecurity restricted: runAsNonRoot";
  world.set_spec(gateway_spec("2"));
  world.settle();
  EXPECT_EQ(world.reason_of("ModelLoaded"), "False/LoadFailed");
  EXPECT_NE(world.condition("ModelLoaded")->message.find("runAsNonRoot"), std::string::npos);
}

TEST(Steps, AD6AnExceededQuotaIsNoSurgeCapacity) {
  World world = gateway_world();
  world.create_failure = "pods is forbidden: exceeded quota: gpu, used: 4, limited: 4";
  world.set_spec(gateway_spec("2"));
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kHeld) << world.trace();
  EXPECT_EQ(world.reason_of("Stalled"), "True/NoSurgeCapacity");
}

}  // namespace
}  // namespace kaizen::core
