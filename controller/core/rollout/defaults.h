// Defaults: what an absent member of the spec means to a rollout (MD section 1). Applied where a
// value is used, never stored (MD-3). Pure.
#pragma once

#include <algorithm>

#include "api/model_deployment.h"

namespace kaizen::core {

using namespace std::chrono_literals;  // NOLINT: 30s, 5min wherever a Duration is written

inline int32_t replicas_of(const api::ModelDeploymentSpec& spec) {
  return std::max(0, spec.replicas.value_or(1));
}

inline int32_t history_limit_of(const api::ModelDeploymentSpec& spec) {
  return std::max(0, spec.revision_history_limit.value_or(10));
}

inline base::Duration progress_deadline_of(const api::ModelDeploymentSpec& spec) {
  return spec.progress_deadline.value_or(30min);
}

inline base::Duration scale_down_delay_of(const api::ModelDeploymentSpec& spec) {
  if (!spec.strategy || !spec.strategy->canary) {
    return 5min;
  }
  return spec.strategy->canary->scale_down_delay.value_or(5min);
}

inline base::Duration bake_duration_of(const api::ModelDeploymentSpec& spec) {
  return spec.bake ? spec.bake->duration.value_or(30min) : base::Duration(30min);
}

inline api::BakeFailure bake_failure_of(const api::ModelDeploymentSpec& spec) {
  return spec.bake ? spec.bake->on_failure.value_or(api::BakeFailure::kHold)
                   : api::BakeFailure::kHold;
}

inline bool promotion_is_manual(const api::ModelDeploymentSpec& spec) {
  return spec.promotion && spec.promotion->approval == api::ApprovalMode::kManual;
}

inline base::Duration settle_of(const api::ModelDeploymentSpec& spec) {
  return spec.analysis ? spec.analysis->settle.value_or(30s) : base::Duration(30s);
}

inline base::Duration max_duration_of(const api::ModelDeploymentSpec& spec) {
  return spec.analysis ? spec.analysis->max_duration.value_or(6h) : base::Duration(6h);
}

inline api::AnalysisTimeout on_timeout_of(const api::ModelDeploymentSpec& spec) {
  return spec.analysis ? spec.analysis->on_timeout.value_or(api::AnalysisTimeout::kHold)
                       : api::AnalysisTimeout::kHold;
}

inline api::NoDataAction no_data_action_of(const api::ModelDeploymentSpec& spec) {
  if (!spec.analysis || !spec.analysis->no_data) {
    return api::NoDataAction::kHold;
  }
  return spec.analysis->no_data->action.value_or(api::NoDataAction::kHold);
}

inline api::Requirement requirement_of(const api::ModelDeploymentSpec& spec,
                                       const api::CanaryStep& step) {
  if (step.require) {
    return *step.require;
  }
  return spec.analysis ? spec.analysis->require.value_or(api::Requirement::kNoHarm)
                       : api::Requirement::kNoHarm;
}

inline int32_t service_port_of(const api::ModelDeploymentSpec& spec) {
  return spec.traffic ? spec.traffic->port.value_or(80) : 80;
}

inline api::RouterType router_type_of(const api::ModelDeploymentSpec& spec) {
  return spec.traffic ? spec.traffic->router.value_or(api::RouterType::kService)
                      : api::RouterType::kService;
}

// The HTTPRoute that the spec names is somebody else's (R2-13, R2-36).
inline bool steers_foreign_route(const api::ModelDeploymentSpec& spec) {
  return spec.traffic && router_type_of(spec) == api::RouterType::kGatewayApi &&
         spec.traffic->gateway_api && spec.traffic->gateway_api->http_route.has_value();
}

}  // namespace kaizen::core
