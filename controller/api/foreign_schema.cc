#include <string>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "schema/describe.h"

// The kinds kaizen does not own: only the fields it reads or writes, no CRD (A46). Without texts,
// because Kubernetes documents them.
namespace kaizen::schema {

namespace {

// targetRef of an endpoint, as far as it says which pod is meant.
struct TargetRef {
  std::string kind;
  std::string name;
};

std::string pod_name(const TargetRef& target) {
  return target.kind == "Pod" ? target.name : std::string();
}

// What only the server writes: decoded, never sent (A3).
constexpr FieldOptions kServerWrites = {.decode_only = true};

}  // namespace

using api::BackendRef;
using api::ConfigMap;
using api::ContainerState;
using api::ContainerStatus;
using api::ControllerRevision;
using api::Deployment;
using api::DeploymentSpec;
using api::DeploymentStatus;
using api::Endpoint;
using api::EndpointSlice;
using api::EngineObject;
using api::HttpRoute;
using api::HttpRouteRule;
using api::HttpRouteSpec;
using api::HttpRouteStatus;
using api::LabelSelector;
using api::Pod;
using api::PodGrace;
using api::PodStatus;
using api::RevisionData;
using api::RouteParentStatus;
using api::Service;
using api::ServicePort;
using api::ServiceSpec;

constexpr FieldInfo kTargetRefFields[] = {
    field<&TargetRef::kind>("kind"),
    field<&TargetRef::name>("name"),
};
KAIZEN_DESCRIBE(TargetRef, kTargetRefFields, "")

constexpr FieldInfo kLabelSelectorFields[] = {
    field<&LabelSelector::match_labels>("matchLabels"),
};
KAIZEN_DESCRIBE(LabelSelector, kLabelSelectorFields, "")

constexpr FieldInfo kDeploymentSpecFields[] = {
    field<&DeploymentSpec::replicas>("replicas"),
    field<&DeploymentSpec::selector>("selector"),
    field<&DeploymentSpec::template_>("template", {.encode_only = true}),
    field<&DeploymentSpec::progress_deadline_seconds>("progressDeadlineSeconds"),
    field<&DeploymentSpec::revision_history_limit>("revisionHistoryLimit"),
    field<&DeploymentSpec::min_ready_seconds>("minReadySeconds"),
};
KAIZEN_DESCRIBE(DeploymentSpec, kDeploymentSpecFields, "")

constexpr FieldInfo kDeploymentStatusFields[] = {
    field<&DeploymentStatus::observed_generation>("observedGeneration"),
    field<&DeploymentStatus::replicas>("replicas"),
    field<&DeploymentStatus::ready_replicas>("readyReplicas"),
    field<&DeploymentStatus::conditions>("conditions"),
};
KAIZEN_DESCRIBE(DeploymentStatus, kDeploymentStatusFields, "")

constexpr FieldInfo kDeploymentFields[] = {
    field<&Deployment::metadata>("metadata"),
    field<&Deployment::spec>("spec"),
    field<&Deployment::status>("status", kServerWrites),
};
KAIZEN_DESCRIBE_KIND(Deployment, kDeploymentFields, "", api::kDeployment, kNoRules)

constexpr FieldInfo kServicePortFields[] = {
    field<&ServicePort::name>("name"),
    field<&ServicePort::port>("port"),
    text_field<&ServicePort::target_port>("targetPort"),
    field<&ServicePort::app_protocol>("appProtocol"),
};
KAIZEN_DESCRIBE(ServicePort, kServicePortFields, "")

constexpr FieldInfo kServiceSpecFields[] = {
    field<&ServiceSpec::selector>("selector"),
    field<&ServiceSpec::ports>("ports"),
};
KAIZEN_DESCRIBE(ServiceSpec, kServiceSpecFields, "")

constexpr FieldInfo kServiceFields[] = {
    field<&Service::metadata>("metadata"),
    field<&Service::spec>("spec"),
};
KAIZEN_DESCRIBE_KIND(Service, kServiceFields, "", api::kService, kNoRules)

constexpr FieldInfo kContainerStateFields[] = {
    field<&ContainerState::waiting_reason>("state/waiting/reason", kServerWrites),
    field<&ContainerState::waiting_message>("state/waiting/message", kServerWrites),
    field<&ContainerState::started_at>("state/running/startedAt", kServerWrites),
    field<&ContainerState::last_terminated_reason>("lastState/terminated/reason", kServerWrites),
    field<&ContainerState::last_exit_code>("lastState/terminated/exitCode", kServerWrites),
};
KAIZEN_DESCRIBE(ContainerState, kContainerStateFields, "")

constexpr FieldInfo kContainerStatusFields[] = {
    field<&ContainerStatus::name>("name"),
    field<&ContainerStatus::ready>("ready"),
    field<&ContainerStatus::restart_count>("restartCount"),
    embedded<&ContainerStatus::state>(),
};
KAIZEN_DESCRIBE(ContainerStatus, kContainerStatusFields, "")

constexpr FieldInfo kPodStatusFields[] = {
    field<&PodStatus::phase>("phase"),
    field<&PodStatus::pod_ip>("podIP"),
    field<&PodStatus::conditions>("conditions"),
    field<&PodStatus::container_statuses>("containerStatuses"),
};
KAIZEN_DESCRIBE(PodStatus, kPodStatusFields, "")

constexpr FieldInfo kPodFields[] = {
    field<&Pod::metadata>("metadata"),
    field<&Pod::status>("status", kServerWrites),
};
KAIZEN_DESCRIBE_KIND(Pod, kPodFields, "", api::kPod, kNoRules)

constexpr FieldInfo kEndpointFields[] = {
    field<&Endpoint::addresses>("addresses"),
    field<&Endpoint::ready>("conditions/ready", kServerWrites),
    via_field<&Endpoint::target_pod, TargetRef, &pod_name>("targetRef"),
};
KAIZEN_DESCRIBE(Endpoint, kEndpointFields, "")

constexpr FieldInfo kEndpointSliceFields[] = {
    field<&EndpointSlice::metadata>("metadata"),
    field<&EndpointSlice::endpoints>("endpoints"),
};
KAIZEN_DESCRIBE_KIND(EndpointSlice, kEndpointSliceFields, "", api::kEndpointSlice, kNoRules)

constexpr FieldInfo kControllerRevisionFields[] = {
    field<&ControllerRevision::metadata>("metadata"),
    field<&ControllerRevision::data>("data"),
    field<&ControllerRevision::revision>("revision"),
};
KAIZEN_DESCRIBE_KIND(ControllerRevision,
                     kControllerRevisionFields,
                     "",
                     api::kControllerRevision,
                     kNoRules)

constexpr FieldInfo kConfigMapFields[] = {
    field<&ConfigMap::metadata>("metadata"),
    field<&ConfigMap::immutable>("immutable"),
    field<&ConfigMap::data>("data"),
};
KAIZEN_DESCRIBE_KIND(ConfigMap, kConfigMapFields, "", api::kConfigMapResource, kNoRules)

constexpr FieldInfo kEngineObjectFields[] = {
    field<&EngineObject::api_version>("apiVersion"),
    field<&EngineObject::kind>("kind"),
    field<&EngineObject::metadata>("metadata"),
    field<&EngineObject::spec>("spec"),
    field<&EngineObject::status>("status", kServerWrites),
};
KAIZEN_DESCRIBE(EngineObject, kEngineObjectFields, "")

constexpr FieldInfo kRevisionDataFields[] = {
    field<&RevisionData::schema>("schema"),
    field<&RevisionData::spec>("spec"),
    field<&RevisionData::pod>("pod"),
};
KAIZEN_DESCRIBE(RevisionData, kRevisionDataFields, "")

constexpr FieldInfo kPodGraceFields[] = {
    field<&PodGrace::seconds>("spec/terminationGracePeriodSeconds"),
};
KAIZEN_DESCRIBE(PodGrace, kPodGraceFields, "")

constexpr FieldInfo kBackendRefFields[] = {
    field<&BackendRef::name>("name"), field<&BackendRef::ns>("namespace"),
    field<&BackendRef::kind>("kind"), field<&BackendRef::group>("group"),
    field<&BackendRef::port>("port"), field<&BackendRef::weight>("weight"),
};
KAIZEN_DESCRIBE(BackendRef, kBackendRefFields, "")

constexpr FieldInfo kHttpRouteRuleFields[] = {
    field<&HttpRouteRule::name>("name"),
    field<&HttpRouteRule::matches>("matches"),
    field<&HttpRouteRule::backend_refs>("backendRefs"),
};
KAIZEN_DESCRIBE(HttpRouteRule, kHttpRouteRuleFields, "")

constexpr FieldInfo kHttpRouteSpecFields[] = {
    field<&HttpRouteSpec::parent_refs>("parentRefs"),
    field<&HttpRouteSpec::hostnames>("hostnames"),
    field<&HttpRouteSpec::rules>("rules"),
};
KAIZEN_DESCRIBE(HttpRouteSpec, kHttpRouteSpecFields, "")

constexpr FieldInfo kRouteParentStatusFields[] = {
    field<&RouteParentStatus::parent_ref>("parentRef"),
    field<&RouteParentStatus::controller_name>("controllerName"),
    field<&RouteParentStatus::conditions>("conditions"),
};
KAIZEN_DESCRIBE(RouteParentStatus, kRouteParentStatusFields, "")

constexpr FieldInfo kHttpRouteStatusFields[] = {
    field<&HttpRouteStatus::parents>("parents"),
};
KAIZEN_DESCRIBE(HttpRouteStatus, kHttpRouteStatusFields, "")

constexpr FieldInfo kHttpRouteFields[] = {
    field<&HttpRoute::metadata>("metadata"),
    field<&HttpRoute::spec>("spec"),
    field<&HttpRoute::status>("status", kServerWrites),
};
KAIZEN_DESCRIBE_KIND(HttpRoute, kHttpRouteFields, "", api::kHttpRoute, kNoRules)

}  // namespace kaizen::schema
