#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/text.h"
#include "core/extensions.h"
#include "ext/routers/gateway/rule_internal.h"

namespace kaizen::ext::gateway {
namespace {

constexpr int32_t kDefaultWeight = 1;      // of a backendRef without a weight
constexpr int64_t kMaxWeight = 1'000'000;  // bound of the Gateway API
constexpr int64_t kPercent = 100;

Rule problem(core::RouteProblem what, std::string message) {
  Rule rule;
  rule.problem = what;
  rule.message = std::move(message);
  return rule;
}

std::string route_name(const api::HttpRoute& route) {
  return base::concat({"HTTPRoute ", route.metadata.ns, "/", route.metadata.name});
}

bool is_service(const api::BackendRef& backend,
                const api::HttpRoute& route,
                const std::string& name) {
  return backend.name == name && backend.kind.value_or("Service") == "Service" &&
         backend.group.value_or("").empty() &&
         backend.ns.value_or(route.metadata.ns) == route.metadata.ns;
}

bool has_backend(const api::HttpRouteRule& rule,
                 const api::HttpRoute& route,
                 const std::string& name) {
  return std::ranges::any_of(rule.backend_refs, [&](const api::BackendRef& backend) {
    return is_service(backend, route, name);
  });
}

// Positions of the rules that spec addresses; with neither name nor index those that have our
// backend.
std::vector<size_t> candidates(const core::RouteIntent& intent,
                               const api::HttpRouteTarget& target,
                               const api::HttpRoute& route) {
  std::vector<size_t> found;
  for (size_t i = 0; i < route.spec.rules.size(); ++i) {
    const api::HttpRouteRule& rule = route.spec.rules[i];
    const bool matches = target.rule_name ? rule.name == target.rule_name
                         : target.rule    ? static_cast<int64_t>(i) == *target.rule
                                          : has_backend(rule, route, intent.deployment) ||
                                             has_backend(rule, route, intent.canary_service);
    if (matches) found.push_back(i);
  }
  return found;
}

std::string addressed(const core::RouteIntent& intent, const api::HttpRouteTarget& target) {
  if (target.rule_name) return base::concat({"rule named ", *target.rule_name});
  if (target.rule) return base::concat({"rule ", std::to_string(*target.rule)});
  return base::concat({"rule with a backend ", intent.deployment});
}

// Reads the backends of the rule into it; a backend that is listed twice is a problem.
void read_backends(const core::RouteIntent& intent, const api::HttpRoute& route, Rule* rule) {
  const std::vector<api::BackendRef>& backends = route.spec.rules[rule->index].backend_refs;
  for (size_t i = 0; i < backends.size(); ++i) {
    const int64_t weight = backends[i].weight.value_or(kDefaultWeight);
    const bool stable = is_service(backends[i], route, intent.deployment);
    const bool canary = is_service(backends[i], route, intent.canary_service);
    if (!stable && !canary) {
      rule->others = rule->others || weight > 0;
      continue;
    }
    std::optional<size_t>& position = stable ? rule->stable : rule->canary;
    if (position) {
      rule->problem = core::RouteProblem::kAmbiguous;
      rule->message = base::concat({"rule ", std::to_string(rule->index), " of ", route_name(route),
                                    " lists backend ", backends[i].name, " twice; keep one"});
      return;
    }
    position = i;
    (stable ? rule->stable_weight : rule->canary_weight) = weight;
  }
}

}  // namespace

Rule find_rule(const core::RouteIntent& intent,
               const api::HttpRouteTarget& target,
               const api::HttpRoute& route) {
  const std::vector<size_t> found = candidates(intent, target, route);
  if (found.empty()) {
    return problem(core::RouteProblem::kMissing,
                   base::concat({route_name(route), " has no ", addressed(intent, target),
                                 "; add it, or correct spec.traffic.gatewayAPI.httpRoute"}));
  }
  if (found.size() > 1) {
    return problem(core::RouteProblem::kAmbiguous,
                   base::concat({route_name(route), " has several rules that match ",
                                 addressed(intent, target),
                                 "; name one in spec.traffic.gatewayAPI.httpRoute.ruleName or "
                                 "rule"}));
  }
  Rule rule;
  rule.index = found.front();
  read_backends(intent, route, &rule);
  if (rule.problem != core::RouteProblem::kNone) return rule;
  const std::string where =
      base::concat({"rule ", std::to_string(rule.index), " of ", route_name(route)});
  if (!rule.stable) {
    rule.problem = core::RouteProblem::kMissing;
    rule.message =
        base::concat({where, " has no backend Service ", intent.deployment,
                      " in its own namespace; add it, kaizen adds only ", intent.canary_service});
    return rule;
  }
  const int64_t sum = rule.stable_weight + rule.canary_weight;
  if (rule.others && sum < kPercent) {
    rule.problem = core::RouteProblem::kUnrepresentable;
    rule.message = base::concat(
        {where,
         " sends traffic to other backends too; so that they keep their share, kaizen keeps "
         "the sum of its own two weights, which is ",
         std::to_string(sum),
         " and must be at least 100 to be divided into percent; multiply every "
         "weight of the rule by the same number"});
  }
  return rule;
}

Weights wanted_weights(const Rule& rule, int32_t percent) {
  const int64_t sum =
      rule.others ? std::min(rule.stable_weight + rule.canary_weight, kMaxWeight) : kPercent;
  if (percent <= 0) return {.stable = sum, .canary = 0};
  if (percent >= kPercent) return {.stable = 0, .canary = sum};
  if (sum < 2) return {.stable = sum, .canary = 0};  // nothing to divide (kUnrepresentable)
  // From a sum of 100 on a percent is a whole unit: the bounds only guard smaller sums.
  const int64_t canary = std::clamp<int64_t>((sum * percent + kPercent / 2) / kPercent, 1, sum - 1);
  return {.stable = sum - canary, .canary = canary};
}

int32_t percent_of(const Weights& weights) {
  const int64_t sum = weights.stable + weights.canary;
  if (sum <= 0 || weights.canary <= 0) return 0;
  if (weights.stable <= 0) return kPercent;
  const double share = static_cast<double>(kPercent * weights.canary) / static_cast<double>(sum);
  return static_cast<int32_t>(std::clamp<int64_t>(std::llround(share), 1, kPercent - 1));
}

}  // namespace kaizen::ext::gateway
