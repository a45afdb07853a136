// The bounds of status: those of each member, which the API server keeps (SEC-46), and 32 KiB of
// JSON for all of it (MD-15), below RT-60's. A status beyond either is refused for ever and holds
// its rollout, so this is the last thing that happens to one.
#include <cstddef>

#include "api/model_deployment.h"
#include "api/object.h"
#include "api/tables.h"  // IWYU pragma: keep
#include "core/rollout/advance_internal.h"
#include "core/rollout/status_text.h"
#include "schema/bounds.h"
#include "schema/codec.h"

namespace kaizen::core {

namespace {

constexpr size_t kMostBytes = 32 * 1024;
constexpr size_t kShortMessage = 128;
constexpr size_t kShortUri = 256;

bool fits(const api::ModelDeploymentStatus& status) {
  return schema::encode(status).size() <= kMostBytes;
}

// What says least goes first.
void shorten_texts(api::ModelDeploymentStatus& status) {
  for (api::Condition& condition : status.conditions) {
    condition.message = shown(condition.message, kShortMessage);
  }
  for (api::ApprovalStatus& approval : status.approvals) {
    approval.by = shown(approval.by, kShortMessage);
  }
  if (status.analysis) {
    for (api::MetricStatus& row : status.analysis->metrics) row.last_error.clear();
  }
}

void shorten_uris(api::ModelDeploymentStatus& status) {
  for (auto* role : {&status.stable, &status.candidate}) {
    if (*role) (*role)->uri = shown((*role)->uri, kShortUri);
  }
}

}  // namespace

void fit_status(api::ModelDeploymentStatus& status) {
  schema::cut_texts(status);
  while (!fits(status) && status.history.size() > 1) {
    status.history.pop_back();
  }
  if (!fits(status)) {
    shorten_texts(status);
  }
  if (!fits(status)) {
    shorten_uris(status);
  }
}

}  // namespace kaizen::core
