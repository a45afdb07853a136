#include "core/rollout/fake_extensions_test_support.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/tables.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "schema/codec.h"

namespace kaizen::core::testing_support {

namespace {

// ---- router Service (R3-11) ----

MainSelector service_selector(int32_t weight) {
  if (weight <= 0) return MainSelector::kRole;
  return weight >= 100 ? MainSelector::kCandidate : MainSelector::kBoth;
}

int32_t service_size(int32_t replicas, int32_t weight) {
  if (weight > 50) return replicas;
  const double exact = 1.0 * replicas * weight / (100.0 - weight);
  return std::clamp(static_cast<int32_t>(std::lround(exact)), 1, std::max(1, replicas));
}

double service_share(int32_t replicas, int32_t weight) {
  if (weight <= 0) return 0;
  if (weight >= 100) return 100;
  const double pods = service_size(replicas, weight);
  return 100.0 * pods / (replicas + pods);
}

base::Result<std::vector<Effect>> render_nothing(const RouteIntent&, const RouteObjects&) {
  return std::vector<Effect>{};
}

RouteState parse_service(const RouteIntent&, const RouteObjects& objects) {
  RouteState state;
  if (objects.main == nullptr || objects.main_selects == MainSelector::kRole) return state;
  if (objects.main_selects == MainSelector::kCandidate) {
    state.canary_weight = 100;
    return state;
  }
  const double all = objects.stable_ready + objects.candidate_ready;
  const double share = all > 0 ? 100.0 * objects.candidate_ready / all : 0;
  state.canary_weight = std::clamp(static_cast<int32_t>(std::lround(share)), 1, 99);
  return state;
}

// ---- router GatewayAPI: rule 0 of the existing route, weights of two backends ----

MainSelector gateway_selector(int32_t) {
  return MainSelector::kRole;
}

int32_t gateway_size(int32_t replicas, int32_t weight) {
  return std::max(1, (replicas * weight + 99) / 100);
}

double gateway_share(int32_t, int32_t weight) {
  return weight;
}

std::vector<api::CanaryStep> two_steps(int32_t) {
  api::CanaryStep small;
  small.weight = 10;
  small.hold = std::chrono::minutes(5);
  api::CanaryStep half = small;
  half.weight = 50;
  return {small, half};
}

int32_t weight_of(const api::HttpRoute& route, std::string_view backend) {
  for (const api::BackendRef& ref : route.spec.rules.front().backend_refs) {
    if (ref.name == backend) return ref.weight.value_or(1);
  }
  return -1;
}

// The patch is not RFC 6902 but what World understands: "weight=N" or "leave".
base::Result<std::vector<Effect>> render_gateway(const RouteIntent& intent,
                                                 const RouteObjects& objects) {
  if (objects.route == nullptr) return std::vector<Effect>{};
  const int32_t now = weight_of(*objects.route, intent.canary_service);
  const bool leave = intent.leaving && now == 0;
  if (intent.leaving ? now == -1 : now == intent.canary_weight) return std::vector<Effect>{};
  Patch patch;
  patch.stage = Stage::kRoute;
  patch.resource = api::kHttpRoute;
  patch.key = {objects.route->metadata.ns, objects.route->metadata.name};
  patch.uid = objects.route->metadata.uid;
  patch.ops = base::concat(
      {objects.route->metadata.resource_version, " ",
       leave ? "leave" : "weight=", leave ? "" : std::to_string(intent.canary_weight)});
  return std::vector<Effect>{patch};
}

RouteState parse_gateway(const RouteIntent& intent, const RouteObjects& objects) {
  RouteState state;
  if (!objects.kind_available) {
    state.problem = RouteProblem::kUnavailable;
    state.message = "the cluster has no HTTPRoute: install the Gateway API";
    return state;
  }
  if (objects.route == nullptr || weight_of(*objects.route, intent.deployment) < 0) {
    state.problem = RouteProblem::kMissing;
    state.message = "HTTPRoute public or its backend is absent: create it";
    return state;
  }
  state.canary_weight = std::max(0, weight_of(*objects.route, intent.canary_service));
  const auto& parents = objects.route->status.parents;
  state.accepted = !parents.empty() && parents.front().conditions.front().observed_generation ==
                                           objects.route->metadata.generation;
  state.accepted_message = state.accepted ? "" : "Accepted is reported for an older generation";
  return state;
}

// ---- runtime ----

base::Result<std::string> render_pod(const RuntimeInput& input) {
  if (input.spec->image == "broken") {
    return base::invalid("spec.template.spec.containers[0]: names no container");
  }
  std::string grace;
  if (!input.spec->template_.text().empty()) {
    const auto given = schema::decode<api::PodGrace>(input.spec->template_.text());
    if (given.ok() && given->seconds) {
      grace =
          base::concat({R"(,"terminationGracePeriodSeconds":)", std::to_string(*given->seconds)});
    }
  }
  return base::concat({R"({"spec":{"containers":[{"name":"model","image":")", input.spec->image,
                       R"("}])", grace, R"(},"metadata":{"labels":{"kaizen.ml/revision":")",
                       input.revision, R"("}}})"});
}

std::vector<RuntimePort> http_port(const api::ModelDeploymentSpec&) {
  return {{"http", 8080}};
}

// ---- source ----

base::Result<std::vector<base::HttpRequest>> ask(const Question&) {
  return std::vector<base::HttpRequest>(1);
}

std::string trouble(std::span<const base::Result<base::HttpResponse>> responses) {
  if (responses.empty() || responses.front().ok()) return "Prometheus does not answer";
  return base::concat({"Prometheus does not answer: ", responses.front().error().message});
}

Reading read_counts(const Question& question,
                    std::span<const base::Result<base::HttpResponse>> responses) {
  Reading reading;
  reading.preset = "http";
  reading.side = "Server";
  reading.reason = "Available";
  const bool ok = !responses.empty() && responses.front().ok();
  if (!ok) {
    reading.reason = "QueryFailed";
    reading.message = trouble(responses);
  }
  for (const Signal& signal : question.signals) {
    SignalReading entry;
    entry.name = signal.name;
    entry.reason = reading.reason;
    entry.message = reading.message;
    if (ok && question.stable) entry.stable = source_answer().stable;
    if (ok && question.canary) entry.canary = source_answer().canary;
    reading.signals.push_back(std::move(entry));
  }
  return reading;
}

base::Result<std::vector<base::HttpRequest>> ask_baseline(const Question&, base::Duration) {
  return std::vector<base::HttpRequest>(1);
}

BaselineReading read_baseline(const Question& question,
                              base::Duration,
                              std::span<const base::Result<base::HttpResponse>> responses) {
  BaselineReading reading;
  if (responses.empty() || !responses.front().ok()) {
    reading.ticks.resize(question.signals.size());
    reading.failures.assign(question.signals.size(), trouble(responses));
    return reading;
  }
  reading.preset = "http";
  reading.side = "Server";
  for (size_t i = 0; i < question.signals.size(); ++i) {
    reading.ticks.emplace_back(20, source_answer().stable);
  }
  return reading;
}

constexpr std::array kRouters = {
    Router{.name = "Service",
           .type = api::RouterType::kService,
           .needs = {},
           .main_selector = service_selector,
           .candidate_size = service_size,
           .real_share = service_share,
           .default_steps = two_steps,
           .render = render_nothing,
           .parse = parse_service},
    Router{.name = "GatewayAPI",
           .type = api::RouterType::kGatewayApi,
           .needs = {},
           .main_selector = gateway_selector,
           .candidate_size = gateway_size,
           .real_share = gateway_share,
           .default_steps = two_steps,
           .render = render_gateway,
           .parse = parse_gateway},
};

constexpr std::array kRuntimes = {
    Runtime{.name = "custom", .render = render_pod, .ports = http_port}};

constexpr std::array kSources = {Source{.name = "prometheus",
                                        .render = ask,
                                        .parse = read_counts,
                                        .render_baseline = ask_baseline,
                                        .parse_baseline = read_baseline}};

}  // namespace

SourceAnswer& source_answer() {
  static SourceAnswer answer;
  return answer;
}

Extensions fake_extensions() {
  Extensions extensions;
  extensions.routers = kRouters;
  extensions.runtimes = kRuntimes;
  extensions.sources = kSources;
  return extensions;
}

}  // namespace kaizen::core::testing_support
