// Requests: what becomes of what a person asks (R3-8, R3-9, UX-41). Each is answered once, in the
// status write that carries its effect.
#include <initializer_list>
#include <string_view>
#include <utility>

#include "api/model_deployment.h"
#include "base/text.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/policies_internal.h"
#include "core/rollout/request.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

constexpr std::string_view kDone = "Done";
constexpr std::string_view kAccepted = "Accepted";
constexpr std::string_view kRefused = "Refused";

// A target that is given names what the person saw (MD-11).
bool means(const Request& request, std::string_view revision) {
  return request.target.empty() || request.target == revision;
}

std::string asked_by(const Request& request) {
  std::string text = base::concat(
      {"request ", request.id, " by ", request.by.empty() ? "an unknown person" : request.by});
  if (!request.reason.empty()) {
    text += base::concat({": ", request.reason});
  }
  return text;
}

bool refuse(Turn& turn, std::initializer_list<std::string_view> parts) {
  answer(turn, kRefused, base::concat(parts));
  return true;
}

bool refuse_stale(Turn& turn, const Request& request, std::string_view current) {
  return refuse(turn, {"target ", request.target, " is not the revision that this is about: ",
                       current.empty() ? "there is none now" : "that is ", current,
                       "; read status and ask again with a new id"});
}

bool promote(Turn& turn, const Request& request) {
  if (in_phase(turn, api::Phase::kAwaitingApproval) || in_phase(turn, api::Phase::kInitializing)) {
    return refuse(turn, {"the rollout waits for an approval: use approve, with target ",
                         candidate_of(turn.status)});
  }
  if (!means(request, candidate_of(turn.status)) || candidate_of(turn.status).empty()) {
    return refuse_stale(turn, request, candidate_of(turn.status));
  }
  const bool steppable = turn.status.step && (in_phase(turn, api::Phase::kProgressing) ||
                                              in_phase(turn, api::Phase::kHeld));
  if (is_paused(turn)) {
    return refuse(turn, {"the rollout is paused: request resume first"});
  }
  if (!steppable) {
    return refuse(turn, {"the rollout has no step to leave now"});
  }
  turn.status.sampling_since = turn.now();  // a person looked: analysis.maxDuration begins anew
  if (request.full) {
    pass_gate(turn);
    if (in_phase(turn, api::Phase::kPromoting)) {
      turn.status.held_reason = reason::kWithoutEvidence.name;
    }
  } else {
    leave_step(turn);
  }
  answer(turn, kDone,
         base::concat({"revision ", candidate_of(turn.status),
                       request.full ? " goes to the end of its steps" : " goes to the next step"}));
  return true;
}

bool approve(Turn& turn, const Request& request) {
  const bool waiting =
      in_phase(turn, api::Phase::kAwaitingApproval) || in_phase(turn, api::Phase::kInitializing);
  api::ApprovalStatus* approval = waiting ? open_approval(turn.status) : nullptr;
  if (approval == nullptr) {
    return refuse(turn, {"nothing waits for an approval"});
  }
  if (!means(request, candidate_of(turn.status))) {
    return refuse_stale(turn, request, candidate_of(turn.status));
  }
  approval->by = request.by;
  approval->at = turn.now();
  const std::string message =
      base::concat({approval->step, " of revision ", candidate_of(turn.status), " approved"});
  tell(turn, EventType::kNormal, reason::kApproved, "Approve",
       base::concat({message, ", ", asked_by(request)}));
  answer(turn, kDone, message);
  return true;
}

bool retry(Turn& turn, const Request& request) {
  const std::string aborted(aborted_of(turn.status));
  if (!turn.status.aborted || aborted.empty() || !in_phase(turn, api::Phase::kIdle)) {
    return refuse(turn, {"no aborted revision waits for a retry"});
  }
  if (!means(request, aborted)) {
    return refuse_stale(turn, request, aborted);
  }
  turn.status.aborted->revision.clear();  // the number of attempts is kept
  turn.status.aborted->reason.clear();
  turn.status.aborted->at.reset();
  turn.status.rollback_target.reset();
  answer(turn, kDone, base::concat({"revision ", aborted, " may run again"}));
  return true;
}

bool roll_back(Turn& turn, const Request& request) {
  if (!in_phase(turn, api::Phase::kIdle) && !in_phase(turn, api::Phase::kBaking)) {
    return refuse(turn, {"a rollout is under way: request abort first"});
  }
  if (request.target == stable_of(turn.status)) {
    return refuse(turn, {"revision ", request.target, " is stable already"});
  }
  if (facts_of(turn.facts, request.target).stored == nullptr) {
    return refuse(turn, {"revision ", request.target,
                         " is not stored: kubectl get controllerrevisions shows those that are"});
  }
  // What the spec asks for must not come back by itself (RO-5).
  const bool mark = stable_of(turn.status) == turn.facts.target.spec_revision;
  begin_rollback(turn, request.target, {reason::kRequested, asked_by(request), mark});
  api::RollbackTarget target;
  target.revision = request.target;
  target.request_id = request.id;
  turn.status.rollback_target = std::move(target);
  answer(turn, kDone, base::concat({"rolling back to revision ", request.target}));
  return true;
}

bool pause_rollout(Turn& turn, const Request& request) {
  if (!turn.status.paused_by) {
    api::PausedBy paused;
    paused.id = request.id;
    paused.by = request.by;
    paused.at = turn.now();
    turn.status.paused_by = std::move(paused);
  }
  answer(turn, kDone, "no step forward is taken until resumed");
  return true;
}

bool resume(Turn& turn) {
  if (in_phase(turn, api::Phase::kBaking) && !turn.status.held_reason.empty()) {
    finish_bake(turn, false);
    answer(turn, kDone, "the bake is accepted");
    return true;
  }
  if (!turn.status.paused_by) {
    return refuse(turn, {turn.spec().paused ? "spec.paused holds the rollout: set it to false"
                                            : "nothing is paused"});
  }
  turn.status.paused_by.reset();
  answer(turn, kDone,
         turn.spec().paused ? "resumed, but spec.paused still holds the rollout" : "resumed");
  return true;
}

// After the point of no return the order is finished first (R3-8).
bool abort_promotion(Turn& turn, const Request& request) {
  if (!turn.status.abort) {
    api::AbortStatus abort;
    abort.reason = reason::kRequested.name;
    abort.message = asked_by(request);
    abort.mark = true;
    abort.since = turn.now();
    turn.status.abort = std::move(abort);
  }
  answer(turn, kAccepted,
         base::concat({"the promotion of ", stable_of(turn.status),
                       " is past its point of no return: it ends, then it is rolled back"}));
  return true;
}

bool abort_bake(Turn& turn, const Request& request) {
  const std::string back(previous_of(turn.status));
  if (back.empty() || facts_of(turn.facts, back).stored == nullptr) {
    return refuse(turn, {"no older revision is stored to go back to"});
  }
  begin_rollback(turn, back, {reason::kRequested, asked_by(request), true});
  answer(turn, kDone, base::concat({"rolling back to revision ", back}));
  return true;
}

}  // namespace

bool abort_requested(Turn& turn) {
  const auto& request = turn.facts.request.request;
  if (!request || (request->verb != RequestVerb::kAbort && request->verb != RequestVerb::kReject)) {
    return false;
  }
  const bool rejects = request->verb == RequestVerb::kReject;
  if (before_no_return(turn)) {
    if (!means(*request, candidate_of(turn.status))) {
      return refuse_stale(turn, *request, candidate_of(turn.status));
    }
    const std::string revision(candidate_of(turn.status));
    begin_abort(turn, {rejects ? reason::kRejected : reason::kAborted, asked_by(*request), true});
    answer(turn, kDone, base::concat({"revision ", revision, " is taken back"}));
    return true;
  }
  const bool promoted =
      in_phase(turn, api::Phase::kPromoting) || in_phase(turn, api::Phase::kBaking);
  if (promoted && !rejects) {
    if (!means(*request, stable_of(turn.status))) {
      return refuse_stale(turn, *request, stable_of(turn.status));
    }
    return in_phase(turn, api::Phase::kBaking) ? abort_bake(turn, *request)
                                               : abort_promotion(turn, *request);
  }
  return refuse(turn, {"no rollout is under way that could be taken back"});  // RO-3
}

bool carry_out_request(Turn& turn) {
  const RequestReading& reading = turn.facts.request;
  if (reading.bad_id) {
    tell(turn, EventType::kWarning, reason::kStaleRequest, "HandleRequest", reading.problem);
    return false;
  }
  if (reading.unhandled_id.empty()) {
    return false;
  }
  if (!reading.request) {
    return refuse(turn, {reading.problem});
  }
  const Request& request = *reading.request;
  switch (request.verb) {
    case RequestVerb::kPromote:
    case RequestVerb::kSkip: return promote(turn, request);
    case RequestVerb::kApprove: return approve(turn, request);
    case RequestVerb::kRetry: return retry(turn, request);
    case RequestVerb::kRollback: return roll_back(turn, request);
    case RequestVerb::kPause: return pause_rollout(turn, request);
    case RequestVerb::kResume: return resume(turn);
    case RequestVerb::kAbort:
    case RequestVerb::kReject: return false;  // abort_requested stands before
  }
  return false;
}

}  // namespace kaizen::core
