#include "core/rollout/decide.h"

#include <algorithm>
#include <utility>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/duration.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/desired_internal.h"
#include "core/rollout/plan_changes_internal.h"
#include "core/rollout/snapshot.h"
#include "schema/codec.h"

namespace kaizen::core {

namespace {

constexpr base::Duration kLongestSleep = 10min;  // A29: of an object that is under way

bool is_under_way(const api::ModelDeploymentStatus& status) {
  const bool idle = status.phase == api::Phase::kIdle;
  const bool reconciling = std::ranges::any_of(status.conditions, [](const api::Condition& entry) {
    return entry.type == condition::kReconciling;
  });
  return !idle || reconciling;
}

}  // namespace

Plan decide(const RolloutSnapshot& snapshot, const Extensions& extensions, base::Time now) {
  const Assessment facts = assess(snapshot, extensions, now);
  Advance next = advance(facts);
  const Desired desired = desired_state(facts, next.status);

  Plan plan;
  if (auto patch = schema::merge_patch(facts.before(), next.status)) {
    plan.status = StatusPatch{std::move(*patch)};
  }
  plan.effects = plan_changes(facts, desired, plan.status.has_value());
  plan.events = std::move(next.events);
  plan.probes = facts.evidence.probes;
  plan.probes.insert(plan.probes.end(), facts.dry_run.probes.begin(), facts.dry_run.probes.end());
  plan.next_at = next.status.next_at;
  if (is_under_way(next.status)) {
    const base::Time latest = now + kLongestSleep;
    plan.next_at = plan.next_at ? std::min(*plan.next_at, latest) : latest;
  }
  return plan;
}

}  // namespace kaizen::core
