// decide(): the whole decision about one ModelDeployment, a pure function (A1). Four stages, each a
// function of values: assess (facts) → advance (status') → desired (manifests) → plan (difference).
// See docs/architecture.md.
#pragma once

#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/rollout/snapshot.h"

namespace kaizen::core {

Plan decide(const RolloutSnapshot& snapshot, const Extensions& extensions, base::Time now);

}  // namespace kaizen::core
