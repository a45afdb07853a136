// The few fields kaizen reads or writes of kinds it does not own (A46, S75). What is not here is
// never decoded; what is written is rendered from these structs, so that a write names only the
// fields kaizen means (A3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/model_deployment.h"
#include "api/object.h"

namespace kaizen::api {

struct LabelSelector {
  StringMap match_labels;

  bool operator==(const LabelSelector&) const = default;
};

// apps/v1
struct DeploymentSpec {
  std::optional<int32_t> replicas;
  std::optional<LabelSelector> selector;
  RawJson template_;  // "template" NOLINT(readability-identifier-naming)
  std::optional<int32_t> progress_deadline_seconds;
  std::optional<int32_t> revision_history_limit;
  std::optional<int32_t> min_ready_seconds;

  bool operator==(const DeploymentSpec&) const = default;
};

struct DeploymentStatus {
  int64_t observed_generation = 0;
  int32_t replicas = 0;
  int32_t ready_replicas = 0;
  std::vector<Condition> conditions;  // ReplicaFailure (AD-6), Progressing

  bool operator==(const DeploymentStatus&) const = default;
};

struct Deployment {
  Metadata metadata;
  DeploymentSpec spec;  // decoded without `template`: never needed, always large
  DeploymentStatus status;

  bool operator==(const Deployment&) const = default;
};

// core/v1
struct ServicePort {
  std::string name;
  int32_t port = 0;
  std::string target_port;  // port name or number, as text
  std::optional<std::string> app_protocol;

  bool operator==(const ServicePort&) const = default;
};

struct ServiceSpec {
  StringMap selector;
  std::vector<ServicePort> ports;

  bool operator==(const ServiceSpec&) const = default;
};

struct Service {
  Metadata metadata;
  ServiceSpec spec;

  bool operator==(const Service&) const = default;
};

struct ContainerState {
  std::string waiting_reason;  // CrashLoopBackOff, ImagePullBackOff, ErrImagePull, …
  std::string waiting_message;
  std::optional<base::Time> started_at;  // when the running process began
  std::string last_terminated_reason;    // OOMKilled, Error
  std::optional<int32_t> last_exit_code;

  bool operator==(const ContainerState&) const = default;
};

struct ContainerStatus {
  std::string name;
  bool ready = false;
  int32_t restart_count = 0;
  ContainerState state;

  bool operator==(const ContainerStatus&) const = default;
};

struct PodStatus {
  std::string phase;
  std::string pod_ip;
  std::vector<Condition> conditions;  // Ready, PodScheduled
  std::vector<ContainerStatus> container_statuses;

  bool operator==(const PodStatus&) const = default;
};

struct Pod {
  Metadata metadata;
  PodStatus status;

  bool operator==(const Pod&) const = default;
};

// discovery.k8s.io/v1
struct Endpoint {
  std::vector<std::string> addresses;
  std::optional<bool> ready;  // absent counts as ready (API convention)
  std::string target_pod;     // targetRef.name when targetRef.kind is Pod

  bool operator==(const Endpoint&) const = default;
};

struct EndpointSlice {
  Metadata metadata;  // label kubernetes.io/service-name names the Service
  std::vector<Endpoint> endpoints;

  bool operator==(const EndpointSlice&) const = default;
};

// apps/v1 ControllerRevision: `data` = {schema, spec, pod} of MD-4, `revision` counts up.
struct ControllerRevision {
  Metadata metadata;
  RawJson data;
  int64_t revision = 0;

  bool operator==(const ControllerRevision&) const = default;
};

// `data` of a ControllerRevision (MD-4): what the revision was made of and the pod it runs for
// ever.
struct RevisionData {
  int64_t schema = 1;
  RawJson spec;  // canonical RevisionInput
  RawJson pod;   // rendered PodTemplateSpec

  bool operator==(const RevisionData&) const = default;
};

// What a decision reads of a rendered PodTemplateSpec.
struct PodGrace {
  std::optional<int64_t> seconds;  // "spec/terminationGracePeriodSeconds"

  bool operator==(const PodGrace&) const = default;
};

// core/v1
struct ConfigMap {
  Metadata metadata;
  std::optional<bool> immutable;
  StringMap data;

  bool operator==(const ConfigMap&) const = default;
};

// The object of an engine that runs one attempt of a stage: batch/v1 Job and others. What its
// members mean is the engine's to say (core/extensions.h).
struct EngineObject {
  std::string api_version;
  std::string kind;
  Metadata metadata;
  RawJson spec;
  RawJson status;

  bool operator==(const EngineObject&) const = default;
};

// gateway.networking.k8s.io/v1
struct BackendRef {
  std::string name;
  std::optional<std::string> ns;     // "namespace"
  std::optional<std::string> kind;   // default Service
  std::optional<std::string> group;  // default core
  std::optional<int32_t> port;
  std::optional<int32_t> weight;  // default 1

  bool operator==(const BackendRef&) const = default;
};

struct HttpRouteRule {
  std::optional<std::string> name;
  RawJson matches;
  std::vector<BackendRef> backend_refs;

  bool operator==(const HttpRouteRule&) const = default;
};

struct HttpRouteSpec {
  std::vector<ParentReference> parent_refs;
  std::vector<std::string> hostnames;
  std::vector<HttpRouteRule> rules;

  bool operator==(const HttpRouteSpec&) const = default;
};

struct RouteParentStatus {
  RawJson parent_ref;
  std::string controller_name;
  std::vector<Condition> conditions;  // Accepted, ResolvedRefs with observedGeneration (TR-4)

  bool operator==(const RouteParentStatus&) const = default;
};

struct HttpRouteStatus {
  std::vector<RouteParentStatus> parents;

  bool operator==(const HttpRouteStatus&) const = default;
};

struct HttpRoute {
  Metadata metadata;
  HttpRouteSpec spec;
  HttpRouteStatus status;

  bool operator==(const HttpRoute&) const = default;
};

}  // namespace kaizen::api
