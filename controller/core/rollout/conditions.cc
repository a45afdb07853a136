// Conditions: the draft and the facts in the words of section 2's table (kstatus: Reconciling and
// Stalled exist only while true, and never both). Instants and counts, no ages (R2-56).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/policies_internal.h"
#include "core/rollout/snapshot.h"
#include "core/rollout/status_text.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

struct Saying {
  std::string_view status;
  std::string reason;
  std::string message;
};

Saying say(std::string_view status, const Reason& reason, std::string message) {
  return Saying{status, text(reason), std::move(message)};
}

Saying say(const Problem& problem) {
  return Saying{"False", text(problem.reason), problem.message};
}

void set(Turn& turn, std::string_view type, const std::optional<Saying>& saying) {
  auto& conditions = turn.status.conditions;
  const auto it = std::ranges::find(conditions, type, &api::Condition::type);
  if (!saying) {
    if (it != conditions.end()) {
      conditions.erase(it);
    }
    return;
  }
  const bool is_new = it == conditions.end();
  api::Condition& condition = is_new ? conditions.emplace_back() : *it;
  if (is_new || condition.status != saying->status) {
    condition.last_transition_time = turn.now();
  }
  condition.type = type;
  condition.status = saying->status;
  condition.reason = saying->reason;
  condition.message = shown(saying->message);
  condition.observed_generation = turn.facts.object().metadata.generation;
}

std::string count_of(int32_t ready, int32_t wanted) {
  return base::concat({std::to_string(ready), "/", std::to_string(wanted), " ready"});
}

// Why pods of the revision do not come up, as far as the cluster says.
std::optional<Problem> pod_problem(const RevisionFacts& revision) {
  for (const auto& problem : {revision.uncreatable, revision.failing, revision.unschedulable}) {
    if (problem) {
      return problem;
    }
  }
  return std::nullopt;
}

Saying ready_condition(const Turn& turn) {
  if (in_phase(turn, api::Phase::kDeleting)) {
    return say("False", reason::kDeleting, "the object is being deleted");
  }
  if (!turn.status.stable) {
    const RevisionFacts& first = facts_of(turn.facts, candidate_of(turn.status));
    return say(
        "False", reason::kInitializing,
        base::concat({"no revision serves yet: ", count_of(first.ready, turn.facts.replicas())}));
  }
  const int32_t wanted = turn.facts.replicas();
  const RevisionFacts& stable = facts_of(turn.facts, stable_of(turn.status));
  if (wanted == 0) {
    return say("True", reason::kAsleep, "spec.replicas is 0: nobody is served until it is raised");
  }
  const std::string counts =
      base::concat({"revision ", stable_of(turn.status), ": ", count_of(stable.ready, wanted)});
  if (stable.ready >= wanted) {
    return say("True", reason::kStableServing, counts);
  }
  const auto problem = pod_problem(stable);
  return say("False", reason::kNotEnoughReplicas,
             problem ? base::concat({counts, ": ", problem->message}) : counts);
}

// R2-28: the first revision has nothing to go back to, it keeps trying.
std::optional<Problem> late_first_revision(const Turn& turn) {
  const RevisionFacts& first = facts_of(turn.facts, candidate_of(turn.status));
  const int32_t wanted = turn.facts.replicas();
  const auto overdue = overdue_since(turn);
  if (!in_phase(turn, api::Phase::kInitializing) || !overdue || first.ready >= wanted) {
    return std::nullopt;
  }
  return Problem{
      reason::kProgressDeadlineExceeded,
      base::concat({"first revision ", candidate_of(turn.status), ": ",
                    count_of(first.ready, wanted), ", no progress since ",
                    base::format_time(*overdue), "; ModelLoaded says why; kaizen keeps trying"})};
}

std::optional<Problem> aborted_problem(const Turn& turn) {
  const auto& aborted = turn.status.aborted;
  if (!aborted || aborted->revision.empty() || turn.status.rollback_target ||
      aborted->revision != turn.facts.target.spec_revision) {
    return std::nullopt;
  }
  const auto& history = turn.status.history;
  const bool known = !history.empty() && history.front().revision == aborted->revision;
  return Problem{
      reason::kAborted,
      base::concat({"revision ", aborted->revision, " was taken back",
                    known ? ": " + history.front().reason : "", "; stable ", stable_of(turn.status),
                    " serves. Change the spec, or request retry with target ", aborted->revision})};
}

std::optional<Problem> blocked_cleanup(const Turn& turn) {
  const auto& deletion = turn.facts.object().metadata.deletion_timestamp;
  if (!deletion || turn.facts.snapshot->failures.empty() ||
      turn.now() < *deletion + kCleanupPatience) {
    return std::nullopt;
  }
  const WriteFailure& failure = turn.facts.snapshot->failures.front();
  return Problem{reason::kCleanupBlocked,
                 base::concat({"the deletion cannot clean up: ", failure_text(failure),
                               "; remove the obstacle: the finalizer ", kFinalizer,
                               " stays until the write succeeds"})};
}

// What a person must do something about. In phases that go back or forward by themselves only what
// stops their writes counts.
std::optional<Problem> stalled_problem(const Turn& turn) {
  const Assessment& facts = turn.facts;
  if (!facts.snapshot->undecodable.empty()) {
    return Problem{reason::kUndecodableObject,
                   base::concat({facts.snapshot->undecodable,
                                 ": correct the field; what runs is left as it is"})};
  }
  if (auto problem = blocked_cleanup(turn)) {
    return problem;
  }
  if (facts.refused) {
    return facts.refused;
  }
  const bool resting = in_phase(turn, api::Phase::kIdle) || in_phase(turn, api::Phase::kBaking) ||
                       in_phase(turn, api::Phase::kInitializing);
  if (resting && facts.unusable) {
    return facts.unusable;
  }
  const bool held = in_phase(turn, api::Phase::kHeld);
  if ((resting || held) && facts.blocked) {
    return facts.blocked;
  }
  if (held && turn.status.held_reason == reason::kNoSurgeCapacity.name) {
    return cause_to_hold(turn);
  }
  if (held && turn.status.held_reason == reason::kInvalidQuery.name) {
    return Problem{reason::kInvalidQuery, facts.evidence.invalid_query};
  }
  if (auto problem = late_first_revision(turn)) {
    return problem;
  }
  return in_phase(turn, api::Phase::kIdle) ? aborted_problem(turn) : std::nullopt;
}

std::string step_text(const Turn& turn) {
  if (!turn.status.step) {
    return {};
  }
  return base::concat({"step ", std::to_string(turn.status.step->index + 1), " of ",
                       std::to_string(turn.status.steps.size()), " (", turn.status.step->name,
                       "), weight ", std::to_string(intended_weight(turn.status)), " %"});
}

std::string candidate_text(const Turn& turn) {
  const RevisionFacts& candidate = facts_of(turn.facts, candidate_of(turn.status));
  return base::concat(
      {"revision ", candidate_of(turn.status), ": ", count_of(candidate.ready, wanted_size(turn))});
}

// What happens when no more pods become ready.
std::string preparing_text(const Turn& turn) {
  const auto& progress = turn.status.progress;
  if (!progress || !progress->since || is_paused(turn)) {
    return candidate_text(turn);
  }
  return base::concat({candidate_text(turn), "; taken back at ",
                       base::format_time(*progress->since + progress_deadline_of(turn.spec())),
                       " unless more become ready before (spec.progressDeadline)"});
}

std::string progressing_text(const Turn& turn) {
  std::string message = step_text(turn);
  const auto& step = turn.status.step;
  const auto& awaited = turn.facts.evidence.awaited_until;
  if (step && step->hold_until && hold_is_over(turn) && awaited) {
    message += base::concat({", its hold ended at ", base::format_time(*step->hold_until),
                             ", the answer of its last tick is awaited until ",
                             base::format_time(*awaited)});
  } else if (step && step->hold_until) {
    message += base::concat({", holds until ", base::format_time(*step->hold_until)});
  } else {
    message += base::concat({", ", candidate_text(turn)});
  }
  if (!turn.facts.evidence.missing.empty()) {
    message += base::concat({"; ", turn.facts.evidence.missing});
  }
  return message;
}

std::string held_text(const Turn& turn) {
  const auto cause = cause_to_hold(turn);
  return base::concat({step_text(turn), turn.status.step ? ", held: " : "held: ",
                       turn.status.held_reason, cause ? ": " : "", cause ? cause->message : ""});
}

std::string approval_text(const Turn& turn) {
  const std::string name = turn.status.step ? turn.status.step->name : std::string(kFirstApproval);
  std::string message =
      base::concat({"revision ", candidate_of(turn.status), " waits for approval ", name});
  for (const api::ApprovalStatus& approval : turn.status.approvals) {
    if (approval.step == name && approval.deadline) {
      message += base::concat({" until ", base::format_time(*approval.deadline)});
    }
  }
  return message +
         base::concat({": request approve or reject with target ", candidate_of(turn.status)});
}

std::string abort_text(const Turn& turn) {
  return turn.status.abort
             ? base::concat({turn.status.abort->reason, ": ", turn.status.abort->message})
             : std::string();
}

std::string baking_text(const Turn& turn) {
  if (!turn.status.held_reason.empty()) {
    return base::concat(
        {"revision ", stable_of(turn.status), " is held in its bake: ", turn.status.held_reason,
         ": ", turn.facts.evidence.harm_message, "; request rollback, or resume to accept"});
  }
  if (!turn.status.bake_until) {
    return base::concat({"revision ", stable_of(turn.status), " bakes once it serves"});
  }
  return base::concat({"revision ", stable_of(turn.status), " is watched until ",
                       base::format_time(*turn.status.bake_until)});
}

std::string paused_text(const Turn& turn) {
  const auto& by = turn.status.paused_by;
  return by ? base::concat(
                  {"paused by request ", by->id, " of ", by->by, "; request resume to go on"})
            : std::string("spec.paused is true; set it to false to go on");
}

std::optional<Saying> idle_progress(const Turn& turn) {
  const std::string& target = turn.facts.target.revision;
  if (target.empty() || target == stable_of(turn.status) || target == aborted_of(turn.status)) {
    return std::nullopt;
  }
  if (is_paused(turn)) {
    return say("True", reason::kPaused,
               base::concat({"revision ", target, " waits: ", paused_text(turn)}));
  }
  return say("True", reason::kPreparing,
             base::concat({"revision ", target, ": ", turn.facts.dry_run.message}));
}

std::optional<Saying> reconciling_condition(const Turn& turn) {
  if (!turn.status.phase) {
    return std::nullopt;
  }
  switch (*turn.status.phase) {
    case api::Phase::kInitializing:
      return open_approval(turn.status) != nullptr
                 ? say("True", reason::kAwaitingApproval, approval_text(turn))
                 : say("True", reason::kInitializing, candidate_text(turn));
    case api::Phase::kIdle: return idle_progress(turn);
    case api::Phase::kPreparing: return say("True", reason::kPreparing, preparing_text(turn));
    case api::Phase::kProgressing: return say("True", reason::kProgressing, progressing_text(turn));
    case api::Phase::kHeld: return say("True", reason::kHeld, held_text(turn));
    case api::Phase::kPaused:
      return say("True", reason::kPaused, base::concat({step_text(turn), ", ", paused_text(turn)}));
    case api::Phase::kAwaitingApproval:
      return say("True", reason::kAwaitingApproval, approval_text(turn));
    case api::Phase::kPromoting:
      return say("True", reason::kPromoting,
                 turn.status.candidate
                     ? candidate_text(turn)
                     : base::concat({"revision ", stable_of(turn.status), " takes over"}));
    case api::Phase::kBaking: return say("True", reason::kBaking, baking_text(turn));
    case api::Phase::kAborting: return say("True", reason::kAborting, abort_text(turn));
    case api::Phase::kRollingBack: return say("True", reason::kRollingBack, abort_text(turn));
    case api::Phase::kDeleting:
      return say("True", reason::kDeleting, "traffic goes to the stable revision first");
  }
  return std::nullopt;
}

Saying model_loaded(const Turn& turn) {
  const bool trial = turn.status.candidate.has_value();
  const std::string_view revision = trial ? candidate_of(turn.status) : stable_of(turn.status);
  const RevisionFacts& found = facts_of(turn.facts, revision);
  if (const auto problem = pod_problem(found)) {
    return say(*problem);
  }
  const bool going = in_phase(turn, api::Phase::kAborting);
  const int32_t wanted = trial && !going ? found.wanted : turn.facts.replicas();
  const std::string counts =
      base::concat({"revision ", revision, ": ", count_of(found.ready, wanted)});
  const bool loaded = found.workload != nullptr && found.ready >= wanted;
  return loaded ? say("True", reason::kLoaded, counts) : say("False", reason::kLoading, counts);
}

Saying traffic_ready(const Turn& turn) {
  const RouteFacts& route = turn.facts.route;
  const std::string weight =
      base::concat({"weight ", std::to_string(intended_weight(turn.status)), " %"});
  if (route.conflict) {
    return say(*route.conflict);
  }
  if (route.state.problem != RouteProblem::kNone && turn.facts.blocked) {
    return say(*turn.facts.blocked);
  }
  const bool asleep = turn.facts.replicas() == 0;
  if (turn.facts.main.ready == 0 && turn.status.stable && !asleep) {
    return say("False", reason::kEndpointsMissing,
               base::concat({"Service ", turn.facts.name(),
                             " has no ready endpoint, so nobody is served; look at the pods of "
                             "revision ",
                             stable_of(turn.status)}));
  }
  if (turn.status.held_reason == reason::kEndpointsMissing.name) {
    return say("False", reason::kEndpointsMissing, held_text(turn));
  }
  if (turn.status.weight && turn.status.weight->applied_at) {
    return say("True", reason::kWeightObserved,
               base::concat({weight, " in force since ",
                             base::format_time(*turn.status.weight->applied_at)}));
  }
  const auto& written = turn.status.weight ? turn.status.weight->written_at : std::nullopt;
  if (written && turn.now() >= *written + kRoutePatience && !route.state.accepted_message.empty()) {
    return say("False", reason::kRouteNotAccepted,
               base::concat({route.state.accepted_message, "; look at the status of the route"}));
  }
  return say("False", reason::kWeightPending,
             written ? base::concat({weight, ", decided at ", base::format_time(*written),
                                     ", is not in force yet"})
                     : base::concat({weight, " is not in force yet"}));
}

std::optional<Saying> metrics_available(const Turn& turn) {
  const Evidence& evidence = turn.facts.evidence;
  if (!turn.facts.evidence_read || evidence.metrics_reason.empty()) {
    return std::nullopt;
  }
  const bool available = evidence.metrics_reason == reason::kAvailable.name;
  return Saying{available ? "True" : "False", evidence.metrics_reason, evidence.metrics_message};
}

Saying analysis_passing(const Turn& turn) {
  const Evidence& evidence = turn.facts.evidence;
  if (!evidence.configured) {
    return say("False", reason::kDisabled,
               "no metric source is known, so only readiness and holds are judged; name one in "
               "spec.analysis.prometheus.source, or a default in the operator's configuration");
  }
  if (evidence.hard_limit) {
    return say("False", reason::kHardLimit, evidence.harm_message);
  }
  if (evidence.harm || evidence.bake_harm) {
    return say("False", reason::kHarm, evidence.harm_message);
  }
  if (turn.status.held_reason == reason::kTimedOut.name) {
    return say("False", reason::kTimedOut, held_text(turn));
  }
  if (evidence.no_data_expired) {
    return say("False", reason::kNoData, evidence.metrics_message);
  }
  if (evidence.evidence) {
    return say("True", reason::kEvidence, "the canary is shown to do no harm");
  }
  if (evidence.no_harm) {
    return say("True", reason::kNoHarm, "no harm seen with enough samples");
  }
  return say("Unknown", reason::kCollecting,
             evidence.missing.empty() ? "samples are being taken" : evidence.missing);
}

// Kept after the rollout: it is the answer to "why was it taken back".
void set_analysis_passing(Turn& turn) {
  const bool judged = in_phase(turn, api::Phase::kPreparing) || is_canary_phase(turn.status) ||
                      in_phase(turn, api::Phase::kBaking);
  const bool ended_now =
      turn.facts.evidence_read &&
      (turn.facts.evidence.harm || turn.facts.evidence.hard_limit || turn.facts.evidence.bake_harm);
  if (judged || ended_now) {
    set(turn, condition::kAnalysisPassing, analysis_passing(turn));
  }
}

std::optional<Saying> rolled_back(const Turn& turn) {
  const auto& aborted = turn.status.aborted;
  const bool marked = aborted && !aborted->revision.empty();
  if (!marked || !in_phase(turn, api::Phase::kIdle)) {
    return std::nullopt;
  }
  const int32_t attempts = aborted->attempts;
  return Saying{"True", aborted->reason.empty() ? text(reason::kAborted) : aborted->reason,
                base::concat({"revision ", aborted->revision, " was taken back",
                              attempts > 1 ? base::concat({" ", std::to_string(attempts), " times"})
                                           : std::string(),
                              "; it does not run again by itself: change the spec, or request "
                              "retry with target ",
                              aborted->revision})};
}

// MetricsLost and MetricsBack tell of the change, once.
void tell_of_metrics(Turn& turn, const std::optional<Saying>& now) {
  const auto& before = turn.facts.before().conditions;
  const auto it = std::ranges::find(before, condition::kMetricsAvailable, &api::Condition::type);
  const bool was_lost = it != before.end() && it->status == "False";
  if (!now || was_lost == (now->status == "False")) {
    return;
  }
  const bool back = now->status == "True";
  tell(turn, back ? EventType::kNormal : EventType::kWarning,
       back ? reason::kMetricsBack : reason::kMetricsLost, "Analyze",
       base::concat({now->reason, ": ", now->message}));
}

// Between two ticks nothing new is known: what the last one said stands. After the rollout nobody
// asks any more, so nothing is claimed.
void set_metrics_available(Turn& turn) {
  const auto metrics = metrics_available(turn);
  tell_of_metrics(turn, metrics);
  if (metrics || !turn.facts.evidence_read) {
    set(turn, condition::kMetricsAvailable, metrics);
  }
}

void set_present_while_true(Turn& turn) {
  std::optional<Saying> approval;
  std::optional<Saying> paused;
  std::optional<Saying> inconclusive;
  const bool first_waits =
      in_phase(turn, api::Phase::kInitializing) && open_approval(turn.status) != nullptr;
  if (in_phase(turn, api::Phase::kAwaitingApproval) || first_waits) {
    approval = say("True", reason::kAwaitingApproval, approval_text(turn));
  }
  if (is_paused(turn)) {
    paused = say("True", reason::kPaused, paused_text(turn));
  }
  if (in_phase(turn, api::Phase::kHeld)) {
    inconclusive = Saying{"True", turn.status.held_reason, held_text(turn)};
  }
  set(turn, condition::kAwaitingApproval, approval);
  set(turn, condition::kPaused, paused);
  set(turn, condition::kInconclusive, inconclusive);
  set(turn, condition::kRolledBack, rolled_back(turn));
}

}  // namespace

void describe_state(Turn& turn) {
  const auto stalled = stalled_problem(turn);
  const auto reconciling = reconciling_condition(turn);
  if (turn.facts.snapshot->undecodable.empty()) {
    set(turn, condition::kReady, ready_condition(turn));
    if (turn.status.stable || turn.status.candidate) {
      set(turn, condition::kModelLoaded, model_loaded(turn));
      set(turn, condition::kTrafficReady, traffic_ready(turn));
    }
    set_metrics_available(turn);
    set_analysis_passing(turn);
    set_present_while_true(turn);
  }
  std::optional<Saying> stalled_saying;
  if (stalled) {
    stalled_saying = Saying{"True", text(stalled->reason), stalled->message};
  }
  set(turn, condition::kStalled, stalled_saying);
  set(turn, condition::kReconciling, stalled ? std::nullopt : reconciling);
  const std::string message = stalled       ? stalled->message
                              : reconciling ? reconciling->message
                                            : ready_condition(turn).message;
  turn.status.message = shown(message);
  turn.status.next_at = next_look(turn);
  fit_status(turn.status);
}

}  // namespace kaizen::core
