// The whole decision about one DriftPolicy: a pure function (A1, DR-3).
#pragma once

#include "base/time.h"
#include "core/drift/snapshot.h"
#include "core/extensions.h"
#include "core/plan.h"

namespace kaizen::core {

Plan decide_policy(const PolicySnapshot& snapshot, const Extensions& extensions, base::Time now);

}  // namespace kaizen::core
