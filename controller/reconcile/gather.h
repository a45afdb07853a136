// Gather: from the stores to the snapshot of one decision (RT-41). Pure, over a WorldState that the
// caller holds locked; answers of probes are added by the Reconciler, because they have a lock of
// their own.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "core/rollout/snapshot.h"
#include "reconcile/world.h"

namespace kaizen::reconcile {

struct Gathered {
  core::RolloutSnapshot snapshot;  // `object` null: there is no such ModelDeployment
  std::optional<base::MonoTime>
      recheck_at;  // earliest time at which a child or a failed write is looked at again (A74)
};

// Children are those with the deployment label that this UID controls (RT-73); pods by label alone,
// since ReplicaSets stand between; the two Services and the route by name, whoever owns them.
Gathered gather(const WorldState& world, const schema::ObjectKey& key, base::MonoTime now);

}  // namespace kaizen::reconcile
