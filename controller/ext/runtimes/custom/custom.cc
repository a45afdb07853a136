#include "ext/runtimes/custom/custom.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/model_deployment.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "core/extensions.h"
#include "ext/runtimes/labels_internal.h"
#include "ext/runtimes/pod_defaults_internal.h"
#include "ext/runtimes/strategic_merge_internal.h"

namespace kaizen::ext {
namespace {

using Json = nlohmann::json;
using Done = base::Result<base::Unit>;

constexpr std::string_view kContainer = "model";
constexpr int32_t kDefaultHttpPort = 8080;  // R3-3
constexpr base::Duration kDefaultDeadline = std::chrono::minutes(30);

struct Port {
  std::string name;
  int32_t number = 0;

  bool operator==(const Port&) const = default;
};

// ---- ports ----

// The model container's entry in the template; null when there is none.
const Json* template_container(const Json& over) {
  const auto spec = over.find("spec");
  if (spec == over.end() || !spec->is_object()) return nullptr;
  const auto containers = spec->find("containers");
  if (containers == spec->end() || !containers->is_array()) return nullptr;
  for (const Json& container : *containers) {
    if (container.is_object() && container.contains("name") && container["name"] == kContainer) {
      return &container;
    }
  }
  return nullptr;
}

// Ports the template gives the model container, as far as they are well formed; what is not, the
// API server names in its dry run (A45).
std::vector<Port> template_ports(const Json& over) {
  std::vector<Port> ports;
  const Json* container = template_container(over);
  if (container == nullptr) return ports;
  const auto list = container->find("ports");
  if (list == container->end() || !list->is_array()) return ports;
  for (const Json& port : *list) {
    if (!port.is_object() || !port.contains("name") || !port.contains("containerPort")) continue;
    if (!port["name"].is_string() || !port["containerPort"].is_number_integer()) continue;
    const auto number = port["containerPort"].get<int64_t>();
    if (number < 1 || number > 65535) continue;
    ports.push_back({port["name"].get<std::string>(), static_cast<int32_t>(number)});
  }
  return ports;
}

std::vector<Port> spec_ports(const api::ModelDeploymentSpec& spec) {
  std::vector<Port> ports;
  if (!spec.runtime || !spec.runtime->ports) return ports;
  const api::RuntimePorts& given = *spec.runtime->ports;
  if (given.http) ports.push_back({"http", *given.http});
  if (given.grpc) ports.push_back({"grpc", *given.grpc});
  if (given.metrics) ports.push_back({"metrics", *given.metrics});
  return ports;
}

bool is_serving(const Port& port) {
  return port.name == "http" || port.name == "grpc";
}

// Ports this runtime declares itself: what spec.runtime.ports says, and http 8080 when neither that
// nor the template has a serving port.
std::vector<Port> declared_ports(const api::ModelDeploymentSpec& spec, const Json& over) {
  std::vector<Port> ports = spec_ports(spec);
  if (std::ranges::any_of(ports, is_serving) ||
      std::ranges::any_of(template_ports(over), is_serving)) {
    return ports;
  }
  ports.insert(ports.begin(), {"http", kDefaultHttpPort});
  return ports;
}

// http before grpc; the template's number stands where it declares the name itself.
std::vector<core::RuntimePort> serving_ports(const api::ModelDeploymentSpec& spec,
                                             const Json& over) {
  std::vector<Port> all = template_ports(over);
  for (Port& port : declared_ports(spec, over)) all.push_back(std::move(port));
  std::vector<core::RuntimePort> serving;
  for (const std::string_view name : {"http", "grpc"}) {
    const auto found = std::ranges::find(all, name, &Port::name);
    if (found != all.end()) serving.push_back({found->name, found->number});
  }
  return serving;
}

// One number, one name: the API server keys ports by number, Services find them by name.
Done check_ports(const api::ModelDeploymentSpec& spec, const Json& over) {
  const std::vector<Port> declared = declared_ports(spec, over);
  for (size_t i = 0; i < declared.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (declared[i].number != declared[j].number) continue;
      const std::string number = std::to_string(declared[i].number);
      return base::invalid(base::concat({"spec.runtime.ports.", declared[i].name, ": ", number,
                                         " is ", declared[j].name, " already; use another one"}));
    }
    for (const Port& other : template_ports(over)) {
      if (other.name != declared[i].name || other.number == declared[i].number) continue;
      return base::invalid(
          base::concat({"spec.runtime.ports.", other.name, ": ", std::to_string(declared[i].number),
                        ", but container model in spec.template calls port ",
                        std::to_string(other.number), " ", other.name, "; keep one of them"}));
    }
  }
  return base::Unit{};
}

std::vector<core::RuntimePort> ports(const api::ModelDeploymentSpec& spec) {
  const base::Result<Json> over = parse_template(spec.template_.text());
  return serving_ports(spec, over.ok() ? *over : Json::object());
}

// ---- environment ----

// AD-5; set when there is something to say.
std::vector<std::pair<std::string_view, std::string>> kaizen_variables(
    const core::RuntimeInput& input) {
  const api::Model model = input.spec->model.value_or(api::Model{});
  std::vector<std::pair<std::string_view, std::string>> variables = {
      {"KAIZEN_MODEL_NAME", model.name.empty() ? input.deployment : model.name},
      {"KAIZEN_MODEL_URI", model.uri},
      {"KAIZEN_MODEL_FORMAT", model.format},
      {"KAIZEN_MODEL_VERSION", model.version},
      {"KAIZEN_MODEL_DIGEST", model.digest},
      {"KAIZEN_REVISION", input.revision},
  };
  return variables;
}

// Ours first, so that a user's value may refer to them as $(KAIZEN_MODEL_URI).
base::Result<Json> environment(const core::RuntimeInput& input) {
  Json env = Json::array();
  std::set<std::string, std::less<>> names;
  for (const auto& [name, value] : kaizen_variables(input)) {
    names.emplace(name);
    if (!value.empty()) env.push_back({{"name", name}, {"value", value}});
  }
  const std::vector<api::EnvVar> given =
      input.spec->runtime ? input.spec->runtime->env : std::vector<api::EnvVar>{};
  for (size_t i = 0; i < given.size(); ++i) {
    if (!names.insert(given[i].name).second) {
      const std::string position = std::to_string(i);
      return base::invalid(base::concat({"spec.runtime.env[", position, "].name: ", given[i].name,
                                         " is set already; KAIZEN_ names are kaizen's"}));
    }
    env.push_back({{"name", given[i].name}, {"value", given[i].value}});
  }
  return env;
}

// A template must not say what a variable of ours says.
Done check_template_environment(const core::RuntimeInput& input, const Json& over) {
  const Json* container = template_container(over);
  if (container == nullptr) return base::Unit{};
  const auto env = container->find("env");
  if (env == container->end() || !env->is_array()) return base::Unit{};
  for (const auto& [name, value] : kaizen_variables(input)) {
    for (const Json& variable : *env) {
      if (!variable.is_object() || !variable.contains("name") || variable["name"] != name) continue;
      return base::invalid(base::concat({"spec.template.spec.containers: env ", name,
                                         " of container model is kaizen's; remove "
                                         "it"}));
    }
  }
  return base::Unit{};
}

// ---- the pod ----

Json probe(const std::string& port, int64_t period_s, int64_t failures) {
  return {
      {"tcpSocket", {{"port", port}}}, {"periodSeconds", period_s}, {"failureThreshold", failures}};
}

// AD-4: as long as the rollout would wait, so that a slow load is never a restart.
Json startup_probe(const std::string& port, base::Duration deadline) {
  constexpr base::Duration kPeriod =
      std::chrono::seconds(2);  // a model that loads fast serves soon
  const int64_t failures = (deadline + kPeriod - base::Duration(1)) / kPeriod;
  return probe(port, kPeriod / std::chrono::seconds(1),
               std::clamp<int64_t>(failures, 1, INT32_MAX));
}

Json resources(const api::ModelDeploymentSpec& spec) {
  Json json = Json::object();
  if (!spec.runtime || !spec.runtime->resources) return json;
  if (!spec.runtime->resources->requests.empty()) {
    json["requests"] = spec.runtime->resources->requests;
  }
  if (!spec.runtime->resources->limits.empty()) json["limits"] = spec.runtime->resources->limits;
  return json;
}

base::Result<Json> model_container(const core::RuntimeInput& input, const Json& over) {
  const api::ModelDeploymentSpec& spec = *input.spec;
  KAIZEN_TRY(Json env, environment(input));
  Json container = {{"name", kContainer}, {"env", std::move(env)}};
  if (!spec.image.empty()) container["image"] = spec.image;
  if (spec.runtime && !spec.runtime->args.empty()) container["args"] = spec.runtime->args;
  Json ports = Json::array();
  for (const Port& port : declared_ports(spec, over)) {
    ports.push_back({{"name", port.name}, {"containerPort", port.number}});
  }
  if (!ports.empty()) container["ports"] = std::move(ports);
  if (Json given = resources(spec); !given.empty()) container["resources"] = std::move(given);
  const std::string port = serving_ports(spec, over).front().name;
  container["startupProbe"] =
      startup_probe(port, spec.progress_deadline.value_or(kDefaultDeadline));
  container["readinessProbe"] = probe(port, 5, 3);
  container["livenessProbe"] = probe(port, 10, 3);
  // Kubernetes's own sleep: an image without a shell has no program to run (Kubernetes 1.30).
  container["lifecycle"] = {{"preStop", {{"sleep", {{"seconds", kDrainSeconds}}}}}};
  return container;
}

Done check_image(const Json& pod) {
  const std::string image = pod["spec"]["containers"].front().value("image", Json()).dump();
  if (image != "null" && image != "\"\"") return base::Unit{};
  return base::invalid(
      "spec.image: empty, and no container named model in spec.template.spec.containers has an "
      "image; set spec.image, or name the serving container model");
}

base::Result<std::string> render(const core::RuntimeInput& input) {
  KAIZEN_CHECK(input.spec != nullptr, "a pod is rendered from a spec");
  KAIZEN_TRY(const Json over, parse_template(input.spec->template_.text()));
  const api::StringMap labels = pod_labels(input);
  for (const Done& done : {check_ports(*input.spec, over), check_template_environment(input, over),
                           check_template_labels(labels, over)}) {
    if (!done.ok()) return done.error();
  }
  KAIZEN_TRY(Json container, model_container(input, over));
  Json pod = {{"metadata", {{"labels", labels}}},
              {"spec",
               {{"containers", Json::array({std::move(container)})},
                {"terminationGracePeriodSeconds", kTerminationGraceSeconds}}}};
  KAIZEN_TRY(const base::Unit merged, merge_pod_template(&pod, over));
  static_cast<void>(merged);
  KAIZEN_TRY(const base::Unit runnable, check_image(pod));
  static_cast<void>(runnable);
  apply_pod_defaults(&pod);
  return pod.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace

const core::Runtime& custom_runtime() {
  static constexpr core::Runtime kRuntime = {.name = "custom", .render = &render, .ports = &ports};
  return kRuntime;
}

}  // namespace kaizen::ext
