// The tables that more than one source of this room needs. Internal to api.
#pragma once

#include "api/model_deployment.h"
#include "api/object.h"
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

}  // namespace kaizen::schema
