// The kinds kaizen reads or writes, each once.
#pragma once

#include "schema/resource.h"

namespace kaizen::api {

using schema::ObjectKey;
using schema::Resource;

inline constexpr Resource kModelDeployment = {"kaizen.ml", "v1alpha1", "ModelDeployment",
                                              "modeldeployments"};
inline constexpr Resource kTrainingPipeline = {"kaizen.ml", "v1alpha1", "TrainingPipeline",
                                               "trainingpipelines"};
inline constexpr Resource kTrainingRun = {"kaizen.ml", "v1alpha1", "TrainingRun", "trainingruns"};
inline constexpr Resource kDriftPolicy = {"kaizen.ml", "v1alpha1", "DriftPolicy", "driftpolicies"};
inline constexpr Resource kDeployment = {"apps", "v1", "Deployment", "deployments"};
inline constexpr Resource kControllerRevision = {"apps", "v1", "ControllerRevision",
                                                 "controllerrevisions"};
inline constexpr Resource kService = {"", "v1", "Service", "services"};
inline constexpr Resource kPod = {"", "v1", "Pod", "pods"};
inline constexpr Resource kEndpointSlice = {"discovery.k8s.io", "v1", "EndpointSlice",
                                            "endpointslices"};
inline constexpr Resource kHttpRoute = {"gateway.networking.k8s.io", "v1", "HTTPRoute",
                                        "httproutes"};
inline constexpr Resource kConfigMapResource = {"", "v1", "ConfigMap", "configmaps"};
inline constexpr Resource kJob = {"batch", "v1", "Job", "jobs"};
inline constexpr Resource kEvent = {"events.k8s.io", "v1", "Event", "events"};

}  // namespace kaizen::api
