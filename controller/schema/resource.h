// Resource: the identity of a Kubernetes kind on the wire, and the name of one object of it.
// Constants for the kinds we use are in api/kinds.h; kube/ builds URLs from them without knowing
// any kind.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace kaizen::schema {

struct Resource {
  std::string_view group;    // "" for core
  std::string_view version;  // "v1"
  std::string_view kind;     // "Deployment"
  std::string_view plural;   // "deployments"

  bool operator==(const Resource&) const = default;
};

// "apps/v1", or "v1" for core.
std::string api_version(const Resource& resource);

struct ObjectKey {
  std::string ns;
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
};

}  // namespace kaizen::schema
