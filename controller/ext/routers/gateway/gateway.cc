#include "ext/routers/gateway/gateway.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "api/tables.h"  // IWYU pragma: keep
#include "base/error.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "ext/routers/gateway/patch_internal.h"
#include "ext/routers/gateway/rule_internal.h"
#include "schema/codec.h"
#include "schema/json_writer.h"
#include "schema/resource.h"

namespace kaizen::ext {
namespace {

using Effects = std::vector<core::Effect>;

core::MainSelector main_selector(int32_t) {
  return core::MainSelector::kRole;  // the route splits the traffic, never Service <name>
}

// MD section 5, Scale.
int32_t candidate_size(int32_t replicas, int32_t weight) {
  if (replicas <= 0) return 0;
  const int64_t share = (int64_t{replicas} * std::clamp(weight, 0, 100) + 99) / 100;
  return static_cast<int32_t>(std::max<int64_t>(share, 1));
}

double real_share(int32_t, int32_t weight) {
  return std::clamp(weight, 0, 100);
}

std::vector<api::CanaryStep> default_steps(int32_t) {
  std::vector<api::CanaryStep> steps(2);
  steps[0].weight = 10;
  steps[1].weight = 50;
  for (api::CanaryStep& step : steps) step.hold = std::chrono::minutes(5);
  return steps;
}

const api::GatewayApiSpec* settings_of(const core::RouteIntent& intent) {
  if (intent.traffic == nullptr || !intent.traffic->gateway_api) return nullptr;
  return &*intent.traffic->gateway_api;
}

std::string key_text(const std::string& ns, const std::string& name) {
  return base::concat({"HTTPRoute ", ns, "/", name});
}

// ---- a route of ours ----

std::string path_match(const api::HttpRouteCreate& create) {
  schema::JsonWriter json;
  json.begin_array().begin_object().key("path").begin_object();
  json.key("type").string("PathPrefix").key("value").string(create.path_prefix.value_or("/"));
  json.end_object().end_object().end_array();
  return json.take();
}

api::BackendRef backend(const std::string& name, int32_t port, int64_t weight) {
  api::BackendRef ref;
  ref.name = name;
  ref.port = port;
  ref.weight = static_cast<int32_t>(weight);
  return ref;
}

api::HttpRoute own_route(const core::RouteIntent& intent, const api::HttpRouteCreate& create) {
  api::HttpRoute route;
  route.metadata.name = intent.deployment;
  route.metadata.ns = intent.ns;
  route.metadata.labels = {{"app.kubernetes.io/managed-by", "kaizen"},
                           {"kaizen.ml/deployment", intent.deployment}};
  route.metadata.owner_references = {{
      .api_version = schema::api_version(api::kModelDeployment),
      .kind = std::string(api::kModelDeployment.kind),
      .name = intent.deployment,
      .uid = intent.owner_uid,
      .controller = true,
  }};
  route.spec.parent_refs = create.parent_refs;
  route.spec.hostnames = create.hostnames;
  api::HttpRouteRule rule;
  rule.matches = api::RawJson(path_match(create));
  const int64_t canary = std::clamp(intent.canary_weight, 0, 100);
  rule.backend_refs = {backend(intent.deployment, intent.port, 100 - canary),
                       backend(intent.canary_service, intent.port, canary)};
  route.spec.rules = {std::move(rule)};
  return route;
}

core::Manifest own_manifest(const core::RouteIntent& intent, const api::HttpRouteCreate& create) {
  constexpr size_t kHashDigits = 16;
  api::HttpRoute route = own_route(intent, create);
  const std::string hash = base::sha256_hex(schema::encode(route)).substr(0, kHashDigits);
  route.metadata.annotations = {{"kaizen.ml/hash", hash}};
  return {.resource = api::kHttpRoute,
          .key = {.ns = intent.ns, .name = intent.deployment},
          .body = schema::encode(route),
          .hash = hash};
}

bool is_ours(const core::RouteIntent& intent, const api::HttpRoute& route) {
  return std::ranges::any_of(route.metadata.owner_references, [&](const auto& owner) {
    return owner.controller && owner.uid == intent.owner_uid;
  });
}

// What kaizen means by the route, as far as it is read back. `matches` is left to the hash: a
// server may write it in another form.
bool says_the_same(const api::HttpRoute& seen, const api::HttpRoute& wanted) {
  if (seen.spec.parent_refs != wanted.spec.parent_refs ||
      seen.spec.hostnames != wanted.spec.hostnames || seen.spec.rules.size() != 1) {
    return false;
  }
  const auto same_backend = [](const api::BackendRef& a, const api::BackendRef& b) {
    return a.name == b.name && a.port == b.port && a.weight == b.weight;
  };
  return std::ranges::equal(seen.spec.rules.front().backend_refs,
                            wanted.spec.rules.front().backend_refs, same_backend);
}

// TR-9: a new route is written when stable has somebody to answer, not before.
bool may_begin(const core::RouteObjects& objects) {
  return objects.main != nullptr && objects.stable_ready > 0;
}

base::Result<Effects> render_own(const core::RouteIntent& intent,
                                 const core::RouteObjects& objects,
                                 const api::HttpRouteCreate& create) {
  if (objects.route == nullptr) {
    if (intent.leaving || !may_begin(objects)) return Effects{};
    return Effects{core::Create{core::Stage::kRoute, own_manifest(intent, create)}};
  }
  const api::HttpRoute& route = *objects.route;
  if (!is_ours(intent, route) || route.metadata.deletion_timestamp) return Effects{};
  core::RouteIntent wanted = intent;
  if (intent.leaving) wanted.canary_weight = 0;
  core::Manifest manifest = own_manifest(wanted, create);
  const auto hash = route.metadata.annotations.find("kaizen.ml/hash");
  const bool current = hash != route.metadata.annotations.end() && hash->second == manifest.hash &&
                       says_the_same(route, own_route(wanted, create));
  if (!current) {
    return Effects{core::Apply{core::Stage::kRoute, std::move(manifest), route.metadata.uid,
                               route.metadata.resource_version}};
  }
  if (!intent.leaving) return Effects{};
  return Effects{core::Delete{
      core::Stage::kRetire, api::kHttpRoute, {intent.ns, intent.deployment}, route.metadata.uid}};
}

// ---- a route of the user ----

base::Result<Effects> render_existing(const core::RouteIntent& intent,
                                      const core::RouteObjects& objects,
                                      const api::HttpRouteTarget& target) {
  if (objects.route == nullptr || objects.route->metadata.deletion_timestamp) return Effects{};
  const api::HttpRoute& route = *objects.route;
  const gateway::Rule rule = gateway::find_rule(intent, target, route);
  std::optional<std::string> ops;
  if (rule.problem == core::RouteProblem::kAmbiguous) return Effects{};
  if (intent.leaving) {
    ops = gateway::leaving_patch(rule, route);
  } else if (rule.problem == core::RouteProblem::kNone) {
    ops = gateway::weights_patch(intent, objects, rule);
  }
  if (!ops) return Effects{};
  return Effects{core::Patch{core::Stage::kRoute,
                             api::kHttpRoute,
                             {route.metadata.ns, route.metadata.name},
                             route.metadata.uid,
                             *std::move(ops)}};
}

base::Result<Effects> render(const core::RouteIntent& intent, const core::RouteObjects& objects) {
  const api::GatewayApiSpec* settings = settings_of(intent);
  if (!objects.kind_available || settings == nullptr) return Effects{};
  // TR-9: nobody is sent to a Service that does not exist. The picture may be behind: decide again.
  if (!intent.leaving && intent.canary_weight > 0 && objects.canary == nullptr) {
    return base::Error{
        .action = base::Action::kRetryReconcile,
        .code = base::Code::kNotFound,
        .message = base::concat({"weight ", std::to_string(intent.canary_weight), " for Service ",
                                 intent.ns, "/", intent.canary_service,
                                 ": it does not exist; nothing is written"}),
    };
  }
  if (settings->http_route) return render_existing(intent, objects, *settings->http_route);
  if (settings->create) return render_own(intent, objects, *settings->create);
  return Effects{};
}

// ---- reading ----

core::RouteState problem(core::RouteProblem what, std::string message) {
  core::RouteState state;
  state.problem = what;
  state.accepted = false;
  state.accepted_message = message;
  state.message = std::move(message);
  return state;
}

// TR-4: one condition of one parent, for the generation as read; "" when it is fine.
std::string condition_fault(const api::RouteParentStatus& parent,
                            std::string_view type,
                            int64_t generation) {
  const auto condition = std::ranges::find(parent.conditions, type, &api::Condition::type);
  if (condition == parent.conditions.end()) return base::concat({type, " is not reported"});
  if (condition->observed_generation < generation) {
    return base::concat({type, " is reported for generation ",
                         std::to_string(condition->observed_generation), ", wanted ",
                         std::to_string(generation)});
  }
  if (condition->status == "True") return "";
  return base::concat(
      {type, " is ", condition->status, " (", condition->reason, "): ", condition->message});
}

void read_acceptance(const api::HttpRoute& route, core::RouteState* state) {
  state->accepted = false;
  const std::string name = key_text(route.metadata.ns, route.metadata.name);
  if (route.metadata.deletion_timestamp) {
    state->accepted_message = base::concat({name, " is being deleted"});
    return;
  }
  if (route.status.parents.empty()) {
    state->accepted_message =
        base::concat({"no gateway has reported on ", name,
                      " yet; check its parentRefs and the Gateway's listeners"});
    return;
  }
  for (const api::RouteParentStatus& parent : route.status.parents) {
    for (const std::string_view type : {"Accepted", "ResolvedRefs"}) {
      const std::string fault = condition_fault(parent, type, route.metadata.generation);
      if (fault.empty()) continue;
      state->accepted_message = base::concat({name, ": ", parent.controller_name, " for parent ",
                                              parent.parent_ref.text(), ": ", fault});
      return;
    }
  }
  state->accepted = true;
}

core::RouteState parse_existing(const core::RouteIntent& intent,
                                const core::RouteObjects& objects,
                                const api::HttpRouteTarget& target) {
  if (objects.route == nullptr) {
    return problem(core::RouteProblem::kMissing,
                   base::concat({key_text(intent.ns, target.name),
                                 " does not exist; create it, or correct "
                                 "spec.traffic.gatewayAPI.httpRoute.name"}));
  }
  const gateway::Rule rule = gateway::find_rule(intent, target, *objects.route);
  core::RouteState state;
  if (rule.problem != core::RouteProblem::kNone) state = problem(rule.problem, rule.message);
  const gateway::Weights seen = {.stable = rule.stable_weight, .canary = rule.canary_weight};
  const bool as_wanted = seen == gateway::wanted_weights(rule, intent.canary_weight);
  state.canary_weight = as_wanted ? intent.canary_weight : gateway::percent_of(seen);
  if (rule.problem == core::RouteProblem::kNone) read_acceptance(*objects.route, &state);
  return state;
}

core::RouteState parse_own(const core::RouteIntent& intent, const core::RouteObjects& objects) {
  core::RouteState state;
  const std::string name = key_text(intent.ns, intent.deployment);
  if (objects.route == nullptr) {
    state.accepted = false;
    state.accepted_message = base::concat({name, " is not created yet"});
    return state;
  }
  const api::HttpRoute& route = *objects.route;
  if (!is_ours(intent, route)) {
    return problem(core::RouteProblem::kForeign,
                   base::concat({name,
                                 " exists and does not belong to this ModelDeployment; delete "
                                 "it, or name it in spec.traffic.gatewayAPI.httpRoute"}));
  }
  gateway::Weights seen;
  for (const api::HttpRouteRule& rule : route.spec.rules) {
    for (const api::BackendRef& ref : rule.backend_refs) {
      const int64_t weight = ref.weight.value_or(1);
      if (ref.name == intent.deployment) seen.stable += weight;
      if (ref.name == intent.canary_service) seen.canary += weight;
    }
  }
  state.canary_weight = gateway::percent_of(seen);
  read_acceptance(route, &state);
  return state;
}

core::RouteState parse(const core::RouteIntent& intent, const core::RouteObjects& objects) {
  if (!objects.kind_available) {
    return problem(core::RouteProblem::kUnavailable,
                   "the cluster has no HTTPRoute (gateway.networking.k8s.io/v1); install the "
                   "Gateway API, or set spec.traffic.router to Service");
  }
  const api::GatewayApiSpec* settings = settings_of(intent);
  if (settings == nullptr || (!settings->http_route && !settings->create)) {
    return problem(core::RouteProblem::kMissing,
                   "spec.traffic.gatewayAPI names no route; set httpRoute or create");
  }
  return settings->http_route ? parse_existing(intent, objects, *settings->http_route)
                              : parse_own(intent, objects);
}

// Reading serves both forms; create and delete only routes of ours, patch both.
std::span<const core::Need> needs() {
  static const std::array<core::Need, 1> kNeeds = {{
      {api::kHttpRoute, "", {"get", "list", "watch", "create", "patch", "delete"}},
  }};
  return kNeeds;
}

}  // namespace

const core::Router& gateway_router() {
  static const core::Router kRouter = {
      .name = "GatewayAPI",
      .type = api::RouterType::kGatewayApi,
      .needs = needs(),
      .main_selector = &main_selector,
      .candidate_size = &candidate_size,
      .real_share = &real_share,
      .default_steps = &default_steps,
      .render = &render,
      .parse = &parse,
  };
  return kRouter;
}

}  // namespace kaizen::ext
