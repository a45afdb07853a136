// Beginnings and ends of a rollout, each one status write: start, abort, roll back, the point of no
// return, bake.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/text.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence.h"
#include "core/rollout/status_text.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

void close(Turn& turn) {
  if (turn.status.analysis) {
    const bool sampled = turn.status.analysis->last_data.has_value();
    close_analysis(*turn.status.analysis, sampled ? "Inconclusive" : "Skipped");
  }
}

// What belongs to one rollout and to no other (RO-6, RO-16).
void forget_rollout(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  status.candidate.reset();
  status.abort.reset();
  status.steps.clear();
  status.step.reset();
  status.approvals.clear();
  status.progress.reset();
  status.started_at.reset();
  status.sampling_since.reset();
  status.bake_until.reset();
  status.route_edits.reset();
  status.held_reason.clear();
}

void mark_aborted(Turn& turn, std::string_view revision, std::string_view reason) {
  const int32_t attempts = turn.status.aborted ? turn.status.aborted->attempts : 0;
  const bool again = aborted_of(turn.status) == revision || aborted_of(turn.status).empty();
  api::AbortedStatus aborted;
  aborted.revision = revision;
  aborted.reason = reason;
  aborted.at = turn.now();
  aborted.attempts = (again ? attempts : 0) + 1;
  turn.status.aborted = std::move(aborted);
}

void freeze_steps(Turn& turn) {
  const auto& strategy = turn.spec().strategy;
  turn.status.steps = strategy && strategy->canary && !strategy->canary->steps.empty()
                          ? strategy->canary->steps
                          : turn.facts.router->default_steps(turn.facts.replicas());
}

// R2-60: what must be approved is known from the start.
void list_approvals(Turn& turn, const std::string& revision) {
  turn.status.approvals.clear();
  const auto add = [&turn, &revision](std::string step) {
    api::ApprovalStatus approval;
    approval.step = std::move(step);
    approval.revision = revision;
    turn.status.approvals.push_back(std::move(approval));
  };
  for (size_t i = 0; i < turn.status.steps.size(); ++i) {
    if (turn.status.steps[i].approval) {
      add(step_name(turn.status.steps, i));
    }
  }
  if (promotion_is_manual(turn.spec())) {
    add(std::string(kPromotionApproval));
  }
}

// RO-40: nobody is served, so nothing can be judged and nothing can be harmed.
void swap_asleep(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  const std::string old(stable_of(status));
  status.stable = describe_revision(turn.facts, turn.facts.target.revision);
  status.stable->promoted_at = turn.now();
  api::PreviousStatus previous;
  previous.revision = old;
  status.previous = std::move(previous);
  api::AnalysisStatus analysis;
  analysis.verdict = "Skipped";
  status.analysis = std::move(analysis);
  status.started_at = turn.now();
  add_history(turn, status.stable->revision, reason::kPromoted, reason::kPromotedWhileAsleep);
  tell(turn, EventType::kNormal, reason::kPromotedWhileAsleep, "Promote",
       base::concat({"revision ", status.stable->revision, " replaces ", old,
                     " while spec.replicas is 0: no canary, bake starts when it wakes up"}));
  enter_phase(turn, api::Phase::kBaking);
}

// "25 %, 50 %", and that they are the router's where the spec names none (R2-7).
std::string plan_text(const Turn& turn) {
  std::vector<std::string> weights;
  weights.reserve(turn.status.steps.size());
  for (size_t i = 0; i < turn.status.steps.size(); ++i) {
    weights.push_back(std::to_string(step_weight(turn.status.steps, i)) + " %");
  }
  const auto& strategy = turn.spec().strategy;
  const bool chosen = strategy && strategy->canary && !strategy->canary->steps.empty();
  return base::concat({base::join(weights, ", "),
                       chosen ? "" : " (defaults that suit the router and the replicas)"});
}

std::string promotion_reason(const Turn& turn) {
  const auto& analysis = turn.status.analysis;
  const std::string verdict = analysis ? analysis->verdict : "";
  if (turn.status.held_reason != reason::kWithoutEvidence.name) {
    if (verdict == "Pass") {
      return text(reason::kEvidence);
    }
    if (verdict == "NoHarm") {
      return text(reason::kNoHarm);
    }
  }
  std::string result = text(reason::kWithoutEvidence);
  if (analysis && !analysis->wealth.empty()) {
    result += base::concat({", wealth ", analysis->wealth, " of ", analysis->limit});
  }
  return result;
}

}  // namespace

bool may_start(const Turn& turn) {
  const Assessment& facts = turn.facts;
  const std::string& target = facts.target.revision;
  return !facts.unusable && !facts.blocked && !target.empty() && target != stable_of(turn.status) &&
         target != aborted_of(turn.status) && !is_paused(turn) &&
         facts.dry_run.state == DryRun::kAccepted;
}

void start_rollout(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  const std::string& target = turn.facts.target.revision;
  status.collision_count = turn.facts.target.collision_count;
  if (turn.facts.replicas() == 0) {
    swap_asleep(turn);
    return;
  }
  forget_rollout(turn);
  if (status.aborted && !status.aborted->revision.empty()) {
    status.aborted.reset();
  }
  status.previous.reset();
  status.candidate = describe_revision(turn.facts, target);
  status.capacity = "Surge";
  status.started_at = turn.now();
  status.analysis = start_analysis(*turn.facts.snapshot);
  freeze_steps(turn);
  list_approvals(turn, target);
  set_weight(turn, 0);
  api::ProgressStatus progress;
  progress.ready = facts_of(turn.facts, target).ready;
  progress.since = turn.now();
  status.progress = progress;
  enter_phase(turn, api::Phase::kPreparing);
  const bool stored = facts_of(turn.facts, target).stored != nullptr;
  tell(turn, EventType::kNormal, reason::kRevisionCreated, "Prepare",
       base::concat({"revision ", target, stored ? " (stored before)" : "", " prepares in ",
                     std::to_string(status.steps.size()), " steps, ", plan_text(turn),
                     ", against stable ", stable_of(status)}));
}

void begin_abort(Turn& turn, const Cause& cause) {
  api::ModelDeploymentStatus& status = turn.status;
  api::AbortStatus abort;
  abort.reason = cause.reason.name;
  abort.message = shown(cause.message);
  abort.mark = cause.mark;
  abort.since = turn.now();
  status.abort = std::move(abort);
  const int32_t weight = intended_weight(status);
  if (main_can_serve(turn.facts)) {
    set_weight(turn, 0);  // RO-1: in the same write
  }
  close(turn);
  enter_phase(turn, api::Phase::kAborting);
  const bool superseded = cause.reason.name == reason::kSuperseded.name;
  tell(turn, superseded ? EventType::kNormal : EventType::kWarning,
       superseded ? reason::kSuperseded : reason::kAborted, "Abort",
       base::concat({"revision ", candidate_of(status), " at ", std::to_string(weight),
                     " % goes back to stable ", stable_of(status), ": ", cause.reason, ": ",
                     cause.message}));
}

void finish_abort(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  const std::string revision(candidate_of(status));
  const api::AbortStatus abort = status.abort.value_or(api::AbortStatus());
  const bool superseded = abort.reason == reason::kSuperseded.name;
  add_history(turn, revision, superseded ? reason::kSuperseded : reason::kAborted,
              base::concat({abort.reason, ": ", abort.message}));
  if (abort.mark) {
    mark_aborted(turn, revision, abort.reason);
  }
  forget_rollout(turn);
  enter_phase(turn, api::Phase::kIdle);
}

void begin_rollback(Turn& turn, std::string_view to, const Cause& cause) {
  api::ModelDeploymentStatus& status = turn.status;
  const std::string bad(stable_of(status));
  close(turn);
  const auto started = status.started_at;
  forget_rollout(turn);
  status.started_at = started;
  api::AbortStatus abort;
  abort.reason = cause.reason.name;
  abort.message = shown(cause.message);
  abort.mark = cause.mark;
  abort.since = turn.now();
  status.abort = std::move(abort);
  status.candidate = describe_revision(turn.facts, to);
  status.previous.reset();
  api::ProgressStatus progress;
  progress.since = turn.now();
  status.progress = progress;
  set_weight(turn, 0);
  enter_phase(turn, api::Phase::kRollingBack);
  tell(turn, EventType::kWarning, reason::kRollingBack, "RollBack",
       base::concat({"stable ", bad, " goes back to revision ", to, ": ", cause.reason, ": ",
                     cause.message}));
}

void finish_rollback(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  const std::string bad(previous_of(status));
  const api::AbortStatus abort = status.abort.value_or(api::AbortStatus());
  add_history(turn, bad, reason::kRolledBack, base::concat({abort.reason, ": ", abort.message}));
  if (abort.mark) {
    mark_aborted(turn, bad, abort.reason);
  }
  tell(turn, EventType::kWarning, reason::kRolledBack, "RollBack",
       base::concat({"revision ", stable_of(status), " is stable again, ", bad,
                     " is rolled back: ", abort.reason, ": ", abort.message}));
  forget_rollout(turn);
  status.previous.reset();
  enter_phase(turn, api::Phase::kIdle);
}

void pass_no_return(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  api::PreviousStatus previous;
  previous.revision = stable_of(status);
  const std::string why = promotion_reason(turn);
  const bool unproven = why.starts_with(reason::kWithoutEvidence.name);
  if (unproven && status.analysis) {
    status.analysis->verdict = status.analysis->last_data ? "Inconclusive" : "Skipped";  // RO-18
  }
  add_history(turn, candidate_of(status), reason::kPromoted, why);
  tell(turn, EventType::kNormal, reason::kPromoted, "Promote",
       base::concat({"revision ", candidate_of(status), " is stable, ", previous.revision,
                     " stays warm for the way back: ", why}));
  if (!status.analysis) {
    tell(turn, EventType::kWarning, reason::kPromotedWithoutAnalysis, "Promote",
         base::concat({"revision ", candidate_of(status),
                       " was promoted without analysis: no metric source is known"}));
  }
  status.stable = describe_revision(turn.facts, candidate_of(status));
  status.stable->promoted_at = turn.now();
  status.previous = std::move(previous);
  status.candidate.reset();
  if (status.analysis) {
    start_bake(*status.analysis, *turn.facts.snapshot);
  }
  status.held_reason.clear();
  // Router Service is done with one selector; with a route the weight goes home last.
  if (turn.facts.router->type == api::RouterType::kService) {
    set_weight(turn, 0);
  }
}

void finish_bake(Turn& turn, bool cut) {
  api::ModelDeploymentStatus& status = turn.status;
  if (status.analysis) {
    close_analysis(*status.analysis);
  }
  auto& history = status.history;
  if (cut && !history.empty() && history.front().revision == stable_of(status)) {
    history.front().reason = reason::kBakeCut.name;
  }
  const auto previous = status.previous;
  forget_rollout(turn);
  status.previous = previous;
  if (cut) {
    status.previous.reset();  // R2-27: a hotfix needs the room
  }
  enter_phase(turn, api::Phase::kIdle);
  tell(turn, EventType::kNormal, cut ? reason::kBakeCut : reason::kBakePassed, "Bake",
       base::concat({"revision ", stable_of(status),
                     cut ? ": bake ends early, a newer revision waits" : ": bake passed"}));
}

}  // namespace kaizen::core
