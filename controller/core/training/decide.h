// The whole decision about one TrainingPipeline (when a run starts, TP-1) and about one TrainingRun
// (what it does until its end): pure functions (A1).
#pragma once

#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/training/snapshot.h"

namespace kaizen::core {

Plan decide_pipeline(const PipelineSnapshot& snapshot,
                     const Extensions& extensions,
                     base::Time now);

Plan decide_run(const RunSnapshot& snapshot, const Extensions& extensions, base::Time now);

}  // namespace kaizen::core
