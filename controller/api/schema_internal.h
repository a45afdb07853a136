// The tables that more than one source of this room needs. Internal to api.
#pragma once

#include "api/drift_policy.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "schema/describe.h"

namespace kaizen::schema {

template <>
const TypeInfo& type_of<api::RawJson>();
template <>
const TypeInfo& type_of<api::Fraction>();
template <>
const TypeInfo& type_of<api::Decimal>();
template <>
const TypeInfo& type_of<api::Resources>();
template <>
const TypeInfo& type_of<api::LastRequest>();
template <>
const TypeInfo& type_of<api::Condition>();
template <>
const TypeInfo& type_of<api::ParentReference>();
template <>
const TypeInfo& type_of<api::ObjectRef>();
template <>
const TypeInfo& type_of<api::DatasetRole>();
template <>
const TypeInfo& type_of<api::DataChecks>();
template <>
const TypeInfo& type_of<api::Stage>();
template <>
const TypeInfo& type_of<api::Gate>();
template <>
const TypeInfo& type_of<api::Deploy>();
template <>
const TypeInfo& type_of<api::TriggerType>();
template <>
const TypeInfo& type_of<api::RunRef>();
template <>
const TypeInfo& type_of<api::ModelRecord>();
template <>
const TypeInfo& type_of<api::ReferenceSource>();

}  // namespace kaizen::schema
