#include "api/model_deployment.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/desired_internal.h"

namespace kaizen::core {

Desired desired_state(const Assessment& facts, const api::ModelDeploymentStatus& status) {
  Desired desired;
  // Without a readable spec nothing is known to be right, so nothing is changed (RT-35).
  if (!facts.snapshot->undecodable.empty() || !status.phase) {
    return desired;
  }
  if (status.phase == api::Phase::kDeleting) {
    want_traffic(facts, status, desired);
    return desired;
  }
  if (facts.namespace_ending) {
    return desired;  // the server refuses every creation; the end is near (RT-61)
  }
  // TR-5: the younger of two that steer one route changes nothing.
  if (status.phase == api::Phase::kInitializing && facts.route.conflict) {
    return desired;
  }
  want_workloads(facts, status, desired);
  want_traffic(facts, status, desired);
  return desired;
}

}  // namespace kaizen::core
