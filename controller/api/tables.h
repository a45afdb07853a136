// The descriptor tables of every kind in api/, for schema/codec.h. Top-level kinds are encoded with
// apiVersion and kind first.
#pragma once

#include "api/foreign.h"
#include "api/model_deployment.h"
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
const TypeInfo& type_of<api::Metadata>();
template <>
const TypeInfo& type_of<api::Deployment>();
template <>
const TypeInfo& type_of<api::ControllerRevision>();
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
