// Taking a canary back: by request, by harm, by a newer spec.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "base/time.h"
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

// The weight of the route is 0 after the one decision that saw the request.
void expect_taken_back_at_once(World& world, const std::string& candidate) {
  world.request("r1", "abort", candidate);
  world.turn();
  EXPECT_EQ(world.phase(), api::Phase::kAborting) << world.trace();
  EXPECT_EQ(world.canary_weight(), 0) << world.trace();
  EXPECT_EQ(world.status().weight->intended, 0);
  EXPECT_EQ(world.status().last_request->outcome, "Done");
}

TEST(Abort, RO1TakesTheWeightAwayInTheSameReconcileWhileProgressing) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  ASSERT_EQ(world.canary_weight(), 25);
  expect_taken_back_at_once(world, candidate);
}

TEST(Abort, RO1TakesTheWeightAwayInTheSameReconcileWhilePaused) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("p1", "pause");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kPaused, 1min));
  expect_taken_back_at_once(world, candidate);
}

TEST(Abort, RO1TakesTheWeightAwayInTheSameReconcileWhileHeld) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.truth.reachable = false;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h));
  expect_taken_back_at_once(world, candidate);
}

TEST(Abort, RO1TakesTheWeightAwayInTheSameReconcileWhileAwaitingApproval) {
  World world = gateway_world();
  const std::string more = R"("promotion":{"approval":"Manual"})";
  const std::string candidate = start_canary(world, 25, more);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAwaitingApproval, 1h)) << world.trace();
  expect_taken_back_at_once(world, candidate);
}

TEST(Abort, RO1TakesTheWeightAwayBeforeThePointOfNoReturn) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  ASSERT_TRUE(world.run_until(
      [&] { return world.phase() == api::Phase::kPromoting && world.canary_weight() == 100; }, 1h));
  ASSERT_TRUE(world.status().candidate.has_value());
  expect_taken_back_at_once(world, candidate);
}

TEST(Abort, RO2HarmBeatsAPromoteOfTheSameReconcileWhichIsRecordedAsHandled) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.crashing.insert(candidate);
  world.move();
  world.move();
  world.request("p1", "promote", candidate);
  world.turn();

  EXPECT_EQ(world.phase(), api::Phase::kAborting) << world.trace();
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_EQ(world.status().handled_requests.front(), "p1");
  EXPECT_EQ(world.status().last_request->outcome, "Refused");
}

TEST(Abort, RO3WithoutACandidateNothingScalesAndTheRequestIsRefused) {
  World world = gateway_world();
  world.log.clear();
  world.request("r1", "abort");
  world.settle();

  EXPECT_EQ(world.status().last_request->outcome, "Refused");
  EXPECT_TRUE(world.has_event(reason::kStaleRequest));
  EXPECT_TRUE(world.log.empty()) << world.trace();
  EXPECT_EQ(world.wanted(world.target()), 3);
}

TEST(Abort, RO4ActsAtTheSameSpeedWhilePrometheusIsDown) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.truth.reachable = false;
  world.restart();
  expect_taken_back_at_once(world, candidate);
}

TEST(Abort, RO5TheSameManifestAgainStaysAbortedUntilRetry) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.set_spec(gateway_spec("2"));  // GitOps applies it again
  world.sleep(1h);
  ASSERT_EQ(world.phase(), api::Phase::kIdle);
  EXPECT_EQ(world.reason_of("Stalled"), "True/Aborted");
  EXPECT_EQ(world.reason_of("RolledBack"), "True/Aborted");

  world.request("r2", "retry", candidate);

  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, candidate);
  EXPECT_EQ(world.reason_of("Stalled"), "");
}

TEST(Abort, RO5RevertAndReapplyIsARetry) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.set_spec(gateway_spec("1"));
  world.settle();
  EXPECT_FALSE(world.status().aborted.has_value());
  EXPECT_EQ(world.reason_of("Stalled"), "");

  world.set_spec(gateway_spec("2"));

  EXPECT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h)) << world.trace();
}

TEST(Abort, RO5CountsTheAttempts) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  EXPECT_EQ(world.status().aborted->attempts, 1);
  world.request("r2", "retry", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h));
  world.request("r3", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  EXPECT_EQ(world.status().aborted->attempts, 2);
}

TEST(Abort, RO6AnotherRevisionAfterAnAbortStartsWithNothingOfTheOld) {
  World world = gateway_world();
  start_canary(world);
  world.truth.canary_bad = 400;
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.truth.canary_bad = 0;
  const base::Time aborted_at = world.now;

  world.set_spec(gateway_spec("3"));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h)) << world.trace();

  EXPECT_FALSE(world.status().aborted.has_value());
  EXPECT_GE(*world.status().started_at, aborted_at);
  EXPECT_GE(*world.status().progress->since, aborted_at);
  EXPECT_NE(world.status().analysis->verdict, "Fail");
  EXPECT_EQ(world.reason_of("Stalled"), "");
}

TEST(Abort, RO7APromoteLeftFromAnAbortedAttemptIsNotHonouredAfterRetry) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("p1", "promote", candidate);
  world.settle();
  ASSERT_EQ(world.status().step->index, 1);
  world.request("r1", "abort", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  world.request("r2", "retry", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kProgressing, 1h));

  world.request("p1", "promote", candidate);  // restored by Git
  world.settle();

  EXPECT_EQ(world.status().step->index, 0);
  EXPECT_EQ(world.status().last_request->id, "r2");
}

TEST(Abort, RO8EndsAtWeightZeroWhateverReplicasSay) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("r1", "abort", candidate);
  world.turn();
  world.object.spec.replicas = 9;  // an external scaler
  world.sleep(30min);

  EXPECT_EQ(world.phase(), api::Phase::kIdle);
  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_EQ(world.wanted(candidate), 0);
  EXPECT_EQ(world.wanted(world.status().stable->revision), 9);
}

TEST(Abort, RO9TheCandidateIsScaledDownOnlyAfterZeroIsSeenAndDrained) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.gateway_accepts = false;
  world.request("r1", "abort", candidate);
  world.settle();
  const int32_t size = world.wanted(candidate);
  ASSERT_GT(size, 0);
  world.sleep(50s);
  EXPECT_EQ(world.wanted(candidate), size) << "weight 0 is written, not seen";

  world.gateway_accepts = true;
  world.settle();
  const base::Time seen = *world.status().abort->zero_at;
  EXPECT_EQ(world.wanted(candidate), size) << "requests in flight";
  ASSERT_TRUE(world.run_until([&] { return world.wanted(candidate) == 0; }, 10min));
  EXPECT_GE(world.now - seen, 30s);
}

// MD section 5, Abort, line 4: the pod itself says how long its requests may take to end.
base::Duration drain_with(const std::string& grace) {
  const std::string more =
      grace.empty() ? "" : R"("template":{"spec":{"terminationGracePeriodSeconds":)" + grace + "}}";
  World world = gateway_world();
  const std::string candidate = start_canary(world, 25, more);
  world.request("r1", "abort", candidate);
  const auto gone = [&] { return world.wanted(candidate) == 0; };
  EXPECT_TRUE(world.run_until(gone, 10min)) << world.trace();
  return world.now - *world.status().abort->zero_at;
}

TEST(Abort, RO9TheDrainIsThePodsOwnGraceAndAtMostAMinute) {
  EXPECT_EQ(drain_with("45"), 45s) << "what the runtime renders (AD-4)";
  EXPECT_EQ(drain_with(""), 30s) << "Kubernetes's own default";
  EXPECT_EQ(drain_with("3600"), 60s);
  EXPECT_EQ(drain_with("0"), 0s);
  EXPECT_EQ(drain_with("-5"), 0s);
}

TEST(Abort, RO9ARollBackDrainsTheBadRevisionAsLongAsItsPodsAsk) {
  World world = gateway_world();
  start_canary(world, 25, R"("template":{"spec":{"terminationGracePeriodSeconds":50}})");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kBaking, 2h)) << world.trace();
  const std::string bad = world.status().stable->revision;
  world.request("r1", "rollback", world.status().previous->revision);
  const auto gone = [&] { return world.wanted(bad) == 0; };
  ASSERT_TRUE(world.run_until(gone, 1h)) << world.trace();
  EXPECT_EQ(world.now - *world.status().abort->zero_at, 50s);
}

TEST(Abort, RO9AnAbortDoesNotDependOnALiveGateway) {
  World world = gateway_world();
  const std::string old = world.target();
  const std::string candidate = start_canary(world);
  world.gateway_accepts = false;
  world.request("r1", "abort", candidate);

  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 10min)) << world.trace();

  EXPECT_EQ(world.selects("ranker-canary"), old) << "what the gateway still sends reaches stable";
  EXPECT_EQ(world.wanted(candidate), 0);
}

TEST(Abort, RO10NothingAddsPodsToAnAbortedRevision) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  const int32_t size = world.wanted(candidate);
  world.gateway_accepts = false;
  world.request("r1", "abort", candidate);
  world.turn();
  world.object.spec.replicas = 12;
  world.settle();
  EXPECT_EQ(world.wanted(candidate), size);
  world.gateway_accepts = true;
  world.sleep(30min);
  EXPECT_EQ(world.wanted(candidate), 0);
}

TEST(Abort, RO17BackToStableIsSupersededAndMayBeAppliedAgain) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.set_spec(gateway_spec("1"));
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 10min)) << world.trace();

  EXPECT_EQ(world.status().history.front().outcome, "Superseded");
  EXPECT_FALSE(world.status().aborted.has_value());
  EXPECT_EQ(world.reason_of("Stalled"), "");
  world.set_spec(gateway_spec("2"));
  EXPECT_TRUE(world.run_until_phase(api::Phase::kProgressing, 10min));
  EXPECT_EQ(world.status().candidate->revision, candidate);
}

TEST(Abort, MD6ATargetEqualToStableMeansGoBackWithoutAMark) {
  World world = gateway_world();
  start_canary(world);
  world.set_spec(gateway_spec("1"));
  world.turn();

  EXPECT_EQ(world.phase(), api::Phase::kAborting);
  EXPECT_EQ(world.status().abort->reason, "Superseded");
  EXPECT_FALSE(world.status().abort->mark);
  EXPECT_EQ(world.canary_weight(), 0);
}

TEST(Abort, RO16ANewRevisionInMidRolloutBeginsAtTheFirstStep) {
  World world = gateway_world();
  start_canary(world, 50);
  ASSERT_EQ(world.status().step->index, 1);
  world.set_spec(gateway_spec("3"));
  const std::string third = world.target();
  ASSERT_TRUE(world.run_until(
      [&] {
        return world.status().candidate && world.status().candidate->revision == third &&
               world.status().step;
      },
      1h))
      << world.trace();

  EXPECT_EQ(world.status().step->index, 0);
  EXPECT_EQ(world.status().history.front().outcome, "Superseded");
  EXPECT_FALSE(world.status().sampling_since &&
               *world.status().sampling_since < *world.status().started_at);
}

TEST(Abort, RO26HarmFoundWhilePausedTakesTheCanaryBack) {
  World world = gateway_world();
  const std::string candidate = start_canary(world);
  world.request("p1", "pause");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kPaused, 1min));
  world.truth.canary_bad = 400;

  ASSERT_TRUE(world.run_until_phase(api::Phase::kAborting, 1h)) << world.trace();

  EXPECT_EQ(world.canary_weight(), 0);
  EXPECT_TRUE(world.has_event(reason::kHarmDetected) ||
              world.has_event(reason::kHardLimitExceeded));
  EXPECT_EQ(world.status().candidate->revision, candidate);
}

TEST(Abort, RO26HarmFoundWhileAwaitingApprovalTakesTheCanaryBack) {
  World world = gateway_world();
  start_canary(world, 25, R"("promotion":{"approval":"Manual"})");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAwaitingApproval, 1h));
  world.truth.canary_bad = 400;
  EXPECT_TRUE(world.run_until_phase(api::Phase::kAborting, 1h)) << world.trace();
}

TEST(Abort, RO26HarmFoundWhileHeldTakesTheCanaryBack) {
  World world = gateway_world();
  world.truth.canary_n = 8;  // too few samples for NoHarm
  start_canary(world);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kHeld, 1h)) << world.trace();
  EXPECT_EQ(world.status().held_reason, "Inconclusive");
  world.truth.canary_n = 600;
  world.truth.canary_bad = 400;
  EXPECT_TRUE(world.run_until_phase(api::Phase::kAborting, 1h)) << world.trace();
}

TEST(Abort, RejectMarksTheRevisionAsAborted) {
  World world = gateway_world();
  const std::string candidate = start_canary(world, 25, R"("promotion":{"approval":"Manual"})");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kAwaitingApproval, 1h));
  world.request("r1", "reject", candidate);
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h));
  EXPECT_EQ(world.status().aborted->revision, candidate);
  EXPECT_EQ(world.status().aborted->reason, "Rejected");
}

TEST(Abort, AnAbortOfAnotherRevisionIsRefused) {
  World world = gateway_world();
  start_canary(world);
  world.request("r1", "abort", "0123456789");
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kProgressing);
  EXPECT_EQ(world.status().last_request->outcome, "Refused");
  EXPECT_TRUE(world.has_event(reason::kStaleRequest));
}

TEST(Abort, AfterThePointOfNoReturnThePromotionEndsAndIsThenRolledBack) {
  World world = gateway_world();
  const std::string old = world.target();
  const std::string candidate = start_canary(world);
  ASSERT_TRUE(world.run_until(
      [&] { return world.phase() == api::Phase::kPromoting && !world.status().candidate; }, 1h));
  world.request("r1", "abort", candidate);
  world.turn();
  EXPECT_EQ(world.status().last_request->outcome, "Accepted");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kRollingBack, 1h)) << world.trace();
  EXPECT_EQ(world.status().last_request->outcome, "Done");
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 1h)) << world.trace();
  EXPECT_EQ(world.status().stable->revision, old);
  EXPECT_EQ(world.status().aborted->revision, candidate);
}

TEST(Abort, RouterServiceTakesBackWithOneSelector) {
  World world = service_world();
  const std::string old = world.target();
  const std::string candidate = start_canary(world);
  ASSERT_EQ(world.selects("ranker"), "both");
  world.request("r1", "abort", candidate);
  world.turn();
  EXPECT_EQ(world.selects("ranker"), old);
}

TEST(Abort, R23ASpecThatCannotBeCarriedOutTakesTheCanaryBackWithoutAMark) {
  World world = gateway_world();
  start_canary(world);
  world.object.spec.image = "broken";
  world.object.spec.model->version = "9";
  ASSERT_TRUE(world.run_until_phase(api::Phase::kIdle, 10min)) << world.trace();
  world.settle();
  EXPECT_FALSE(world.status().aborted.has_value());
  EXPECT_EQ(world.status().history.front().outcome, "Superseded");
  EXPECT_EQ(world.reason_of("Stalled"), "True/InvalidSpec");
  EXPECT_EQ(world.reason_of("Ready"), "True/StableServing");
}

}  // namespace
}  // namespace kaizen::core
