#include <array>
#include <string_view>
#include <utility>

#include "api/model_deployment.h"
#include "base/text.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/policies_internal.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

struct Policy {
  std::string_view name;
  bool (*apply)(Turn& turn);
};

// The precedence of everything that can move a rollout, top to bottom: the first that applies ends
// the turn (MD section 4 as R2-3, R2-26 … R2-28 and R3-9 have it).
constexpr std::array kPolicies = {
    Policy{"deletion", leave},
    Policy{"undecodable", keep_undecodable},
    Policy{"first sight", first_sight},
    Policy{"abort requested", abort_requested},
    Policy{"harm", abort_on_harm},
    Policy{"pod failure", abort_on_pod_failure},
    Policy{"bake", judge_bake},
    Policy{"request", carry_out_request},
    Policy{"spec unusable", drop_unusable},
    Policy{"superseded", supersede},
    Policy{"endpoints lost", follow_endpoints},
    Policy{"deadline", abort_on_deadline},
    Policy{"no data", abort_on_no_data},
    Policy{"timed out", time_out},
    Policy{"aborting", go_on_aborting},
    Policy{"rolling back", go_on_rolling_back},
    Policy{"promoting", go_on_promoting},
    Policy{"baking", go_on_baking},
    Policy{"pause", pause},
    Policy{"hold", hold},
    Policy{"approval", settle_approval},
    Policy{"weight", raise_weight},
    Policy{"next step", take_next_step},
    Policy{"first step", take_first_step},
    Policy{"initialize", initialize},
    Policy{"start", start},
};

}  // namespace

Advance advance(const Assessment& facts) {
  Turn turn = {.facts = facts, .status = facts.before(), .events = {}};
  observe(turn);
  Advance result;
  for (const Policy& policy : kPolicies) {
    if (policy.apply(turn)) {
      result.policy = policy.name;
      break;
    }
  }
  // RO-2: what a danger overtook is answered too, and never acts later.
  const bool leaving = in_phase(turn, api::Phase::kDeleting);
  const bool unread = !facts.snapshot->undecodable.empty();
  if (!facts.request.unhandled_id.empty() && !turn.request_answered && !leaving && !unread) {
    answer(turn, "Refused",
           base::concat({"overtaken by: ", result.policy, "; ask again with a new id"}));
  }
  describe_state(turn);
  result.status = std::move(turn.status);
  result.events = std::move(turn.events);
  return result;
}

}  // namespace kaizen::core
