// Rule: the one rule of an HTTPRoute that sends traffic to a ModelDeployment, and the weights of
// our two backends in it. Positions are those of the object as read; they hold as long as its
// resourceVersion does. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "core/extensions.h"

namespace kaizen::ext::gateway {

struct Rule {
  core::RouteProblem problem = core::RouteProblem::kNone;
  std::string message;  // of the problem

  size_t index = 0;
  std::optional<size_t> stable;  // positions in backendRefs
  std::optional<size_t> canary;
  int64_t stable_weight = 0;
  int64_t canary_weight = 0;
  bool others = false;  // another backend of the rule has a weight above 0
};

// The rule that `target` means. An absent stable backend is a problem (R3-16), an absent canary is
// not.
Rule find_rule(const core::RouteIntent& intent,
               const api::HttpRouteTarget& target,
               const api::HttpRoute& route);

struct Weights {
  int64_t stable = 0;
  int64_t canary = 0;

  bool operator==(const Weights&) const = default;
};

// What the two weights must be for `percent`. Alone in the rule they add up to 100; beside other
// backends their sum stays what it is, so that the others keep their share (TR-2).
Weights wanted_weights(const Rule& rule, int32_t percent);

// What the two weights mean, in percent of our own traffic; 0 and 100 only when exactly that.
int32_t percent_of(const Weights& weights);

}  // namespace kaizen::ext::gateway
