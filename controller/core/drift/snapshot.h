// PolicySnapshot: everything one decision about a DriftPolicy sees, taken from the caches under one
// lock (RT-41). Immutable; copying copies pointers.
#pragma once

#include <string>
#include <vector>

#include "api/drift_policy.h"
#include "api/foreign.h"
#include "api/model_deployment.h"
#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/ref.h"
#include "core/observed.h"
#include "core/settings.h"

namespace kaizen::core {

struct PolicySnapshot {
  base::Ref<api::DriftPolicy> object;
  std::string undecodable;  // RT-35: the object's decode error; `object` then holds metadata and
                            // status only
  base::Ref<api::ModelDeployment> target;                   // spec.targetRef; null: absent
  std::vector<base::Ref<api::TrainingPipeline>> pipelines;  // of its actions, those that exist
  std::vector<base::Ref<api::TrainingRun>> runs;  // of those pipelines, and the run that made the
                                                  // target's stable model (DR-50)
  std::vector<base::Ref<api::ConfigMap>> config_maps;  // controlled by this UID: its references
                                                       // (R2-23). Others are asked for by a Probe
  std::vector<Answer> answers;
  std::vector<WriteFailure> failures;
  Settings settings;
};

}  // namespace kaizen::core
