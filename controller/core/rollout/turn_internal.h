// Turn: one pass of `advance`: the facts, the status being written, the events that tell of it. The
// functions here are the moves that policies are made of; each changes the draft and nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.h"
#include "core/rollout/assessment_internal.h"

namespace kaizen::core {

struct Turn {
  const Assessment& facts;
  api::ModelDeploymentStatus status;  // the draft; starts as what the object holds
  std::vector<EventNote> events;
  bool request_answered = false;

  const api::ModelDeploymentSpec& spec() const { return facts.spec(); }

  base::Time now() const { return facts.now; }
};

// ---- telling ----

// `note` begins with a fact and holds numbers (S54); cut at 1024 bytes (RT-83).
void tell(Turn& turn,
          EventType type,
          const Reason& reason,
          std::string_view action,
          std::string_view note);

// Answers the request of this turn: outcome Done, Accepted or Refused, and an event (UX-41).
void answer(Turn& turn, std::string_view outcome, std::string message);

// ---- phases ----

void enter_phase(Turn& turn, api::Phase phase);
bool in_phase(const Turn& turn, api::Phase phase);

// When pods last came up, if that is longer ago than spec.progressDeadline allows.
std::optional<base::Time> overdue_since(const Turn& turn);

// A candidate exists and stable has not changed yet (R2-26).
bool before_no_return(const Turn& turn);

bool is_paused(const Turn& turn);

// ---- weight ----

// Decides a weight; also the same one again, when a step that keeps it begins.
void set_weight(Turn& turn, int32_t percent);

// Service <name> can take all traffic, or nobody else could either (TR-9).
bool main_can_serve(const Assessment& facts);

// Ready pods of the candidate that traffic can reach: endpoints of its Service; with router
// Service those of <name> once its selector holds both, ready pods before (RO-12).
int32_t carrying_pods(const Turn& turn);

// Nobody but stable and candidate has pods: what a selector over both needs (R3-11).
bool only_two_have_pods(const Turn& turn);

// ---- steps ----

// Weight of a step; an absent one keeps that of the step before (0 at first).
int32_t step_weight(const std::vector<api::CanaryStep>& steps, size_t index);

// "half", or "step-2" for one without a name.
std::string step_name(const std::vector<api::CanaryStep>& steps, size_t index);

// The step in progress; one without weight, hold or approval when there is none.
const api::CanaryStep& current_step(const Turn& turn);

// Which step that is. For phases that have one: first_sight lets no status pass that lacks it.
api::StepStatus& step_of(Turn& turn);

void enter_step(Turn& turn, size_t index);

// To the step after the current one, or past the last to the gate (R2-46).
void leave_step(Turn& turn);

// Past all steps: to an approval that is still open, else to promoting.
void pass_gate(Turn& turn);

// The approval of the step, or of the first revision (AD-10), if nobody gave it yet.
api::ApprovalStatus* open_approval(api::ModelDeploymentStatus& status);
const api::ApprovalStatus* open_approval(const api::ModelDeploymentStatus& status);
void await_approval(Turn& turn, api::ApprovalStatus& approval);

inline constexpr std::string_view kFirstApproval = "first";          // AD-10
inline constexpr std::string_view kPromotionApproval = "promotion";  // promotion.approval Manual

// Hold over and weight in force.
bool hold_is_over(const Turn& turn);

// ST-11; a step without traffic has nothing to show.
bool requirement_is_met(const Turn& turn);

// ---- beginnings and ends ----

// What status says of a revision: version, digest and uri of its stored input.
api::RevisionStatus describe_revision(const Assessment& facts, std::string_view revision);

// A rollout of the target may start now.
bool may_start(const Turn& turn);
void start_rollout(Turn& turn);

struct Cause {
  Reason reason;
  std::string message;
  bool mark = false;  // the revision must not run again by itself (RO-5)
};

void begin_abort(Turn& turn, const Cause& cause);
void finish_abort(Turn& turn);

// The way back of a promoted revision; `to` is a stored revision.
void begin_rollback(Turn& turn, std::string_view to, const Cause& cause);
void finish_rollback(Turn& turn);

// Point of no return: the candidate is stable (R2-26).
void pass_no_return(Turn& turn);

// Bake ends well; `cut` by a newer revision (R2-27).
void finish_bake(Turn& turn, bool cut);

// The outcome annotation that the revision's ControllerRevision must show before the mark stands in
// status (R3-14).
bool outcome_is_stored(const Turn& turn, std::string_view revision, std::string_view outcome);

void add_history(Turn& turn,
                 std::string_view revision,
                 std::string_view outcome,
                 std::string_view reason);

// ---- timers (all absolute, MD section 3) ----

inline constexpr base::Duration kRoutePatience = 60s;       // TR-4, R2-4
inline constexpr base::Duration kReadyAgain = 2min;         // R2-29: readiness before weight rises
inline constexpr base::Duration kUnschedulableLong = 2min;  // RO-44
inline constexpr base::Duration kCleanupPatience = 10min;   // RT-72

}  // namespace kaizen::core
