// Dangers: what ends a rollout, or bends it, before anything may go forward.
#include <cstdint>
#include <string>

#include "api/model_deployment.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/time.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/policies_internal.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

bool has_way_back(const Turn& turn) {
  return !previous_of(turn.status).empty() &&
         facts_of(turn.facts, previous_of(turn.status)).stored != nullptr;
}

std::string replicas_text(const Turn& turn) {
  const RevisionFacts& candidate = facts_of(turn.facts, candidate_of(turn.status));
  return base::concat(
      {std::to_string(candidate.ready), " of ", std::to_string(wanted_size(turn)), " pods ready"});
}

// Largest weight up to `limit` that so many pods can carry (RO-15).
int32_t carried_weight(const Turn& turn, int32_t pods, int32_t limit) {
  int32_t weight = pods > 0 ? limit : 0;
  while (weight > 0 && turn.facts.router->candidate_size(turn.facts.replicas(), weight) > pods) {
    --weight;
  }
  return weight;
}

void hold_bake(Turn& turn, const Reason& reason) {
  turn.status.held_reason = reason.name;
  turn.status.bake_until.reset();
  tell(turn, EventType::kWarning, reason::kHarmDetected, "Bake",
       base::concat({"revision ", stable_of(turn.status), ": ", turn.facts.evidence.harm_message,
                     "; bake.onFailure is Hold: request rollback, or resume to accept"}));
}

}  // namespace

bool abort_on_harm(Turn& turn) {
  const Evidence& evidence = turn.facts.evidence;
  if (!is_canary_phase(turn.status) || (!evidence.harm && !evidence.hard_limit)) {
    return false;
  }
  const Reason& event = evidence.hard_limit ? reason::kHardLimitExceeded : reason::kHarmDetected;
  tell(turn, EventType::kWarning, event, "Analyze", evidence.harm_message);
  begin_abort(turn, {evidence.hard_limit ? reason::kHardLimit : reason::kHarm,
                     evidence.harm_message, true});
  return true;
}

bool abort_on_pod_failure(Turn& turn) {
  if (!before_no_return(turn)) {
    return false;
  }
  const auto& failing = facts_of(turn.facts, candidate_of(turn.status)).failing;
  if (!failing) {
    return false;
  }
  begin_abort(turn, {failing->reason, failing->message, true});
  return true;
}

bool judge_bake(Turn& turn) {
  if (!in_phase(turn, api::Phase::kBaking)) {
    return false;
  }
  const Evidence& evidence = turn.facts.evidence;
  const auto& failing = facts_of(turn.facts, stable_of(turn.status)).failing;
  if (failing && has_way_back(turn)) {
    begin_rollback(turn, std::string(previous_of(turn.status)),
                   {failing->reason, failing->message, true});
    return true;
  }
  const bool harm = evidence.bake_harm || evidence.harm;
  const bool back =
      evidence.hard_limit || (harm && bake_failure_of(turn.spec()) == api::BakeFailure::kRollback);
  if (back && has_way_back(turn)) {
    tell(turn, EventType::kWarning,
         evidence.hard_limit ? reason::kHardLimitExceeded : reason::kHarmDetected, "Analyze",
         evidence.harm_message);
    begin_rollback(
        turn, std::string(previous_of(turn.status)),
        {evidence.hard_limit ? reason::kHardLimit : reason::kHarm, evidence.harm_message, true});
    return true;
  }
  if ((harm || back) && turn.status.held_reason.empty()) {
    hold_bake(turn, evidence.hard_limit ? reason::kHardLimit : reason::kHarm);
    return true;
  }
  return false;
}

bool drop_unusable(Turn& turn) {
  if (!turn.facts.unusable) {
    return false;
  }
  if (before_no_return(turn)) {
    begin_abort(
        turn,
        {reason::kSuperseded,
         base::concat({"the spec cannot be carried out any more: ", turn.facts.unusable->message}),
         false});
    return true;
  }
  // What is under way is finished; nothing new begins.
  return in_phase(turn, api::Phase::kIdle) || in_phase(turn, api::Phase::kInitializing);
}

bool supersede(Turn& turn) {
  const std::string& target = turn.facts.target.revision;
  if (target.empty()) {
    return false;
  }
  if (before_no_return(turn) && target != candidate_of(turn.status)) {
    const bool back = target == stable_of(turn.status);
    begin_abort(turn,
                {reason::kSuperseded,
                 base::concat({"the spec asks for ", back ? "the stable revision " : "revision ",
                               target, back ? " again" : ""}),
                 false});
    return true;
  }
  if (in_phase(turn, api::Phase::kBaking) && target != stable_of(turn.status)) {
    finish_bake(turn, true);
    if (may_start(turn)) {
      start_rollout(turn);
    }
    return true;
  }
  return false;
}

bool follow_endpoints(Turn& turn) {
  const int32_t intended = intended_weight(turn.status);
  const auto& progress = turn.status.progress;
  if (!is_canary_phase(turn.status) || intended == 0 || !progress) {
    return false;
  }
  const int32_t pods = carrying_pods(turn);
  if (pods >= progress->ready) {
    return false;  // nothing was lost; more may be asked for than before (RO-43)
  }
  const int32_t carried = carried_weight(turn, pods, intended);
  if (carried >= intended || !main_can_serve(turn.facts)) {
    return false;
  }
  set_weight(turn, carried);
  api::ProgressStatus again;
  again.ready = pods;
  again.since = turn.now();
  turn.status.progress = again;
  if (turn.status.step) {
    ++turn.status.step->restarts;
    turn.status.step->hold_until.reset();
  }
  enter_phase(turn, api::Phase::kHeld);
  turn.status.held_reason = reason::kEndpointsMissing.name;
  tell(turn, EventType::kWarning, reason::kHeld, "Hold",
       base::concat({"revision ", candidate_of(turn.status), " has ", std::to_string(pods),
                     " ready pods left: weight falls from ", std::to_string(intended), " % to ",
                     std::to_string(carried), " % until they are ready again for 2 minutes"}));
  return true;
}

bool abort_on_deadline(Turn& turn) {
  const bool waits_for_pods =
      in_phase(turn, api::Phase::kPreparing) ||
      (in_phase(turn, api::Phase::kPromoting) && turn.status.candidate) ||
      (in_phase(turn, api::Phase::kProgressing) && carrying_pods(turn) < wanted_size(turn));
  const auto overdue = overdue_since(turn);
  const bool asleep = turn.facts.replicas() == 0;
  if (!waits_for_pods || asleep || is_paused(turn) || !overdue) {
    return false;
  }
  begin_abort(
      turn,
      {reason::kProgressDeadlineExceeded,
       base::concat({replicas_text(turn), ", no progress since ", base::format_time(*overdue)}),
       true});
  return true;
}

bool abort_on_no_data(Turn& turn) {
  if (!is_canary_phase(turn.status) || !turn.facts.evidence.no_data_expired ||
      no_data_action_of(turn.spec()) != api::NoDataAction::kRollback) {
    return false;
  }
  begin_abort(turn, {reason::kNoData, turn.facts.evidence.metrics_message, true});
  return true;
}

bool time_out(Turn& turn) {
  const bool sampling = in_phase(turn, api::Phase::kProgressing) ||
                        (in_phase(turn, api::Phase::kHeld) && turn.status.step);
  if (!sampling || !turn.facts.evidence.configured || !turn.status.sampling_since ||
      turn.now() < *turn.status.sampling_since + max_duration_of(turn.spec())) {
    return false;
  }
  const std::string message =
      base::concat({"analysis.maxDuration ", base::format_duration(max_duration_of(turn.spec())),
                    " since ", base::format_time(*turn.status.sampling_since), " has passed"});
  switch (on_timeout_of(turn.spec())) {
    case api::AnalysisTimeout::kRollback:
      begin_abort(turn, {reason::kTimedOut, message, true});
      return true;
    case api::AnalysisTimeout::kPromote:
      if (is_paused(turn) || turn.facts.blocked) {
        return false;
      }
      pass_gate(turn);
      turn.status.held_reason = reason::kWithoutEvidence.name;
      return true;
    case api::AnalysisTimeout::kHold: return false;  // cause_to_hold says it
  }
  return false;
}

}  // namespace kaizen::core
