// Gather: from the stores to the snapshot of one decision about a ModelDeployment (RT-41). Pure,
// over a WorldState that the caller holds locked; answers of probes are added by the Reconciler,
// because they have a lock of their own.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/time.h"
#include "core/rollout/snapshot.h"
#include "reconcile/decided.h"
#include "reconcile/world.h"

namespace kaizen::reconcile {

struct Gathered {
  Subject subject;
  core::RolloutSnapshot snapshot;  // `object` null: there is no such ModelDeployment
  std::optional<base::MonoTime>
      recheck_at;  // earliest time at which a child or a failed write is looked at again (A74)
};

// Children are those with the deployment label that this UID controls (RT-73); pods by label alone,
// since ReplicaSets stand between; the two Services and the route by name, whoever owns them.
Gathered gather(const WorldState& world, const schema::ObjectKey& key, base::MonoTime now);

// What a decision about any kind sees, and the object as the executor needs it.
struct Picture {
  Subject subject;  // its object is null: there is no such object
  std::variant<core::RolloutSnapshot> snapshot;
  std::optional<base::MonoTime> recheck_at;
};

Picture look(const WorldState& world, const Key& key, base::MonoTime now);

}  // namespace kaizen::reconcile
