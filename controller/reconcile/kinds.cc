#include "reconcile/kinds.h"

#include <memory>
#include <utility>

#include "api/tables.h"
#include "base/check.h"
#include "base/text.h"
#include "base/uid.h"
#include "core/names.h"
#include "reconcile/decided.h"
#include "schema/codec.h"
#include "schema/describe.h"

namespace kaizen::reconcile {

// What is still read of an object that does not decode as a whole (RT-35).
struct MetadataAndStatus {
  api::Metadata metadata;
  api::ModelDeploymentStatus status;
};

struct MetadataOnly {
  api::Metadata metadata;
};

}  // namespace kaizen::reconcile

namespace kaizen::schema {

using reconcile::MetadataAndStatus;
using reconcile::MetadataOnly;

constexpr FieldInfo kMetadataAndStatusFields[] = {
    field<&MetadataAndStatus::metadata>("metadata"),
    field<&MetadataAndStatus::status>("status"),
};
KAIZEN_DESCRIBE(MetadataAndStatus, kMetadataAndStatusFields, "")

constexpr FieldInfo kMetadataOnlyFields[] = {
    field<&MetadataOnly::metadata>("metadata"),
};
KAIZEN_DESCRIBE(MetadataOnly, kMetadataOnlyFields, "")

}  // namespace kaizen::schema

namespace kaizen::reconcile {
namespace {

// What kaizen writes on its objects and finds them by (core/names.h). EndpointSlices get the labels
// of their Service from the cluster.
constexpr std::string_view kManagedBySelector = "app.kubernetes.io/managed-by=kaizen";

kube::IndexValue entry(Index index, std::string value) {
  return {.index = static_cast<uint8_t>(index), .value = std::move(value)};
}

std::string_view label(const api::Metadata& metadata, std::string_view key) {
  const auto found = metadata.labels.find(key);
  return found == metadata.labels.end() ? std::string_view() : std::string_view(found->second);
}

// Indexes that come from metadata, whatever the kind.
void index_metadata(const api::Metadata& metadata, std::vector<kube::IndexValue>& indexes) {
  if (const auto* controller = controller_of(metadata)) {
    indexes.push_back(entry(Index::kOwner, base::to_string(controller->uid)));
  }
  if (const auto name = label(metadata, core::label::kDeployment); !name.empty()) {
    indexes.push_back(entry(Index::kDeployment, index_value(metadata.ns, name)));
  }
}

template <class T>
void index_kind(const T& object, std::vector<kube::IndexValue>& indexes) {
  index_metadata(object.metadata, indexes);
  if constexpr (std::is_same_v<T, api::EndpointSlice>) {
    if (const auto name = label(object.metadata, core::label::kServiceName); !name.empty()) {
      indexes.push_back(entry(Index::kService, index_value(object.metadata.ns, name)));
    }
  }
  if constexpr (std::is_same_v<T, api::ModelDeployment>) {
    if (const std::string route = route_name(object); !route.empty()) {
      indexes.push_back(entry(Index::kRoute, index_value(object.metadata.ns, route)));
    }
  }
}

// Keeps what can be read of an object whose decoding failed: metadata, and of our own kind the
// status, which a decision must not lose.
template <class T>
void salvage(std::string_view json, T& object) {
  object = T{};
  if constexpr (std::is_same_v<T, api::ModelDeployment>) {
    MetadataAndStatus rest;
    if (schema::decode_into(schema::type_of<MetadataAndStatus>(), json, &rest).ok()) {
      object.metadata = std::move(rest.metadata);
      object.status = std::move(rest.status);
      return;
    }
  }
  MetadataOnly rest;
  if (schema::decode_into(schema::type_of<MetadataOnly>(), json, &rest).ok()) {
    object.metadata = std::move(rest.metadata);
  }
}

template <class T>
kube::Object decode(std::string_view json) {
  auto value = std::make_shared<T>();
  kube::Object object;
  const auto decoded = schema::decode_into(schema::type_of<T>(), json, value.get());
  if (!decoded.ok()) {
    object.parse_error = decoded.error().message;
    salvage(json, *value);
  }
  const api::Metadata& metadata = value->metadata;
  object.head = {.key = {.ns = metadata.ns, .name = metadata.name},
                 .uid = metadata.uid,
                 .resource_version = metadata.resource_version,
                 .generation = metadata.generation,
                 .deleting = metadata.deletion_timestamp.has_value()};
  index_kind(*value, object.indexes);
  object.value = std::move(value);
  return object;
}

template <class T>
bool same_content(const void* a, const void* b) {
  const T& before = *static_cast<const T*>(a);
  T after = *static_cast<const T*>(b);
  after.metadata.resource_version = before.metadata.resource_version;
  return before == after;
}

template <class T>
WatchedKind row(Watched id, const schema::Resource& resource) {
  return {.id = id,
          .kind = {.resource = resource, .decode = &decode<T>, .same_content = &same_content<T>},
          .label_selector = kManagedBySelector,
          .required = true};
}

std::array<WatchedKind, kWatchedCount> make_rows() {
  std::array<WatchedKind, kWatchedCount> rows = {
      row<api::ModelDeployment>(Watched::kModelDeployment, api::kModelDeployment),
      row<api::Deployment>(Watched::kDeployment, api::kDeployment),
      row<api::ControllerRevision>(Watched::kControllerRevision, api::kControllerRevision),
      row<api::Service>(Watched::kService, api::kService),
      row<api::Pod>(Watched::kPod, api::kPod),
      row<api::EndpointSlice>(Watched::kEndpointSlice, api::kEndpointSlice),
      row<api::HttpRoute>(Watched::kHttpRoute, api::kHttpRoute),
  };
  rows[static_cast<size_t>(Watched::kModelDeployment)].label_selector = {};
  // Users' routes carry no label of ours (R3-23); without the Gateway API the router is off (A53).
  rows[static_cast<size_t>(Watched::kHttpRoute)].label_selector = {};
  rows[static_cast<size_t>(Watched::kHttpRoute)].required = false;
  return rows;
}

const std::array<WatchedKind, kWatchedCount>& rows() {
  static const std::array<WatchedKind, kWatchedCount> kRows = make_rows();
  return kRows;
}

template <class T>
const api::Metadata& metadata_in(const kube::Object& object) {
  return static_cast<const T*>(object.value.get())->metadata;
}

// The decided kind that an owner reference names; nullopt: it is not ours.
std::optional<Watched> decided_kind(const api::OwnerReference& owner) {
  for (const WatchedKind& row : rows()) {
    const schema::Resource& resource = row.kind.resource;
    if (is_decided(row.id) && owner.kind == resource.kind &&
        base::split(owner.api_version, '/').front() == resource.group) {
      return row.id;
    }
  }
  return std::nullopt;
}

std::vector<core::Need> make_core_needs() {
  return {
      {.resource = api::kModelDeployment,
       .subresource = "",
       .verbs = {"get", "list", "watch", "patch"}},  // patch: the finalizer (RT-70)
      {.resource = api::kModelDeployment, .subresource = "status", .verbs = {"patch"}},
      // Owner references with blockOwnerDeletion (RT-68).
      {.resource = api::kModelDeployment, .subresource = "finalizers", .verbs = {"update"}},
      // A server-side apply that creates needs create besides patch.
      {.resource = api::kDeployment,
       .subresource = "",
       .verbs = {"get", "list", "watch", "create", "patch", "delete"}},
      {.resource = api::kControllerRevision,
       .subresource = "",
       .verbs = {"get", "list", "watch", "create", "patch", "delete"}},
      {.resource = api::kService,
       .subresource = "",
       .verbs = {"get", "list", "watch", "create", "patch", "delete"}},
      {.resource = api::kPod, .subresource = "", .verbs = {"list", "watch"}},
      {.resource = api::kEndpointSlice, .subresource = "", .verbs = {"list", "watch"}},
      {.resource = api::kEvent, .subresource = "", .verbs = {"create", "patch"}},
  };
}

}  // namespace

std::string index_value(std::string_view ns, std::string_view name) {
  return base::concat({ns, "/", name});
}

const WatchedKind& watched(Watched id) {
  return rows()[static_cast<size_t>(id)];
}

std::optional<Watched> watched_of(const schema::Resource& resource) {
  for (const WatchedKind& row : rows()) {
    if (row.kind.resource == resource) return row.id;
  }
  return std::nullopt;
}

kube::Scope scope_of(Watched id, std::string_view ns) {
  return {.ns = std::string(ns),
          .label_selector = std::string(watched(id).label_selector),
          .field_selector = {}};
}

const api::Metadata& metadata_of(Watched id, const kube::Object& object) {
  switch (id) {
    case Watched::kModelDeployment: return metadata_in<api::ModelDeployment>(object);
    case Watched::kDeployment: return metadata_in<api::Deployment>(object);
    case Watched::kControllerRevision: return metadata_in<api::ControllerRevision>(object);
    case Watched::kService: return metadata_in<api::Service>(object);
    case Watched::kPod: return metadata_in<api::Pod>(object);
    case Watched::kEndpointSlice: return metadata_in<api::EndpointSlice>(object);
    case Watched::kHttpRoute: return metadata_in<api::HttpRoute>(object);
  }
  KAIZEN_CHECK(false, "a kind that is not watched");
}

const api::OwnerReference* controller_of(const api::Metadata& metadata) {
  for (const auto& owner : metadata.owner_references) {
    if (owner.controller) return &owner;
  }
  return nullptr;
}

bool is_owned_by(const api::Metadata& metadata, const base::Uid& owner) {
  const auto* controller = controller_of(metadata);
  return controller != nullptr && controller->uid == owner;
}

std::string route_name(const api::ModelDeployment& deployment) {
  const auto& traffic = deployment.spec.traffic;
  if (!traffic || traffic->router != api::RouterType::kGatewayApi || !traffic->gateway_api) {
    return {};
  }
  if (traffic->gateway_api->http_route) return traffic->gateway_api->http_route->name;
  return traffic->gateway_api->create ? deployment.metadata.name : std::string();
}

std::vector<Key> owners_of(Watched id, const kube::Object& object) {
  std::vector<Key> keys;
  const api::Metadata& metadata = metadata_of(id, object);
  if (const auto* controller = controller_of(metadata)) {
    if (const auto kind = decided_kind(*controller)) {
      keys.push_back({.kind = *kind, .object = {.ns = metadata.ns, .name = controller->name}});
    }
  }
  const auto name = label(metadata, core::label::kDeployment);
  if (name.empty() || is_decided(id)) return keys;
  Key labelled{.kind = Watched::kModelDeployment,
               .object = {.ns = metadata.ns, .name = std::string(name)}};
  if (keys.empty() || keys.front() != labelled) keys.push_back(std::move(labelled));
  return keys;
}

std::span<const core::Need> core_needs() {
  static const std::vector<core::Need> kNeeds = make_core_needs();
  return kNeeds;
}

}  // namespace kaizen::reconcile
