// Timers: all of them are instants in status (MD section 3); the earliest that is ahead says when
// time alone changes the decision.
#include <optional>

#include "api/model_deployment.h"
#include "base/duration.h"
#include "base/time.h"
#include "core/reasons.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

std::optional<base::Time> next_look(const Turn& turn) {
  const api::ModelDeploymentStatus& status = turn.status;
  std::optional<base::Time> next;
  const auto consider = [&turn, &next](const std::optional<base::Time>& at,
                                       base::Duration after = base::Duration(0)) {
    if (at && *at + after > turn.now() && (!next || *at + after < *next)) {
      next = *at + after;
    }
  };
  if (status.step) {
    consider(status.step->hold_until);
  }
  if (status.weight) {
    consider(status.weight->samples_from);
    if (!status.weight->applied_at) {
      consider(status.weight->written_at, kRoutePatience);
    }
  }
  if (status.progress && status.candidate) {
    consider(status.progress->since, progress_deadline_of(turn.spec()));
    if (status.held_reason == reason::kEndpointsMissing.name) {
      consider(status.progress->since, kReadyAgain);
    }
  }
  if (status.abort) {
    consider(status.abort->since, kRoutePatience);
    consider(status.abort->zero_at, drain_of(turn.facts, leaving_of(status)));
  }
  for (const api::ApprovalStatus& approval : status.approvals) {
    consider(approval.at ? std::nullopt : approval.deadline);
  }
  if (status.route_edits && !status.route_edits->at.empty()) {
    consider(status.route_edits->at.back(), 5min);
  }
  if (status.previous) {
    consider(status.previous->keep_until);
  }
  consider(status.bake_until);
  if (is_canary_phase(status)) {
    consider(status.sampling_since, max_duration_of(turn.spec()));
  }
  consider(facts_of(turn.facts, candidate_of(status)).unschedulable_since, kUnschedulableLong);
  if (turn.facts.evidence_read) {
    consider(turn.facts.evidence.next_at);
  }
  if (in_phase(turn, api::Phase::kDeleting)) {
    consider(turn.facts.object().metadata.deletion_timestamp, kRoutePatience);
    consider(turn.facts.object().metadata.deletion_timestamp, 2 * kRoutePatience);
    consider(turn.facts.object().metadata.deletion_timestamp, kCleanupPatience);
  }
  return next;
}

}  // namespace kaizen::core
