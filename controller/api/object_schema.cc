#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "api/object.h"
#include "api/schema_internal.h"
#include "api/tables.h"  // IWYU pragma: keep
#include "schema/codec.h"
#include "schema/describe.h"

namespace kaizen::schema {

using api::Condition;
using api::Decimal;
using api::Fraction;
using api::LastRequest;
using api::Metadata;
using api::OwnerReference;
using api::RawJson;
using api::Resources;

template <>
const TypeInfo& type_of<RawJson>() {
  static constexpr TypeInfo kInfo = {
      .shape = Shape::kRawJson,
      .name = "JSON",
      .raw = {
          .set = [](void* raw,
                    std::string text) { *static_cast<RawJson*>(raw) = RawJson(std::move(text)); },
          .text = [](const void* raw) { return static_cast<const RawJson*>(raw)->text(); }}};
  return kInfo;
}

template <>
const TypeInfo& type_of<Fraction>() {
  // The codec writes through a pointer to the only member.
  static_assert(std::is_standard_layout_v<Fraction> && sizeof(Fraction) == sizeof(double));
  static constexpr TypeInfo kInfo = {.shape = Shape::kFraction,
                                     .name = "a share such as \"0.5%\" or \"0.005\""};
  return kInfo;
}

template <>
const TypeInfo& type_of<Decimal>() {
  // The codec writes through a pointer to the only member.
  static_assert(std::is_standard_layout_v<Decimal> && sizeof(Decimal) == sizeof(double));
  static constexpr TypeInfo kInfo = {.shape = Shape::kDecimal,
                                     .name = "a decimal such as \"0.5\" or \"-2\""};
  return kInfo;
}

constexpr FieldInfo kOwnerReferenceFields[] = {
    field<&OwnerReference::api_version>("apiVersion"),
    field<&OwnerReference::kind>("kind"),
    field<&OwnerReference::name>("name"),
    field<&OwnerReference::uid>("uid"),
    field<&OwnerReference::controller>("controller"),
    field<&OwnerReference::block_owner_deletion>("blockOwnerDeletion"),
};
KAIZEN_DESCRIBE(OwnerReference, kOwnerReferenceFields, "The object that owns this one.")

// managedFields has no row and is stepped over; the applied configuration of kubectl repeats the
// whole object (RT-39).
constexpr FieldInfo kMetadataFields[] = {
    field<&Metadata::name>("name"),
    field<&Metadata::ns>("namespace"),
    field<&Metadata::uid>("uid"),
    field<&Metadata::resource_version>("resourceVersion"),
    field<&Metadata::generation>("generation"),
    field<&Metadata::creation_timestamp>("creationTimestamp"),
    field<&Metadata::deletion_timestamp>("deletionTimestamp"),
    field<&Metadata::labels>("labels"),
    field<&Metadata::annotations>("annotations",
                                  {.drop_key = "kubectl.kubernetes.io/last-applied-configuration"}),
    field<&Metadata::finalizers>("finalizers"),
    field<&Metadata::owner_references>("ownerReferences"),
};
KAIZEN_DESCRIBE(Metadata, kMetadataFields, "Name, identity and labels of the object.")

constexpr FieldInfo kResourcesFields[] = {
    field<&Resources::requests>("requests",
                                {.doc = "What a pod is guaranteed.",
                                 .max_length = 32,
                                 .max_properties = 16,
                                 .quantities = true}),
    field<&Resources::limits>("limits",
                              {.doc = "What a pod may use at most.",
                               .max_length = 32,
                               .max_properties = 16,
                               .quantities = true}),
};
KAIZEN_DESCRIBE(Resources, kResourcesFields, "Compute resources of the container.")

constexpr int32_t kMaxWord = 64;
constexpr int32_t kMaxMessage = 4096;

constexpr FieldInfo kLastRequestFields[] = {
    field<&LastRequest::id>("id", {.doc = "Id of the request.", .max_length = kMaxWord}),
    field<&LastRequest::verb>("verb", {.doc = "What was asked for.", .max_length = kMaxWord}),
    field<&LastRequest::by>("by", {.doc = "Who asked, as the request says.", .max_length = 1024}),
    field<&LastRequest::outcome>(
        "outcome",
        {.doc = "Accepted, Refused, Done or Failed.", .max_length = kMaxWord}),
    field<&LastRequest::message>("message", {.doc = "Why.", .max_length = kMaxMessage}),
    field<&LastRequest::time>("time", {.doc = "When it was read."}),
};
KAIZEN_DESCRIBE(LastRequest, kLastRequestFields, "The answer to the last request.")

constexpr std::string_view kConditionStatus[] = {"True", "False", "Unknown"};

constexpr FieldInfo kConditionFields[] = {
    field<&Condition::type>("type", {.doc = "Which aspect.", .required = true, .max_length = 316}),
    field<&Condition::status>("status",
                              {.doc = "True, False or Unknown.",
                               .required = true,
                               .max_length = 16,
                               .allowed = kConditionStatus}),
    field<&Condition::reason>("reason", {.doc = "Why, in one word.", .max_length = 1024}),
    field<&Condition::message>("message", {.doc = "Why, for people.", .max_length = 32768}),
    field<&Condition::observed_generation>("observedGeneration",
                                           {.doc = "Generation of the spec this is about."}),
    field<&Condition::last_transition_time>("lastTransitionTime",
                                            {.doc = "When status last changed."}),
};
KAIZEN_DESCRIBE(Condition, kConditionFields, "One aspect of the object's state.")

}  // namespace kaizen::schema
