// Target: what a request to the Kubernetes API asks for, read back from method and URL; for metrics
// and log lines about requests that were made elsewhere. Pure.
#pragma once

#include <string_view>

namespace kaizen::kube {

// Views into the target and constants.
struct Target {
  std::string_view verb;      // as RBAC names it: "get", "list", "watch", "create", "patch", …
  std::string_view resource;  // plural; empty: no path of an object or a collection
  std::string_view subresource;

  bool operator==(const Target&) const = default;
};

// `target` is path and query.
Target read_target(std::string_view method, std::string_view target);

}  // namespace kaizen::kube
