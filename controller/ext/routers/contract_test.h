// Contract of a router (A51): what every one of them keeps, checked through its functions alone.
// Tests only.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "ext/ext_test_support_internal.h"

namespace kaizen::ext::testing {

// The ways in which that router can be configured.
inline std::vector<api::Traffic> traffic_forms(const core::Router& router) {
  switch (router.type) {
    case api::RouterType::kService: return {api::Traffic{}};
    case api::RouterType::kGatewayApi: return {existing_route(), own_route()};
  }
  return {};
}

inline RouteWorld world_for(const api::Traffic& traffic) {
  RouteWorld world;
  if (traffic.gateway_api && traffic.gateway_api->http_route) world.set_route(recorded_route());
  return world;
}

// What core does beside a router's effects: the selector of Service <name>, and the pods.
inline void act_as_core(const core::Router& router, int32_t weight, RouteWorld* world) {
  constexpr int32_t kReplicas = 99;  // enough to carry every percent up to 50
  world->objects.main_selects = router.main_selector(weight);
  world->objects.stable_ready = kReplicas;
  world->objects.candidate_ready = router.candidate_size(kReplicas, weight);
}

inline const api::Resource& resource_of(const core::Effect& effect) {
  if (const auto* create = std::get_if<core::Create>(&effect)) return create->manifest.resource;
  if (const auto* apply = std::get_if<core::Apply>(&effect)) return apply->manifest.resource;
  if (const auto* patch = std::get_if<core::Patch>(&effect)) return patch->resource;
  return std::get<core::Delete>(effect).resource;
}

// The verbs of the API that the effect takes; a creation is an apply (A25).
inline std::vector<std::string_view> verbs_of(const core::Effect& effect) {
  if (std::holds_alternative<core::Create>(effect)) return {"create", "patch"};
  if (std::holds_alternative<core::Delete>(effect)) return {"delete"};
  return {"patch"};
}

inline bool is_allowed(const core::Router& router,
                       const api::Resource& resource,
                       std::string_view verb) {
  for (const core::Need& need : router.needs) {
    if (need.resource == resource && need.subresource.empty() &&
        std::find(need.verbs.begin(), need.verbs.end(), verb) != need.verbs.end()) {
      return true;
    }
  }
  return false;
}

}  // namespace kaizen::ext::testing
