#include "ext/routers/gateway/gateway.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "base/error.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "ext/ext_test_support_internal.h"

namespace kaizen::ext {
namespace {

using core::RouteProblem;
using nlohmann::json;
using ::testing::HasSubstr;

const core::Router& router() {
  return gateway_router();
}

std::vector<core::Effect> render(const core::RouteIntent& intent,
                                 const testing::RouteWorld& world) {
  const auto effects = router().render(intent, world.objects);
  EXPECT_TRUE(effects.ok());
  return effects.ok() ? *effects : std::vector<core::Effect>{};
}

// The operations of the single JSON Patch that a render gives.
json patch_of(const std::vector<core::Effect>& effects) {
  if (effects.size() != 1 || !std::holds_alternative<core::Patch>(effects.front())) {
    ADD_FAILURE() << effects.size() << " effects, wanted one patch";
    return json::array();
  }
  return json::parse(std::get<core::Patch>(effects.front()).ops);
}

testing::RouteWorld recorded() {
  testing::RouteWorld world;
  world.set_route(testing::recorded_route());
  return world;
}

json& predict_backends(json& route) {
  return route["spec"]["rules"][1]["backendRefs"];
}

core::RouteState parse(const core::RouteIntent& intent, const testing::RouteWorld& world) {
  return router().parse(intent, world.objects);
}

// ---- a route of the user ----

TEST(GatewayRouter, RT58WeightsAreAJsonPatchThatATestGuards) {
  const testing::RouteWorld world = recorded();
  const api::Traffic traffic = testing::existing_route();

  const std::vector<core::Effect> effects = render(testing::route_intent(10, &traffic), world);

  const std::string version = world.objects.route->metadata.resource_version;
  ASSERT_FALSE(version.empty());
  EXPECT_EQ(patch_of(effects), json::parse(R"([
    {"op": "replace", "path": "/metadata/resourceVersion", "value": ")" +
                                           version + R"("},
    {"op": "test", "path": "/spec/rules/1/backendRefs/0/name", "value": "ranker"},
    {"op": "test", "path": "/spec/rules/1/backendRefs/1/name", "value": "ranker-canary"},
    {"op": "replace", "path": "/spec/rules/1/backendRefs/0/weight", "value": 90},
    {"op": "replace", "path": "/spec/rules/1/backendRefs/1/weight", "value": 10}])"));
  const auto& patch = std::get<core::Patch>(effects.front());
  EXPECT_EQ(patch.stage, core::Stage::kRoute);
  EXPECT_EQ(patch.resource, api::kHttpRoute);
  EXPECT_EQ(patch.key, (api::ObjectKey{"shop", "ranker"}));
  EXPECT_EQ(patch.uid, world.objects.route->metadata.uid);
}

// The resourceVersion is put, never tested: a failed test would hide the conflict behind a 422.
TEST(GatewayRouter, RT58TheVersionIsReplacedFirstAndNeverTested) {
  const testing::RouteWorld world = recorded();
  const api::Traffic traffic = testing::existing_route();
  const json ops = patch_of(render(testing::route_intent(35, &traffic), world));
  ASSERT_FALSE(ops.empty());
  EXPECT_EQ(ops.front()["op"], "replace");
  EXPECT_EQ(ops.front()["path"], "/metadata/resourceVersion");
  for (const json& op : ops) {
    EXPECT_FALSE(op["op"] == "test" && op["path"] == "/metadata/resourceVersion");
  }
}

// Filters, matches, timeouts, the other rule with the same backend, the order of backends.
TEST(GatewayRouter, TR2EverythingElseSurvivesByteForByte) {
  testing::RouteWorld world = recorded();
  const api::Traffic traffic = testing::existing_route();
  json expected = world.route;
  predict_backends(expected)[0]["weight"] = 65;
  predict_backends(expected)[1]["weight"] = 35;

  world.carry_out(render(testing::route_intent(35, &traffic), world));

  EXPECT_EQ(world.route.dump(), expected.dump());
}

TEST(GatewayRouter, RT57NothingButTheTwoWeightsAndTheVersionIsNamed) {
  const testing::RouteWorld world = recorded();
  const api::Traffic traffic = testing::existing_route();
  for (const json& op : patch_of(render(testing::route_intent(99, &traffic), world))) {
    const std::string path = op["path"];
    EXPECT_TRUE(path == "/metadata/resourceVersion" || path.ends_with("/weight") ||
                op["op"] == "test")
        << path;
  }
}

// An object in Git keeps its place: only weights differ from what Git says, which one entry of
// ignoreDifferences covers (R2-12).
TEST(GatewayRouter, TR7WeightsOnlyAndTheGuideNamesTheEntry) {
  testing::RouteWorld world = recorded();
  const api::Traffic traffic = testing::existing_route();
  const json before = world.route;
  world.carry_out(render(testing::route_intent(50, &traffic), world));
  json after = world.route;
  for (json& backend : predict_backends(after)) backend.erase("weight");
  json in_git = before;
  for (json& backend : predict_backends(in_git)) backend.erase("weight");
  EXPECT_EQ(after, in_git);

  std::ifstream file(std::string(KAIZEN_SOURCE_DIR) + "/docs/guides/router-gatewayapi.md");
  const std::string guide{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_THAT(guide, HasSubstr(".spec.rules[].backendRefs[].weight"));
  EXPECT_THAT(guide, HasSubstr("jqPathExpressions"));
}

TEST(GatewayRouter, TR1NothingIsWrittenWhenTheRouteSaysSo) {
  const testing::RouteWorld world = recorded();  // 80 and 20
  const api::Traffic traffic = testing::existing_route();
  EXPECT_TRUE(render(testing::route_intent(20, &traffic), world).empty());
}

// R3-16.
TEST(GatewayRouter, RT58AMissingCanaryIsAddedLastWithWeightZero) {
  testing::RouteWorld world = recorded();
  json route = world.route;
  predict_backends(route).erase(1);
  predict_backends(route)[0].erase("weight");  // a weight that is absent cannot be replaced
  world.set_route(route);
  const api::Traffic traffic = testing::existing_route();

  world.carry_out(render(testing::route_intent(30, &traffic), world));

  EXPECT_EQ(predict_backends(world.route)[0]["weight"], 100);
  EXPECT_EQ(predict_backends(world.route)[1],
            json::parse(R"({"group": "", "kind": "Service", "name": "ranker-canary", "port": 80,
                            "weight": 0})"));

  world.carry_out(render(testing::route_intent(30, &traffic), world));

  EXPECT_EQ(predict_backends(world.route)[0]["weight"], 70);
  EXPECT_EQ(predict_backends(world.route)[1]["weight"], 30);
  EXPECT_TRUE(render(testing::route_intent(30, &traffic), world).empty());
}

// A backend whose Service does not exist would take the whole rule down.
TEST(GatewayRouter, TR9NoBackendIsAddedBeforeItsService) {
  testing::RouteWorld world = recorded();
  json route = world.route;
  predict_backends(route).erase(1);
  world.set_route(route);
  world.objects.canary = nullptr;
  const api::Traffic traffic = testing::existing_route();
  EXPECT_TRUE(render(testing::route_intent(0, &traffic), world).empty());
}

TEST(GatewayRouter, TR9NoWeightForAServiceThatDoesNotExist) {
  testing::RouteWorld world = recorded();
  world.objects.canary = nullptr;
  const api::Traffic traffic = testing::existing_route();
  const auto effects = router().render(testing::route_intent(10, &traffic), world.objects);
  ASSERT_FALSE(effects.ok());
  EXPECT_EQ(effects.error().action, base::Action::kRetryReconcile);
  EXPECT_THAT(effects.error().message, HasSubstr("shop/ranker-canary"));
}

// ---- beside other backends ----

testing::RouteWorld shared(int32_t stable, int32_t canary, int32_t other) {
  testing::RouteWorld world = recorded();
  json route = world.route;
  predict_backends(route)[0]["weight"] = stable;
  predict_backends(route)[1]["weight"] = canary;
  predict_backends(route).insert(
      predict_backends(route).begin(),
      json::parse(R"({"name": "legacy", "kind": "Service", "port": 80})"));
  predict_backends(route)[0]["weight"] = other;
  world.set_route(route);
  return world;
}

TEST(GatewayRouter, TR2OtherBackendsKeepTheirShare) {
  testing::RouteWorld world = shared(400, 0, 100);
  const api::Traffic traffic = testing::existing_route();

  world.carry_out(render(testing::route_intent(10, &traffic), world));

  EXPECT_EQ(predict_backends(world.route)[0]["name"], "legacy");
  EXPECT_EQ(predict_backends(world.route)[0]["weight"], 100);
  EXPECT_EQ(predict_backends(world.route)[1]["weight"], 360);
  EXPECT_EQ(predict_backends(world.route)[2]["weight"], 40);
  EXPECT_EQ(parse(testing::route_intent(10, &traffic), world).canary_weight, 10);
}

// 1 % of a sum of 150 is not a whole number: it is read back as what was meant.
TEST(GatewayRouter, TR4ARoundedWeightIsReadAsTheWantedOne) {
  testing::RouteWorld world = shared(150, 0, 100);
  const api::Traffic traffic = testing::existing_route();
  world.carry_out(render(testing::route_intent(25, &traffic), world));
  EXPECT_EQ(predict_backends(world.route)[2]["weight"], 38);
  EXPECT_EQ(parse(testing::route_intent(25, &traffic), world).canary_weight, 25);
  EXPECT_TRUE(render(testing::route_intent(25, &traffic), world).empty());
}

// R2-7: a written weight is a promise.
TEST(GatewayRouter, TR2ASumTooSmallToDivideIsRefusedAndNothingChanges) {
  const testing::RouteWorld world = shared(80, 0, 20);
  const api::Traffic traffic = testing::existing_route();
  const core::RouteState state = parse(testing::route_intent(10, &traffic), world);
  EXPECT_EQ(state.problem, RouteProblem::kUnrepresentable);
  EXPECT_THAT(state.message, HasSubstr("which is 80 and must be at least 100"));
  EXPECT_TRUE(render(testing::route_intent(10, &traffic), world).empty());
}

// A backend without traffic has no share to keep.
TEST(GatewayRouter, TR2ABackendOfWeightZeroIsNoObstacle) {
  testing::RouteWorld world = shared(1, 0, 0);
  const api::Traffic traffic = testing::existing_route();
  world.carry_out(render(testing::route_intent(10, &traffic), world));
  EXPECT_EQ(predict_backends(world.route)[1]["weight"], 90);
  EXPECT_EQ(predict_backends(world.route)[2]["weight"], 10);
}

// ---- which rule ----

core::RouteState parse_rule(const std::optional<std::string>& name,
                            std::optional<int32_t> index,
                            const json& route) {
  testing::RouteWorld world;
  world.set_route(route);
  api::Traffic traffic = testing::existing_route();
  traffic.gateway_api->http_route->rule_name = name;
  traffic.gateway_api->http_route->rule = index;
  const core::RouteState state = parse(testing::route_intent(20, &traffic), world);
  if (state.problem != RouteProblem::kNone) {
    EXPECT_TRUE(render(testing::route_intent(20, &traffic), world).empty());
  }
  return state;
}

TEST(GatewayRouter, TR3TheRuleIsFoundByNameOrIndex) {
  const json route = testing::recorded_route();
  EXPECT_EQ(parse_rule("predict", std::nullopt, route).canary_weight, 20);
  EXPECT_EQ(parse_rule(std::nullopt, 1, route).canary_weight, 20);
  EXPECT_EQ(parse_rule(std::nullopt, 0, route).canary_weight, 0);
}

TEST(GatewayRouter, TR3AMissingRuleIsNeverASilentNoOp) {
  const json route = testing::recorded_route();
  const core::RouteState by_name = parse_rule("predictions", std::nullopt, route);
  EXPECT_EQ(by_name.problem, RouteProblem::kMissing);
  EXPECT_EQ(by_name.message,
            "HTTPRoute shop/ranker has no rule named predictions; add it, or correct "
            "spec.traffic.gatewayAPI.httpRoute");
  EXPECT_EQ(parse_rule(std::nullopt, 2, route).problem, RouteProblem::kMissing);
  EXPECT_EQ(parse_rule(std::nullopt, -1, route).problem, RouteProblem::kMissing);
}

TEST(GatewayRouter, TR3SeveralRulesAndNoneNamedIsAmbiguous) {
  json route = testing::recorded_route();
  const core::RouteState state = parse_rule(std::nullopt, std::nullopt, route);
  EXPECT_EQ(state.problem, RouteProblem::kAmbiguous);
  EXPECT_THAT(state.message, HasSubstr("ruleName"));

  route["spec"]["rules"].erase(0);  // one rule left that sends to us: no doubt
  EXPECT_EQ(parse_rule(std::nullopt, std::nullopt, route).canary_weight, 20);
}

TEST(GatewayRouter, TR3ARuleWithoutOurBackendIsMissing) {
  json route = testing::recorded_route();
  predict_backends(route)[0]["name"] = "somebody-else";
  const core::RouteState state = parse_rule("predict", std::nullopt, route);
  EXPECT_EQ(state.problem, RouteProblem::kMissing);
  EXPECT_THAT(state.message, HasSubstr("no backend Service ranker"));
}

// Same name, another kind or namespace: not our Service.
TEST(GatewayRouter, TR3OnlyAServiceOfTheSameNamespaceIsOurs) {
  json route = testing::recorded_route();
  predict_backends(route)[0]["namespace"] = "other";
  EXPECT_EQ(parse_rule("predict", std::nullopt, route).problem, RouteProblem::kMissing);
  predict_backends(route)[0]["namespace"] = "shop";
  EXPECT_EQ(parse_rule("predict", std::nullopt, route).problem, RouteProblem::kNone);
  predict_backends(route)[0]["kind"] = "ServiceImport";
  EXPECT_EQ(parse_rule("predict", std::nullopt, route).problem, RouteProblem::kMissing);
}

TEST(GatewayRouter, TR3ABackendListedTwiceIsAmbiguous) {
  json route = testing::recorded_route();
  predict_backends(route).push_back(predict_backends(route)[0]);
  EXPECT_EQ(parse_rule("predict", std::nullopt, route).problem, RouteProblem::kAmbiguous);
}

TEST(GatewayRouter, TR3AMissingRouteNamesItself) {
  const testing::RouteWorld world;
  const api::Traffic traffic = testing::existing_route();
  const core::RouteState state = parse(testing::route_intent(0, &traffic), world);
  EXPECT_EQ(state.problem, RouteProblem::kMissing);
  EXPECT_THAT(state.message, HasSubstr("HTTPRoute shop/ranker does not exist; create it"));
  EXPECT_TRUE(render(testing::route_intent(0, &traffic), world).empty());
}

TEST(GatewayRouter, A53AnAbsentKindIsAStateNotAnError) {
  testing::RouteWorld world;
  world.objects.kind_available = false;
  const api::Traffic traffic = testing::own_route();
  const core::RouteState state = parse(testing::route_intent(10, &traffic), world);
  EXPECT_EQ(state.problem, RouteProblem::kUnavailable);
  EXPECT_THAT(state.message, HasSubstr("install the Gateway API"));
  EXPECT_TRUE(render(testing::route_intent(10, &traffic), world).empty());

  world.objects.kind_available = true;  // RT-36: it comes back
  EXPECT_EQ(parse(testing::route_intent(0, &traffic), world).problem, RouteProblem::kNone);
}

TEST(GatewayRouter, TR3NeitherFormOfRouteIsNamed) {
  const testing::RouteWorld world;
  const api::Traffic traffic;
  EXPECT_EQ(parse(testing::route_intent(0, &traffic), world).problem, RouteProblem::kMissing);
  EXPECT_EQ(parse(testing::route_intent(0, nullptr), world).problem, RouteProblem::kMissing);
  EXPECT_TRUE(render(testing::route_intent(0, nullptr), world).empty());
}

// ---- what is in force (TR-4) ----

core::RouteState parse_status(const json& parents, int64_t generation) {
  json route = testing::recorded_route();
  route["metadata"]["generation"] = generation;
  route["status"]["parents"] = parents;
  return parse_rule("predict", std::nullopt, route);
}

json recorded_parents() {
  return testing::recorded_route()["status"]["parents"];
}

TEST(GatewayRouter, TR4AcceptedByEveryParentForThisGeneration) {
  EXPECT_TRUE(parse_status(recorded_parents(), 1).accepted);
}

TEST(GatewayRouter, TR4AnOlderGenerationIsNotAccepted) {
  const core::RouteState state = parse_status(recorded_parents(), 2);
  EXPECT_FALSE(state.accepted);
  EXPECT_THAT(state.accepted_message, HasSubstr("generation 1, wanted 2"));
  EXPECT_EQ(state.problem, RouteProblem::kNone);
}

TEST(GatewayRouter, TR4ARefusedRouteSaysWhy) {
  json parents = recorded_parents();
  parents[0]["conditions"][1]["status"] = "False";
  parents[0]["conditions"][1]["reason"] = "BackendNotFound";
  parents[0]["conditions"][1]["message"] = "service not found";
  const core::RouteState state = parse_status(parents, 1);
  EXPECT_FALSE(state.accepted);
  EXPECT_THAT(state.accepted_message,
              HasSubstr("ResolvedRefs is False (BackendNotFound): service not found"));
  EXPECT_THAT(state.accepted_message, HasSubstr("traefik.io/gateway-controller"));
}

TEST(GatewayRouter, TR4OneOfTwoParentsIsNotEnough) {
  json parents = recorded_parents();
  parents.push_back(parents[0]);
  parents[1]["controllerName"] = "example.com/other";
  parents[1]["conditions"] = json::array();
  EXPECT_FALSE(parse_status(parents, 1).accepted);
  EXPECT_THAT(parse_status(parents, 1).accepted_message, HasSubstr("Accepted is not reported"));
}

TEST(GatewayRouter, TR4NoParentYetIsPending) {
  const core::RouteState state = parse_status(json::array(), 1);
  EXPECT_FALSE(state.accepted);
  EXPECT_THAT(state.accepted_message,
              HasSubstr("no gateway has reported on HTTPRoute shop/ranker"));
}

// ---- leaving ----

// R3-16: first the traffic, then the backend; the user's own backend stays.
TEST(GatewayRouter, TR2LeavingTakesTrafficHomeThenOurBackendOut) {
  testing::RouteWorld world = recorded();
  const api::Traffic traffic = testing::existing_route();
  core::RouteIntent intent = testing::route_intent(20, &traffic);
  intent.leaving = true;
  world.objects.canary = nullptr;  // may already be gone

  world.carry_out(render(intent, world));
  EXPECT_EQ(predict_backends(world.route)[0]["weight"], 100);
  EXPECT_EQ(predict_backends(world.route)[1]["weight"], 0);

  EXPECT_EQ(patch_of(render(intent, world))[1]["op"], "test");
  world.carry_out(render(intent, world));
  EXPECT_EQ(predict_backends(world.route).size(), 1);
  EXPECT_EQ(predict_backends(world.route)[0]["name"], "ranker");
  json before = testing::recorded_route();
  EXPECT_EQ(predict_backends(world.route)[0]["filters"], predict_backends(before)[0]["filters"]);

  EXPECT_TRUE(render(intent, world).empty());
}

TEST(GatewayRouter, RO48LeavingAnAbsentRouteIsDone) {
  testing::RouteWorld world;
  const api::Traffic traffic = testing::existing_route();
  core::RouteIntent intent = testing::route_intent(0, &traffic);
  intent.leaving = true;
  EXPECT_TRUE(render(intent, world).empty());
  world.objects.kind_available = false;
  EXPECT_TRUE(render(intent, world).empty());
}

TEST(GatewayRouter, TR2LeavingARuleWhoseOwnerTookStableOut) {
  testing::RouteWorld world = recorded();
  json route = world.route;
  predict_backends(route)[0]["name"] = "somebody-else";
  world.set_route(route);
  const api::Traffic traffic = testing::existing_route();
  core::RouteIntent intent = testing::route_intent(0, &traffic);
  intent.leaving = true;
  world.carry_out(render(intent, world));
  EXPECT_EQ(predict_backends(world.route).size(), 1);
  EXPECT_EQ(predict_backends(world.route)[0]["name"], "somebody-else");
}

// ---- a route of ours ----

TEST(GatewayRouter, A25AnOwnRouteIsCreatedOnceStableAnswers) {
  testing::RouteWorld world;
  const api::Traffic traffic = testing::own_route();
  world.objects.stable_ready = 0;
  EXPECT_TRUE(render(testing::route_intent(0, &traffic), world).empty());  // TR-9
  world.objects.stable_ready = 1;

  const std::vector<core::Effect> effects = render(testing::route_intent(0, &traffic), world);

  ASSERT_EQ(effects.size(), 1);
  const auto& create = std::get<core::Create>(effects.front());
  EXPECT_EQ(create.stage, core::Stage::kRoute);
  EXPECT_EQ(create.manifest.key, (api::ObjectKey{"shop", "ranker"}));
  json body = json::parse(create.manifest.body);
  EXPECT_EQ(body["metadata"]["annotations"]["kaizen.ml/hash"], create.manifest.hash);
  testing::expect_golden("gateway/own-route.json", body.dump(2) + "\n");
}

TEST(GatewayRouter, A26AnOwnRouteIsAppliedAsThatVeryObject) {
  testing::RouteWorld world;
  const api::Traffic traffic = testing::own_route();
  world.carry_out(render(testing::route_intent(0, &traffic), world));
  EXPECT_TRUE(render(testing::route_intent(0, &traffic), world).empty());

  const std::vector<core::Effect> effects = render(testing::route_intent(40, &traffic), world);

  ASSERT_EQ(effects.size(), 1);
  const auto& apply = std::get<core::Apply>(effects.front());
  EXPECT_EQ(apply.uid, world.objects.route->metadata.uid);
  EXPECT_EQ(apply.resource_version, "2000");
  world.carry_out(effects);
  EXPECT_EQ(parse(testing::route_intent(40, &traffic), world).canary_weight, 40);
}

// TR-6: the annotation is still ours, the weights are somebody's.
TEST(GatewayRouter, TR6AnEditedOwnRouteIsAppliedAgain) {
  testing::RouteWorld world;
  const api::Traffic traffic = testing::own_route();
  world.carry_out(render(testing::route_intent(10, &traffic), world));
  json route = world.route;
  route["spec"]["rules"][0]["backendRefs"][1]["weight"] = 60;
  world.set_route(route);
  EXPECT_EQ(parse(testing::route_intent(10, &traffic), world).canary_weight, 40);
  EXPECT_EQ(render(testing::route_intent(10, &traffic), world).size(), 1);
  route["spec"]["rules"][0]["backendRefs"][1]["weight"] = 10;
  route["spec"]["hostnames"] = {"elsewhere.example.com"};
  world.set_route(route);
  EXPECT_EQ(render(testing::route_intent(10, &traffic), world).size(), 1);
}

TEST(GatewayRouter, RT54AForeignRouteOfOurNameIsLeftAlone) {
  testing::RouteWorld world;
  const api::Traffic traffic = testing::own_route();
  world.carry_out(render(testing::route_intent(0, &traffic), world));
  json route = world.route;
  route["metadata"].erase("ownerReferences");
  world.set_route(route);
  EXPECT_EQ(parse(testing::route_intent(0, &traffic), world).problem, RouteProblem::kForeign);
  EXPECT_TRUE(render(testing::route_intent(40, &traffic), world).empty());
}

TEST(GatewayRouter, TR4AnOwnRouteThatIsNotThereIsPending) {
  const testing::RouteWorld world;
  const api::Traffic traffic = testing::own_route();
  const core::RouteState state = parse(testing::route_intent(0, &traffic), world);
  EXPECT_EQ(state.problem, RouteProblem::kNone);
  EXPECT_FALSE(state.accepted);
  EXPECT_EQ(state.accepted_message, "HTTPRoute shop/ranker is not created yet");
}

TEST(GatewayRouter, RO47LeavingAnOwnRouteGoesHomeBeforeItGoes) {
  testing::RouteWorld world;
  const api::Traffic traffic = testing::own_route();
  world.carry_out(render(testing::route_intent(50, &traffic), world));
  core::RouteIntent intent = testing::route_intent(50, &traffic);
  intent.leaving = true;

  world.carry_out(render(intent, world));
  EXPECT_EQ(parse(intent, world).canary_weight, 0);

  const std::vector<core::Effect> last = render(intent, world);
  ASSERT_EQ(last.size(), 1);
  EXPECT_TRUE(std::holds_alternative<core::Delete>(last.front()));
  EXPECT_EQ(core::stage_of(last.front()), core::Stage::kRetire);
  world.carry_out(last);
  EXPECT_TRUE(render(intent, world).empty());
}

// ---- sizes ----

TEST(GatewayRouter, CandidateCarriesItsShareOfStable) {
  EXPECT_EQ(router().candidate_size(10, 10), 1);
  EXPECT_EQ(router().candidate_size(10, 11), 2);
  EXPECT_EQ(router().candidate_size(3, 50), 2);
  EXPECT_EQ(router().candidate_size(3, 100), 3);
  EXPECT_EQ(router().candidate_size(3, 0), 1);
  EXPECT_EQ(router().candidate_size(0, 50), 0);
  EXPECT_DOUBLE_EQ(router().real_share(3, 7), 7);
  EXPECT_EQ(router().main_selector(50), core::MainSelector::kRole);
}

TEST(GatewayRouter, DefaultStepsAreTenAndFifty) {
  const std::vector<api::CanaryStep> steps = router().default_steps(1);
  ASSERT_EQ(steps.size(), 2);
  EXPECT_EQ(steps[0].weight, 10);
  EXPECT_EQ(steps[1].weight, 50);
  EXPECT_EQ(steps[0].hold, std::chrono::minutes(5));
}

}  // namespace
}  // namespace kaizen::ext
