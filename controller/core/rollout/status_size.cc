// The bound of status: 32 KiB as JSON (MD-15), below RT-60's. Parts have bounds of their own; only
// their sum can be too much.
#include <cstddef>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/text.h"
#include "core/rollout/advance_internal.h"
#include "schema/codec.h"

namespace kaizen::core {

namespace {

constexpr size_t kMostBytes = 32 * 1024;
constexpr size_t kCheckFrom = 20 * 1024;  // of texts alone: below it names and numbers fit
constexpr size_t kShortMessage = 128;

size_t text_bytes(const api::ModelDeploymentStatus& status) {
  size_t bytes = status.analysis ? status.analysis->state.size() : 0;
  for (const api::HistoryEntry& entry : status.history) {
    bytes += entry.reason.size() + 256;
  }
  for (const api::Condition& condition : status.conditions) {
    bytes += condition.message.size() + 160;
  }
  return bytes + 400 * (status.analysis ? status.analysis->metrics.size() : 0) +
         160 * (status.steps.size() + status.approvals.size());
}

}  // namespace

void fit_status(api::ModelDeploymentStatus& status) {
  if (text_bytes(status) < kCheckFrom) {
    return;
  }
  const auto fits = [&status] { return schema::encode(status).size() <= kMostBytes; };
  while (!fits() && status.history.size() > 1) {
    status.history.pop_back();
  }
  if (fits()) {
    return;
  }
  for (api::Condition& condition : status.conditions) {
    condition.message = base::truncate_utf8(condition.message, kShortMessage);
  }
}

}  // namespace kaizen::core
