// Forward: the moves of a rollout that is well, and the holds between them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/model_deployment.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/time.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence.h"
#include "core/rollout/policies_internal.h"
#include "core/rollout/status_text.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

constexpr size_t kMaxCause = 300;  // so that the next step after it is not what gets cut

Problem held(const Reason& reason, std::string message) {
  return Problem{reason, std::move(message)};
}

// A cause that may be long, and what a person does about it.
Problem held(const Reason& reason, std::string_view cause, std::string_view next_step) {
  return Problem{reason, base::concat({shown(cause, kMaxCause), "; ", next_step})};
}

// RO-44, AD-6: pods that quota or nodes have no room for.
std::optional<Problem> lack_of_room(const Turn& turn) {
  const RevisionFacts& candidate = facts_of(turn.facts, candidate_of(turn.status));
  if (candidate.ready >= wanted_size(turn)) {
    return std::nullopt;
  }
  if (candidate.uncreatable &&
      candidate.uncreatable->message.find("exceeded quota") != std::string::npos) {
    return held(reason::kNoSurgeCapacity, candidate.uncreatable->message,
                "raise the quota, or free some of it");
  }
  if (candidate.unschedulable && candidate.unschedulable_since &&
      turn.now() >= *candidate.unschedulable_since + kUnschedulableLong) {
    return held(reason::kNoSurgeCapacity, candidate.unschedulable->message,
                "free nodes, or lower the pod's resources");
  }
  return std::nullopt;
}

std::optional<Problem> missing_endpoints(const Turn& turn) {
  if (turn.status.held_reason != reason::kEndpointsMissing.name) {
    return std::nullopt;
  }
  const auto& progress = turn.status.progress;
  const int32_t needed = wanted_size(turn);
  const bool ready_again = carrying_pods(turn) >= needed && progress && progress->since &&
                           turn.now() >= *progress->since + kReadyAgain;
  if (ready_again) {
    return std::nullopt;
  }
  return held(reason::kEndpointsMissing,
              base::concat({std::to_string(carrying_pods(turn)), " of ", std::to_string(needed),
                            " candidate pods are ready; the weight rises again after 2 minutes of "
                            "readiness"}));
}

std::optional<Problem> route_trouble(const Turn& turn) {
  if (turn.facts.blocked) {
    return turn.facts.blocked;
  }
  const auto& weight = turn.status.weight;
  if (!weight || !weight->written_at || turn.facts.route.in_force) {
    return std::nullopt;
  }
  const base::Time written_at = *weight->written_at;
  if (turn.now() < written_at + kRoutePatience) {
    return std::nullopt;
  }
  const std::string& why = turn.facts.route.state.accepted_message;
  return held(reason::kRouteNotAccepted,
              base::concat({"weight ", std::to_string(weight->intended), " %, written at ",
                            base::format_time(written_at), ", is not in force after 60 s",
                            why.empty() ? "" : ": ", why, "; look at the status of the route"}));
}

std::optional<Problem> metric_trouble(const Turn& turn) {
  const Evidence& evidence = turn.facts.evidence;
  if (!turn.facts.evidence_read) {
    return std::nullopt;
  }
  if (!evidence.invalid_query.empty()) {
    return held(reason::kInvalidQuery, evidence.invalid_query);
  }
  if (evidence.configured && evidence.metrics_reason == reason::kNotConfigured.name) {
    return held(reason::kNotConfigured, evidence.metrics_message);
  }
  if (evidence.no_data_expired) {
    return held(reason::kNoData, evidence.metrics_message, "it goes on when there is data again");
  }
  return std::nullopt;
}

std::optional<Problem> unmet_requirement(const Turn& turn) {
  if (!hold_is_over(turn) || requirement_is_met(turn) || current_step(turn).approval) {
    return std::nullopt;
  }
  if (turn.facts.evidence.configured) {
    // An answer that may decide is on its way: not enough is known to hold (nor to resume).
    const bool held_already = turn.status.held_reason == reason::kInconclusive.name;
    if (turn.facts.evidence.awaited_until && !held_already) {
      return std::nullopt;
    }
    return held(reason::kInconclusive, turn.facts.evidence.missing,
                base::concat({"it goes on when that is met: send traffic, or request promote with "
                              "target ",
                              candidate_of(turn.status)}));
  }
  return held(reason::kInconclusive,
              "the step requires Evidence but no metric source is known: configure one, or request "
              "promote");
}

std::optional<Problem> timed_out(const Turn& turn) {
  const bool over = turn.facts.evidence.configured && turn.status.sampling_since &&
                    turn.now() >= *turn.status.sampling_since + max_duration_of(turn.spec());
  if (!over || on_timeout_of(turn.spec()) != api::AnalysisTimeout::kHold) {
    return std::nullopt;
  }
  return held(
      reason::kTimedOut,
      base::concat({"analysis.maxDuration ", base::format_duration(max_duration_of(turn.spec())),
                    " has passed without a decision: request promote or abort"}));
}

void note_step_start(Turn& turn) {
  if (!turn.status.sampling_since && intended_weight(turn.status) > 0) {
    turn.status.sampling_since = turn.now();
  }
}

}  // namespace

int32_t wanted_size(const Turn& turn) {
  const int32_t replicas = turn.facts.replicas();
  if (in_phase(turn, api::Phase::kPromoting)) {
    return replicas;
  }
  const size_t index =
      turn.status.step ? static_cast<size_t>(std::max(0, turn.status.step->index)) : 0;
  const int32_t weight =
      std::max(step_weight(turn.status.steps, index), intended_weight(turn.status));
  return std::min(turn.facts.router->candidate_size(replicas, weight), replicas);
}

std::optional<Problem> cause_to_hold(const Turn& turn) {
  if (auto cause = missing_endpoints(turn)) {
    return cause;
  }
  if (auto cause = lack_of_room(turn)) {
    return cause;
  }
  if (!turn.status.step) {
    return std::nullopt;  // Preparing: everything else is no traffic's business
  }
  if (auto cause = route_trouble(turn)) {
    return cause;
  }
  if (auto cause = metric_trouble(turn)) {
    return cause;
  }
  if (auto cause = timed_out(turn)) {
    return cause;
  }
  return unmet_requirement(turn);
}

bool pause(Turn& turn) {
  if (in_phase(turn, api::Phase::kProgressing) && is_paused(turn)) {
    enter_phase(turn, api::Phase::kPaused);
    tell(turn, EventType::kNormal, reason::kPaused, "Pause",
         base::concat({"revision ", candidate_of(turn.status), " stays at ",
                       std::to_string(intended_weight(turn.status)), " % until resumed"}));
    return true;
  }
  if (in_phase(turn, api::Phase::kPaused) && !is_paused(turn)) {
    enter_phase(turn, api::Phase::kProgressing);
    tell(turn, EventType::kNormal, reason::kResumed, "Resume",
         base::concat({"revision ", candidate_of(turn.status), " goes on"}));
    return true;
  }
  return false;
}

bool hold(Turn& turn) {
  const bool may_hold =
      in_phase(turn, api::Phase::kProgressing) || in_phase(turn, api::Phase::kPreparing);
  const bool is_held = in_phase(turn, api::Phase::kHeld);
  if (!may_hold && !is_held) {
    return false;
  }
  const auto cause = cause_to_hold(turn);
  if (cause && may_hold) {
    enter_phase(turn, api::Phase::kHeld);
    turn.status.held_reason = cause->reason.name;
    tell(turn, EventType::kWarning, reason::kHeld, "Hold",
         base::concat({"revision ", candidate_of(turn.status), " stays at ",
                       std::to_string(intended_weight(turn.status)), " %: ", cause->reason, ": ",
                       cause->message}));
    return true;
  }
  if (cause) {
    turn.status.held_reason = cause->reason.name;
    return true;
  }
  if (is_held && !is_paused(turn)) {
    enter_phase(turn, turn.status.step ? api::Phase::kProgressing : api::Phase::kPreparing);
    if (turn.status.progress) {
      turn.status.progress->since = turn.now();  // the deadline did not run (RO-33)
    }
    tell(turn, EventType::kNormal, reason::kResumed, "Resume",
         base::concat({"revision ", candidate_of(turn.status), " goes on"}));
    return true;
  }
  return is_held;
}

bool settle_approval(Turn& turn) {
  if (in_phase(turn, api::Phase::kProgressing)) {
    api::ApprovalStatus* approval = open_approval(turn.status);
    if (approval == nullptr || !hold_is_over(turn)) {
      return false;
    }
    await_approval(turn, *approval);
    return true;
  }
  if (!in_phase(turn, api::Phase::kAwaitingApproval)) {
    return false;
  }
  const api::ApprovalStatus* approval = open_approval(turn.status);
  if (approval == nullptr) {
    if (is_paused(turn) || turn.facts.blocked) {
      return true;
    }
    const api::StepStatus& step = step_of(turn);
    if (step.name == step_name(turn.status.steps, static_cast<size_t>(step.index))) {
      leave_step(turn);
    } else {
      pass_gate(turn);
    }
    return true;
  }
  if (!approval->deadline || turn.now() < *approval->deadline) {
    return true;
  }
  const api::CanaryStep& step = current_step(turn);
  const bool abort = step.approval && step.approval->on_timeout == api::OnTimeout::kAbort;
  const std::string message = base::concat(
      {"nobody approved ", approval->step, " before ", base::format_time(*approval->deadline)});
  if (abort) {
    tell(turn, EventType::kWarning, reason::kApprovalTimedOut, "Approve", message);
    begin_abort(turn, {reason::kApprovalTimedOut, message, true});
  } else if (turn.status.held_reason.empty()) {
    turn.status.held_reason = reason::kApprovalTimedOut.name;
    tell(turn, EventType::kWarning, reason::kApprovalTimedOut, "Approve",
         base::concat({message, ": the rollout goes on waiting"}));
  }
  return true;
}

bool raise_weight(Turn& turn) {
  if (!in_phase(turn, api::Phase::kProgressing) || is_paused(turn) || turn.facts.blocked) {
    return false;
  }
  const int32_t weight = step_weight(turn.status.steps, static_cast<size_t>(step_of(turn).index));
  if (weight <= intended_weight(turn.status)) {
    return false;
  }
  const bool service = turn.facts.router->type == api::RouterType::kService;
  const bool enough = carrying_pods(turn) >= wanted_size(turn);  // RO-12
  if (enough && (!service || only_two_have_pods(turn))) {
    set_weight(turn, weight);
    note_step_start(turn);
  }
  return true;
}

bool take_next_step(Turn& turn) {
  const bool ready = in_phase(turn, api::Phase::kProgressing) && !is_paused(turn) &&
                     !turn.facts.blocked && hold_is_over(turn) && requirement_is_met(turn);
  if (!ready) {
    return in_phase(turn, api::Phase::kProgressing);
  }
  leave_step(turn);
  return true;
}

bool take_first_step(Turn& turn) {
  if (!in_phase(turn, api::Phase::kPreparing)) {
    return false;
  }
  const RevisionFacts& candidate = facts_of(turn.facts, candidate_of(turn.status));
  const int32_t needed = std::max(1, wanted_size(turn));
  const bool reachable = turn.facts.canary.selects == candidate_of(turn.status) &&
                         candidate.canary_endpoints >= needed;
  if (reachable && candidate.ready >= needed && turn.facts.route.zero && !is_paused(turn) &&
      !turn.facts.blocked) {
    enter_step(turn, 0);
  }
  return true;
}

}  // namespace kaizen::core
