// What the tests of this room share: golden files, and a small world in which a router's effects
// are carried out as the API server would. Tests only.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "api/tables.h"
#include "base/ref.h"
#include "base/uid.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "schema/codec.h"
#include "source_dir.h"

namespace kaizen::ext::testing {

inline std::string golden_path(std::string_view name) {
  return std::string(KAIZEN_SOURCE_DIR) + "/tests/golden/ext/" + std::string(name);
}

inline std::string read_golden(std::string_view name) {
  std::ifstream file(golden_path(name));
  EXPECT_TRUE(file.good()) << "cannot read " << golden_path(name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// KAIZEN_UPDATE_GOLDEN=1 in the environment writes the file instead; the difference is then for git
// to show and for a person to judge.
inline void expect_golden(std::string_view name, const std::string& text) {
  if (std::getenv("KAIZEN_UPDATE_GOLDEN") != nullptr) {  // NOLINT: one thread, nobody sets it
    std::ofstream(golden_path(name)) << text;
    return;
  }
  EXPECT_EQ(text, read_golden(name)) << "differs from " << golden_path(name);
}

inline base::Uid uid(std::string_view text) {
  return base::parse_uid(text).value_or(base::Uid{});
}

inline const base::Uid kOwner = uid("00000000-0000-4000-8000-0000000000aa");

inline base::Ref<api::Service> service(const std::string& name) {
  api::Service value;
  value.metadata.ns = "shop";
  value.metadata.name = name;
  return base::make_ref(std::move(value));
}

// A cluster with Services ranker and ranker-canary and, perhaps, one HTTPRoute.
class RouteWorld {
 public:
  RouteWorld() {
    objects.main = service("ranker");
    objects.canary = service("ranker-canary");
    objects.stable_ready = 3;
    objects.candidate_ready = 1;
  }

  void set_route(nlohmann::json json) {
    route = std::move(json);
    const base::Result<api::HttpRoute> decoded = schema::decode<api::HttpRoute>(route.dump());
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    objects.route = base::make_ref(*decoded);
  }

  // Carries the effects out; a failed test of a JSON Patch is a test failure.
  void carry_out(const std::vector<core::Effect>& effects) {
    for (const core::Effect& effect : effects) {
      if (const auto* patch = std::get_if<core::Patch>(&effect)) {
        set_route(route.patch(nlohmann::json::parse(patch->ops)));
      } else if (const auto* create = std::get_if<core::Create>(&effect)) {
        apply(create->manifest);
      } else if (const auto* change = std::get_if<core::Apply>(&effect)) {
        apply(change->manifest);
      } else {
        route = nullptr;
        objects.route = nullptr;
      }
    }
  }

  nlohmann::json route;  // as the server stores it; null: absent
  core::RouteObjects objects;

 private:
  void apply(const core::Manifest& manifest) {
    nlohmann::json json = nlohmann::json::parse(manifest.body);
    json["metadata"]["uid"] = "00000000-0000-4000-8000-0000000000bb";
    json["metadata"]["resourceVersion"] = "2000";
    json["metadata"]["generation"] = 1;
    set_route(std::move(json));
  }
};

inline core::RouteIntent route_intent(int32_t canary_weight, const api::Traffic* traffic) {
  core::RouteIntent intent;
  intent.ns = "shop";
  intent.deployment = "ranker";
  intent.canary_service = "ranker-canary";
  intent.owner_uid = kOwner;
  intent.port = 80;
  intent.canary_weight = canary_weight;
  intent.traffic = traffic;
  return intent;
}

// The rule "predict" of a user's route.
inline api::Traffic existing_route() {
  api::Traffic traffic;
  traffic.router = api::RouterType::kGatewayApi;
  traffic.gateway_api.emplace();
  traffic.gateway_api->http_route.emplace();
  traffic.gateway_api->http_route->name = "ranker";
  traffic.gateway_api->http_route->rule_name = "predict";
  return traffic;
}

inline api::Traffic own_route() {
  api::Traffic traffic;
  traffic.router = api::RouterType::kGatewayApi;
  traffic.gateway_api.emplace();
  traffic.gateway_api->create.emplace();
  api::ParentReference parent;
  parent.name = "public";
  parent.ns = "default";
  traffic.gateway_api->create->parent_refs = {parent};
  traffic.gateway_api->create->hostnames = {"ranker.example.com"};
  return traffic;
}

// A route as a real API server stored it and Traefik accepted it: two rules with our backend, one
// of them named, filters and matches around it.
inline nlohmann::json recorded_route() {
  return nlohmann::json::parse(read_golden("gateway/route.json"));
}

}  // namespace kaizen::ext::testing
