#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "ext/runtimes/pod_defaults_internal.h"

namespace kaizen::ext {
namespace {

using Json = nlohmann::json;

// The API server refuses allowPrivilegeEscalation: false beside these.
bool must_escalate(const Json& security) {
  const auto privileged = security.find("privileged");
  if (privileged != security.end() && *privileged == true) return true;
  const auto capabilities = security.find("capabilities");
  if (capabilities == security.end() || !capabilities->is_object()) return false;
  const auto add = capabilities->find("add");
  if (add == capabilities->end() || !add->is_array()) return false;
  return std::ranges::any_of(
      *add, [](const Json& name) { return name == "SYS_ADMIN" || name == "CAP_SYS_ADMIN"; });
}

// Sets `member` of the object `name` in `parent` when it is absent; leaves malformed values to the
// API server's dry run (A45).
void default_in(Json* parent, std::string_view name, std::string_view member, const Json& value) {
  Json& object = *parent->emplace(name, Json::object()).first;
  if (object.is_object()) object.emplace(member, value);
}

void contain(Json* container) {
  if (!container->is_object()) return;
  const auto security = container->find("securityContext");
  if (security != container->end() && security->is_object() && must_escalate(*security)) return;
  default_in(container, "securityContext", "allowPrivilegeEscalation", false);
}

}  // namespace

void apply_pod_defaults(Json* pod) {
  Json& spec = (*pod)["spec"];
  spec.emplace("automountServiceAccountToken", false);
  default_in(&spec, "securityContext", "seccompProfile", {{"type", "RuntimeDefault"}});
  for (const std::string_view list : {"containers", "initContainers"}) {
    const auto found = spec.find(list);
    if (found == spec.end() || !found->is_array()) continue;
    for (Json& container : *found) contain(&container);
  }
}

}  // namespace kaizen::ext
