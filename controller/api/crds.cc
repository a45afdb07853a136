#include "api/crds.h"

#include <string_view>

#include "api/model_deployment.h"
#include "api/tables.h"
#include "schema/crd.h"

namespace kaizen::api {
namespace {

constexpr std::string_view kShortNames[] = {"mdep"};
constexpr std::string_view kCategories[] = {"kaizen"};

// MD-19. A column of type date may hold past times only.
constexpr schema::PrinterColumn kColumns[] = {
    {"Phase", "string", ".status.phase"},
    {"Stable", "string", ".status.stable.version"},
    {"Candidate", "string", ".status.candidate.version"},
    {"Weight", "integer", ".status.weight.applied"},
    {"Step", "string", ".status.step.name"},
    {"Verdict", "string", ".status.analysis.verdict"},
    {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status"},
    {"Age", "date", ".metadata.creationTimestamp"},
    {"Revision", "string", ".status.stable.revision", true},
    {"Message", "string", ".status.message", true},
};

}  // namespace

const schema::CrdSettings& model_deployment_crd() {
  static const schema::CrdSettings kSettings = {
      .kind = &schema::type_of<ModelDeployment>(),
      .short_names = kShortNames,
      .categories = kCategories,
      .columns = kColumns,
      .scale_spec = ".spec.replicas",
      .scale_status = ".status.replicas",
      .scale_selector = ".status.selector",
  };
  return kSettings;
}

}  // namespace kaizen::api
