#include "rbac.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "core/extensions.h"
#include "ext/registry.h"
#include "reconcile/kinds.h"

namespace {

using kaizen::base::concat;
using kaizen::base::join;
using kaizen::core::Need;

struct Access {
  std::string group;
  std::string resource;  // "deployments", "modeldeployments/status"
  std::set<std::string_view> verbs;
};

// One entry per resource, in the order in which they are first needed.
void add(std::span<const Need> needs, std::vector<Access>* all) {
  for (const Need& need : needs) {
    std::string resource(need.resource.plural);
    if (!need.subresource.empty()) resource += concat({"/", need.subresource});
    const auto same = [&](const Access& a) {
      return a.group == need.resource.group && a.resource == resource;
    };
    auto found = std::find_if(all->begin(), all->end(), same);
    if (found == all->end()) {
      all->push_back({std::string(need.resource.group), std::move(resource), {}});
      found = std::prev(all->end());
    }
    found->verbs.insert(need.verbs.begin(), need.verbs.end());
  }
}

// Reading verbs first, as people write them; what is not listed here follows by name.
std::string verbs_text(const std::set<std::string_view>& verbs) {
  constexpr std::array<std::string_view, 7> kOrder = {"get",    "list",  "watch", "create",
                                                      "update", "patch", "delete"};
  std::vector<std::string> words;
  for (const std::string_view verb : kOrder) {
    if (verbs.contains(verb)) words.emplace_back(verb);
  }
  for (const std::string_view verb : verbs) {
    if (std::find(kOrder.begin(), kOrder.end(), verb) == kOrder.end()) words.emplace_back(verb);
  }
  return join(words, ", ");
}

}  // namespace

std::string rbac_yaml() {
  std::vector<Access> all;
  add(kaizen::reconcile::core_needs(), &all);
  for (const auto& router : kaizen::ext::extensions().routers) add(router.needs, &all);
  std::string out =
      "# Written by kaizen-schema from the needs of core and of every extension (A52); nothing "
      "else\n"
      "# is allowed (SEC-1, SEC-2).\n"
      "apiVersion: rbac.authorization.k8s.io/v1\n"
      "kind: ClusterRole\n"
      "metadata:\n"
      "  name: kaizen\n"
      "rules:\n";
  for (const Access& access : all) {
    const std::string_view group = access.group.empty() ? "\"\"" : std::string_view(access.group);
    out += concat({"  - apiGroups: [", group, "]\n    resources: [", access.resource,
                   "]\n    verbs: [", verbs_text(access.verbs), "]\n"});
  }
  return out;
}
