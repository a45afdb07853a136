// PipelineSnapshot and RunSnapshot: everything one decision about a TrainingPipeline or a
// TrainingRun sees, taken from the caches under one lock (RT-41). Immutable; copying copies
// pointers.
#pragma once

#include <cstdint>
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

struct PipelineSnapshot {
  base::Ref<api::TrainingPipeline> object;
  std::string undecodable;  // RT-35: the object's decode error; `object` then holds metadata and
                            // status only
  std::vector<base::Ref<api::TrainingRun>> runs;      // controlled by this UID
  base::Ref<api::ModelDeployment> deployment;         // spec.modelDeploymentRef; null: absent
  std::vector<base::Ref<api::DriftPolicy>> policies;  // of spec.triggers.drift, those that exist
  int32_t active_runs = 0;                            // of the whole operator (TG-8, ClusterLimit)
  std::vector<Answer> answers;
  std::vector<WriteFailure> failures;
  Settings settings;
};

struct RunSnapshot {
  base::Ref<api::TrainingRun> object;
  std::string undecodable;
  base::Ref<api::TrainingPipeline> pipeline;   // by name, in its namespace; null: absent. Another
                                               // UID than spec.pipeline.uid: not ours (TP-7)
  base::Ref<api::ModelDeployment> deployment;  // of the resolved pipeline; null: absent or none
  base::Ref<api::TrainingRun> source;          // spec.source; null: absent or none
  std::vector<base::Ref<api::TrainingRun>> siblings;  // other runs of the same pipeline
  std::vector<base::Ref<api::EngineObject>>
      children;                           // controlled by this UID, whatever the engine
  std::vector<base::Ref<api::Pod>> pods;  // label kaizen.ml/run-uid
  std::vector<base::Ref<api::ConfigMap>> config_maps;  // controlled by this UID
  std::vector<Answer> answers;
  std::vector<WriteFailure> failures;
  Settings settings;
};

}  // namespace kaizen::core
