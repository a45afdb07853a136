// PlanChanges: the difference between what should exist and what the snapshot shows, as effects
// sorted by stage. What the snapshot shows already is skipped (section 5). Pure.
#pragma once

#include <vector>

#include "core/plan.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/desired_internal.h"

namespace kaizen::core {

// `status_changes`: the plan also writes our own object's status, which moves its resourceVersion;
// a patch of the object itself then waits for the next decision.
std::vector<Effect> plan_changes(const Assessment& facts,
                                 const Desired& desired,
                                 bool status_changes);

}  // namespace kaizen::core
