// Kinds: the table of what kaizen watches: how each kind is decoded, which of its objects are
// asked for (RT-37), under what they are indexed (RT-42), and which decided objects a change
// concerns. Beside it what core itself needs by RBAC (R3-23, A52). Constant data and pure
// functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/model_deployment.h"
#include "base/ref.h"
#include "core/extensions.h"
#include "kube/object.h"
#include "kube/request.h"
#include "reconcile/key.h"

namespace kaizen::reconcile {

// Indexes of the stores (RT-42). Values are made by index_value(), but for kOwner's.
enum class Index : uint8_t {
  kOwner,       // UID of the controller among the owner references, as text
  kDeployment,  // label kaizen.ml/deployment
  kService,     // EndpointSlice: label kubernetes.io/service-name
  kRoute,       // ModelDeployment: name of the HTTPRoute it steers
};

inline constexpr size_t kIndexCount = 4;

// "<namespace>/<name>".
std::string index_value(std::string_view ns, std::string_view name);

struct WatchedKind {
  Watched id = Watched::kModelDeployment;
  kube::Kind kind;
  std::string_view label_selector;  // empty: all objects
  bool required = true;             // false: its absence only turns an extension off (RT-36, A53)
};

const WatchedKind& watched(Watched id);

// nullopt: a kind we do not watch.
std::optional<Watched> watched_of(const schema::Resource& resource);

// `ns` empty: all namespaces.
kube::Scope scope_of(Watched id, std::string_view ns);

// The value of a cached object as its own type. The kind must be the one the object came from.
template <class T>
base::Ref<T> value_of(const kube::Object& object) {
  return std::static_pointer_cast<const T>(object.value);
}

// Metadata of a cached object of any watched kind; never null, also with a parse_error.
const api::Metadata& metadata_of(Watched id, const kube::Object& object);

// The owner reference with controller=true; nullptr: none.
const api::OwnerReference* controller_of(const api::Metadata& metadata);

// True when the controller is the object of that UID.
bool is_owned_by(const api::Metadata& metadata, const base::Uid& owner);

// Name of the HTTPRoute that the ModelDeployment steers: the one it names, or its own name when it
// creates one. Empty: router Service.
std::string route_name(const api::ModelDeployment& deployment);

// Keys of the decided objects that an object belongs to by owner reference or by label; usually
// one, never more than two. Not for users' HTTPRoutes, whose readers are found through
// Index::kRoute.
std::vector<Key> owners_of(Watched id, const kube::Object& object);

// Permissions of core and the runtime themselves, without any extension (R3-23, A52).
std::span<const core::Need> core_needs();

}  // namespace kaizen::reconcile
