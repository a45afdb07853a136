#include "api/crds.h"

#include <array>
#include <span>
#include <string_view>

#include "api/drift_policy.h"
#include "api/model_deployment.h"
#include "api/tables.h"
#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "schema/crd.h"

namespace kaizen::api {
namespace {

constexpr std::string_view kCategories[] = {"kaizen"};
constexpr std::string_view kReadyPath = ".status.conditions[?(@.type==\"Ready\")].status";
constexpr std::string_view kAgePath = ".metadata.creationTimestamp";

// A column of type date may hold past times only.

constexpr std::string_view kModelDeploymentNames[] = {"mdep"};
constexpr schema::PrinterColumn kModelDeploymentColumns[] = {
    // MD-19
    {"Phase", "string", ".status.phase"},
    {"Stable", "string", ".status.stable.version"},
    {"Candidate", "string", ".status.candidate.version"},
    {"Weight", "integer", ".status.weight.applied"},
    {"Step", "string", ".status.step.name"},
    {"Verdict", "string", ".status.analysis.verdict"},
    {"Ready", "string", kReadyPath},
    {"Age", "date", kAgePath},
    {"Revision", "string", ".status.stable.revision", true},
    {"Message", "string", ".status.message", true},
};

constexpr std::string_view kTrainingPipelineNames[] = {"tpipe"};
constexpr schema::PrinterColumn kTrainingPipelineColumns[] = {
    // TP-8
    {"Phase", "string", ".status.phase"},
    {"Last-Run", "string", ".status.lastRun.name"},
    {"Last-Result", "string", ".status.lastRun.outcome"},
    {"Next", "string", ".status.triggers.schedule.nextSlot"},  // a future time: no date
    {"Budget", "string", ".status.budget.summary"},
    {"Ready", "string", kReadyPath},
    {"Age", "date", kAgePath},
    {"Hold", "string", ".status.pending.reason", true},
    {"Champion", "string", ".status.champion.version", true},
};

constexpr std::string_view kTrainingRunNames[] = {"trun"};
constexpr schema::PrinterColumn kTrainingRunColumns[] = {
    // TP-8
    {"Phase", "string", ".status.phase"},
    {"Pipeline", "string", ".spec.pipeline.name"},
    {"Trigger", "string", ".spec.trigger.type"},
    {"Model", "string", ".status.model.version"},
    {"Gate", "string", ".status.gate.result"},
    {"Duration", "string", ".status.duration"},
    {"Age", "date", kAgePath},
    {"Stage", "string", ".status.stage", true},
    {"Reason", "string", ".status.reason", true},
};

constexpr std::string_view kDriftPolicyNames[] = {"drift"};
constexpr schema::PrinterColumn kDriftPolicyColumns[] = {
    // DR-25
    {"State", "string", ".status.phase"},
    {"Target", "string", ".spec.targetRef.name"},
    {"Score", "string", ".status.summary.score"},
    {"Threshold", "string", ".status.summary.threshold"},
    {"Last-Check", "date", ".status.clocks[0].cursor"},
    {"Ready", "string", kReadyPath},
    {"Age", "date", kAgePath},
    {"Detector", "string", ".spec.decision.method", true},
    {"Reference", "string", ".status.reference.source", true},
    {"Message", "string", ".status.summary.message", true},
};

}  // namespace

std::span<const schema::CrdSettings> crds() {
  static const std::array kAll = {
      schema::CrdSettings{
          .kind = &schema::type_of<ModelDeployment>(),
          .short_names = kModelDeploymentNames,
          .categories = kCategories,
          .columns = kModelDeploymentColumns,
          .scale_spec = ".spec.replicas",
          .scale_status = ".status.replicas",
          .scale_selector = ".status.selector",
      },
      schema::CrdSettings{
          .kind = &schema::type_of<TrainingPipeline>(),
          .short_names = kTrainingPipelineNames,
          .categories = kCategories,
          .columns = kTrainingPipelineColumns,
      },
      schema::CrdSettings{
          .kind = &schema::type_of<TrainingRun>(),
          .short_names = kTrainingRunNames,
          .categories = kCategories,
          .columns = kTrainingRunColumns,
      },
      schema::CrdSettings{
          .kind = &schema::type_of<DriftPolicy>(),
          .short_names = kDriftPolicyNames,
          .categories = kCategories,
          .columns = kDriftPolicyColumns,
      },
  };
  return kAll;
}

}  // namespace kaizen::api
