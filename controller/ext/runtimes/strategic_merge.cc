#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "ext/runtimes/strategic_merge_internal.h"

namespace kaizen::ext {
namespace {

using Json = nlohmann::json;
using Done = base::Result<base::Unit>;

constexpr int kMaxDepth = 64;  // RT-40

// Where in a pod template a value stands, as far as merging differs there.
enum class Place : uint8_t {
  kPlain,
  kTemplate,
  kPodSpec,
  kContainer,
  kVariable,  // of `env`: value and valueFrom exclude each other, so it is replaced as a whole
  kProbe,
  kLifecycle,
  kHandler,
};

struct Rule {
  Place in;
  std::string_view member;
  Place place;           // of the member, or of the elements of a keyed list
  std::string_view key;  // of a keyed list; empty: not one
};

// The merge keys that the Kubernetes API defines for PodTemplateSpec (patchMergeKey). A port is the
// same port only with the same protocol, as in server-side apply. What is not here is an object
// that merges member by member, or a list that is replaced.
constexpr std::array kRules = {
    Rule{Place::kTemplate, "spec", Place::kPodSpec, ""},
    Rule{Place::kPodSpec, "containers", Place::kContainer, "name"},
    Rule{Place::kPodSpec, "initContainers", Place::kContainer, "name"},
    Rule{Place::kPodSpec, "ephemeralContainers", Place::kContainer, "name"},
    Rule{Place::kPodSpec, "volumes", Place::kPlain, "name"},
    Rule{Place::kPodSpec, "imagePullSecrets", Place::kPlain, "name"},
    Rule{Place::kPodSpec, "hostAliases", Place::kPlain, "ip"},
    Rule{Place::kPodSpec, "topologySpreadConstraints", Place::kPlain, "topologyKey"},
    Rule{Place::kPodSpec, "resourceClaims", Place::kPlain, "name"},
    Rule{Place::kPodSpec, "schedulingGates", Place::kPlain, "name"},
    Rule{Place::kContainer, "env", Place::kVariable, "name"},
    Rule{Place::kContainer, "ports", Place::kPlain, "containerPort"},
    Rule{Place::kContainer, "volumeMounts", Place::kPlain, "mountPath"},
    Rule{Place::kContainer, "volumeDevices", Place::kPlain, "devicePath"},
    Rule{Place::kContainer, "startupProbe", Place::kProbe, ""},
    Rule{Place::kContainer, "readinessProbe", Place::kProbe, ""},
    Rule{Place::kContainer, "livenessProbe", Place::kProbe, ""},
    Rule{Place::kContainer, "lifecycle", Place::kLifecycle, ""},
    Rule{Place::kLifecycle, "preStop", Place::kHandler, ""},
    Rule{Place::kLifecycle, "postStart", Place::kHandler, ""},
};

// Of these a probe or a handler has exactly one.
constexpr std::array<std::string_view, 5> kActions = {"exec", "httpGet", "tcpSocket", "grpc",
                                                      "sleep"};

Rule rule_of(Place in, std::string_view member) {
  const auto* const found = std::ranges::find_if(
      kRules, [&](const Rule& rule) { return rule.in == in && rule.member == member; });
  return found == kRules.end() ? Rule{in, member, Place::kPlain, ""} : *found;
}

base::Error fault(const std::string& path, std::string_view what) {
  return base::invalid(base::concat({path, ": ", what}));
}

std::string_view kind_of(const Json& value) {
  if (value.is_object()) return "an object";
  return value.is_array() ? "a list" : "a plain value";
}

Done merge_object(Json* base, const Json& over, Place place, const std::string& path);

// What makes two elements of a keyed list the same one.
base::Result<std::string> identity(const Json& element,
                                   std::string_view key,
                                   const std::string& path) {
  if (!element.is_object()) return fault(path, "must be an object");
  const auto found = element.find(key);
  if (found == element.end()) {
    return fault(path, base::concat({"has no ", key, ", by which such lists are merged; add it"}));
  }
  if (found->is_structured()) {
    return fault(base::concat({path, ".", key}), "must be a plain value");
  }
  std::string id = found->is_string() ? found->get<std::string>() : found->dump();
  const auto protocol = element.find("protocol");
  if (key == "containerPort" && protocol != element.end() && protocol->is_string() &&
      *protocol != "TCP") {
    id += base::concat({"/", protocol->get<std::string>()});
  }
  return id;
}

// The position of the element with that identity; the end when there is none. Elements of `base`
// are ours and have their key.
size_t position_of(const Json& list, std::string_view key, const std::string& id) {
  for (size_t i = 0; i < list.size(); ++i) {
    const base::Result<std::string> other = identity(list[i], key, "");
    if (other.ok() && *other == id) return i;
  }
  return list.size();
}

Done merge_list(Json* base, const Json& over, const Rule& rule, const std::string& path) {
  std::set<std::string> seen;
  for (size_t i = 0; i < over.size(); ++i) {
    const std::string element_path = base::concat({path, "[", std::to_string(i), "]"});
    KAIZEN_TRY(const std::string id, identity(over[i], rule.key, element_path));
    if (!seen.insert(id).second) {
      return fault(element_path, base::concat({rule.key, " ", id,
                                               " stands twice in the list; keep "
                                               "one"}));
    }
    const size_t position = position_of(*base, rule.key, id);
    if (position == base->size()) {
      base->push_back(over[i]);
      continue;
    }
    if (rule.place == Place::kVariable) {
      (*base)[position] = over[i];
      continue;
    }
    KAIZEN_TRY(const base::Unit done,
               merge_object(&(*base)[position], over[i], rule.place, element_path));
    static_cast<void>(done);
  }
  return base::Unit{};
}

// A template is a whole object, not a patch: what only a patch may say is refused, not applied and
// not passed on.
bool is_directive(std::string_view member) {
  return member.starts_with("$");
}

// A probe that says how to ask replaces our way of asking and keeps the times it does not name.
void drop_other_actions(Json* base, const Json& over) {
  const bool names_one =
      std::ranges::any_of(kActions, [&](std::string_view action) { return over.contains(action); });
  if (!names_one) return;
  for (const std::string_view action : kActions) base->erase(std::string(action));
}

Done merge_member(Json* base, const Json& over, const Rule& rule, const std::string& path) {
  if (kind_of(*base) != kind_of(over)) {
    return fault(path, base::concat({"must be ", kind_of(*base), ", is ", kind_of(over)}));
  }
  if (over.is_object()) return merge_object(base, over, rule.place, path);
  if (over.is_array() && !rule.key.empty()) return merge_list(base, over, rule, path);
  *base = over;
  return base::Unit{};
}

Done merge_object(Json* base, const Json& over, Place place, const std::string& path) {
  if (place == Place::kProbe || place == Place::kHandler) drop_other_actions(base, over);
  for (const auto& [member, value] : over.items()) {
    const std::string member_path = base::concat({path, ".", member});
    if (is_directive(member)) {
      return fault(member_path, "is a directive of patches; a template is a whole pod, remove it");
    }
    const auto found = base->find(member);
    if (found == base->end()) {
      base->emplace(member, value);
      continue;
    }
    KAIZEN_TRY(const base::Unit done,
               merge_member(&*found, value, rule_of(place, member), member_path));
    static_cast<void>(done);
  }
  return base::Unit{};
}

bool is_deeper(const Json& value, int levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::ranges::any_of(value, [&](const Json& part) { return is_deeper(part, levels - 1); });
}

void drop_nulls(Json* value) {
  if (value->is_object()) {
    for (auto member = value->begin(); member != value->end();) {
      member = member->is_null() ? value->erase(member) : std::next(member);
    }
  }
  if (!value->is_structured()) return;
  for (Json& part : *value) drop_nulls(&part);
}

}  // namespace

base::Result<Json> parse_template(std::string_view text) {
  if (text.empty()) return Json::object();
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fault("spec.template", "is not JSON");
  if (json.is_null()) return Json::object();
  if (!json.is_object()) {
    return fault("spec.template", base::concat({"must be an object, is ", kind_of(json)}));
  }
  if (is_deeper(json, kMaxDepth)) return fault("spec.template", "is nested deeper than 64 levels");
  drop_nulls(&json);
  return json;
}

Done merge_pod_template(Json* base, const Json& over) {
  return merge_object(base, over, Place::kTemplate, "spec.template");
}

}  // namespace kaizen::ext
