// Orders under way (MD section 5): each turn looks which line is observed and decides the next one;
// `desired` renders it.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "api/model_deployment.h"
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

bool is_router_service(const Turn& turn) {
  return turn.facts.router->type == api::RouterType::kService;
}

bool is_scaled_away(const RevisionFacts& revision) {
  return revision.workload == nullptr || revision.wanted == 0;
}

// R2-4: the gateway does not answer. Once <name>-canary selects stable and its slices show no pod
// of the candidate, the weight on it is harmless.
bool is_taken_back_by_selector(const Turn& turn) {
  const RevisionFacts& candidate = facts_of(turn.facts, candidate_of(turn.status));
  return turn.status.abort->since && turn.now() >= *turn.status.abort->since + kRoutePatience &&
         turn.facts.canary.selects == stable_of(turn.status) && candidate.canary_endpoints == 0;
}

// Ready pods the way back needs: as many as serve now, so that it lowers no capacity (RO-50).
int32_t way_back_needs(const Turn& turn) {
  const int32_t serving = facts_of(turn.facts, stable_of(turn.status)).main_endpoints;
  return std::max(1, std::min(turn.facts.replicas(), serving));
}

int32_t reachable(const Turn& turn, const RevisionFacts& revision) {
  return is_router_service(turn) ? revision.ready : revision.canary_endpoints;
}

void go_back_to_candidate(Turn& turn) {
  const RevisionFacts& target = facts_of(turn.facts, candidate_of(turn.status));
  if (intended_weight(turn.status) == 0) {
    if (reachable(turn, target) >= way_back_needs(turn) && turn.facts.route.zero) {
      set_weight(turn, 100);
    }
    return;
  }
  if (!turn.facts.route.full) {
    return;
  }
  api::PreviousStatus previous;
  previous.revision = stable_of(turn.status);
  turn.status.stable = describe_revision(turn.facts, candidate_of(turn.status));
  turn.status.stable->promoted_at = turn.now();
  turn.status.previous = std::move(previous);
  turn.status.candidate.reset();
  if (is_router_service(turn)) {
    set_weight(turn, 0);
  }
}

// Lines after the new stable revision is recorded: the role's Service first, then the weight.
void bring_weight_home(Turn& turn) {
  const RevisionFacts& stable = facts_of(turn.facts, stable_of(turn.status));
  const int32_t needed = std::max(1, std::min(turn.facts.replicas(), stable.ready));
  const bool listed = turn.facts.main.selects == stable_of(turn.status) &&
                      stable.main_endpoints >= needed;  // RO-11, RO-12
  if (intended_weight(turn.status) != 0 && listed) {
    set_weight(turn, 0);
  }
}

bool is_home(const Turn& turn) {
  return intended_weight(turn.status) == 0 && turn.facts.route.zero &&
         turn.facts.main.selects == stable_of(turn.status);
}

void start_baking(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  const base::Duration bake = bake_duration_of(turn.spec());
  status.bake_until = turn.now() + bake;
  if (status.previous) {
    status.previous->keep_until = turn.now() + std::max(bake, scale_down_delay_of(turn.spec()));
  }
  status.steps.clear();
  status.step.reset();
  status.approvals.clear();
  status.progress.reset();
  if (status.weight) {
    status.weight->samples_from = turn.now() + settle_of(turn.spec());
  }
  enter_phase(turn, api::Phase::kBaking);
  tell(turn, EventType::kNormal, reason::kBakeStarted, "Bake",
       base::concat({"revision ", stable_of(status), " is watched until ",
                     base::format_time(*status.bake_until)}));
}

}  // namespace

bool go_on_aborting(Turn& turn) {
  if (!in_phase(turn, api::Phase::kAborting)) {
    return false;
  }
  api::ModelDeploymentStatus& status = turn.status;
  if (!status.abort) {
    status.abort.emplace();
    status.abort->since = turn.now();
  }
  if (intended_weight(status) != 0 && main_can_serve(turn.facts)) {
    set_weight(turn, 0);
    return true;
  }
  const bool zero = intended_weight(status) == 0 && turn.facts.route.zero;
  if (!status.abort->zero_at) {
    if (zero || is_taken_back_by_selector(turn)) {
      status.abort->zero_at = turn.now();
    }
    return true;
  }
  const RevisionFacts& candidate = facts_of(turn.facts, candidate_of(status));
  const bool away = turn.facts.canary.selects != candidate_of(status) && is_scaled_away(candidate);
  const bool marked =
      !status.abort->mark || outcome_is_stored(turn, candidate_of(status), reason::kAborted);
  if (away && marked) {
    finish_abort(turn);
  }
  return true;
}

bool go_on_rolling_back(Turn& turn) {
  if (!in_phase(turn, api::Phase::kRollingBack)) {
    return false;
  }
  api::ModelDeploymentStatus& status = turn.status;
  if (status.candidate) {
    go_back_to_candidate(turn);
    return true;
  }
  bring_weight_home(turn);
  if (!is_home(turn)) {
    return true;
  }
  if (status.abort && !status.abort->zero_at) {
    status.abort->zero_at = turn.now();
    return true;
  }
  const bool marked = !status.abort || !status.abort->mark ||
                      outcome_is_stored(turn, previous_of(status), reason::kRolledBack);
  if (has_drained(turn.facts, status) &&
      is_scaled_away(facts_of(turn.facts, previous_of(status))) && marked) {
    finish_rollback(turn);
  }
  return true;
}

bool go_on_promoting(Turn& turn) {
  if (!in_phase(turn, api::Phase::kPromoting)) {
    return false;
  }
  api::ModelDeploymentStatus& status = turn.status;
  if (!status.candidate) {
    bring_weight_home(turn);
    if (is_home(turn)) {
      if (status.abort && status.previous) {  // asked for after the point of no return (R3-8)
        const Cause cause = {reason::kRequested, status.abort->message, status.abort->mark};
        const std::string back(previous_of(status));
        begin_rollback(turn, back, cause);
        if (status.last_request && status.last_request->outcome == "Accepted") {
          status.last_request->outcome = "Done";
        }
      } else {
        start_baking(turn);
      }
    }
    return true;
  }
  if (intended_weight(status) == 100 && turn.facts.route.full) {
    pass_no_return(turn);
    return true;
  }
  // RO-42: all pods first, as endpoints; RO-28: paused raises nothing (INV-12).
  const bool enough = carrying_pods(turn) >= turn.facts.replicas() && turn.facts.replicas() > 0;
  if (enough && intended_weight(status) != 100 && !is_paused(turn) && !turn.facts.blocked) {
    set_weight(turn, 100);
  }
  return true;
}

bool go_on_baking(Turn& turn) {
  if (!in_phase(turn, api::Phase::kBaking)) {
    return false;
  }
  api::ModelDeploymentStatus& status = turn.status;
  const bool held = !status.held_reason.empty();
  if (!status.bake_until && !held) {
    // Promoted while asleep: the bake begins when somebody is served (RO-40).
    if (facts_of(turn.facts, stable_of(status)).main_endpoints > 0) {
      start_baking(turn);
    }
    return true;
  }
  if (!held && turn.now() >= *status.bake_until) {
    finish_bake(turn, false);
  }
  return true;
}

}  // namespace kaizen::core
