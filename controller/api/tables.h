// The descriptor tables of every kind in api/, for schema/codec.h. Top-level kinds are encoded with
// apiVersion and kind first.
#pragma once

#include "api/drift_policy.h"
#include "api/foreign.h"
#include "api/model_deployment.h"
#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "schema/codec.h"

namespace kaizen::schema {

template <>
const TypeInfo& type_of<api::ModelDeployment>();
template <>
const TypeInfo& type_of<api::ModelDeploymentSpec>();
template <>
const TypeInfo& type_of<api::ModelDeploymentStatus>();
template <>
const TypeInfo& type_of<api::RevisionInput>();
template <>
const TypeInfo& type_of<api::TrainingPipeline>();
template <>
const TypeInfo& type_of<api::TrainingPipelineSpec>();
template <>
const TypeInfo& type_of<api::TrainingPipelineStatus>();
template <>
const TypeInfo& type_of<api::TrainingRun>();
template <>
const TypeInfo& type_of<api::TrainingRunSpec>();
template <>
const TypeInfo& type_of<api::TrainingRunStatus>();
template <>
const TypeInfo& type_of<api::ResolvedPipeline>();
template <>
const TypeInfo& type_of<api::DriftPolicy>();
template <>
const TypeInfo& type_of<api::DriftPolicySpec>();
template <>
const TypeInfo& type_of<api::DriftPolicyStatus>();
template <>
const TypeInfo& type_of<api::Metadata>();
template <>
const TypeInfo& type_of<api::Deployment>();
template <>
const TypeInfo& type_of<api::ControllerRevision>();
template <>
const TypeInfo& type_of<api::PodGrace>();
template <>
const TypeInfo& type_of<api::RevisionData>();
template <>
const TypeInfo& type_of<api::Service>();
template <>
const TypeInfo& type_of<api::Pod>();
template <>
const TypeInfo& type_of<api::ConfigMap>();
template <>
const TypeInfo& type_of<api::EngineObject>();
template <>
const TypeInfo& type_of<api::EndpointSlice>();
template <>
const TypeInfo& type_of<api::HttpRoute>();

}  // namespace kaizen::schema
