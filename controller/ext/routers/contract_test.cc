#include "ext/routers/contract_test.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "ext/ext_test_support_internal.h"
#include "ext/registry.h"

namespace kaizen::ext {
namespace {

class RouterContract : public ::testing::TestWithParam<core::Router> {};

std::vector<core::Effect> render(const core::Router& router,
                                 const core::RouteIntent& intent,
                                 const testing::RouteWorld& world) {
  const auto effects = router.render(intent, world.objects);
  EXPECT_TRUE(effects.ok());
  return effects.ok() ? *effects : std::vector<core::Effect>{};
}

// 100/0, 0/100, 99/1 and back: what was written is what is read (TR-1).
TEST_P(RouterContract, A51WeightsRoundTripThroughRenderAndParse) {
  for (const api::Traffic& traffic : testing::traffic_forms(GetParam())) {
    testing::RouteWorld world = testing::world_for(traffic);
    for (const int32_t weight : {0, 100, 1, 50, 0}) {
      const core::RouteIntent intent = testing::route_intent(weight, &traffic);
      testing::act_as_core(GetParam(), weight, &world);
      world.carry_out(render(GetParam(), intent, world));
      EXPECT_EQ(GetParam().parse(intent, world.objects).canary_weight, weight);
    }
  }
}

TEST_P(RouterContract, A51RenderIsByteStableAndReachesAFixedPoint) {
  for (const api::Traffic& traffic : testing::traffic_forms(GetParam())) {
    testing::RouteWorld world = testing::world_for(traffic);
    const core::RouteIntent intent = testing::route_intent(30, &traffic);
    testing::act_as_core(GetParam(), 30, &world);
    EXPECT_EQ(render(GetParam(), intent, world), render(GetParam(), intent, world));
    world.carry_out(render(GetParam(), intent, world));
    EXPECT_TRUE(render(GetParam(), intent, world).empty());  // A27
  }
}

void expect_allowed(const core::Router& router, const std::vector<core::Effect>& effects) {
  for (const core::Effect& effect : effects) {
    for (const std::string_view verb : testing::verbs_of(effect)) {
      EXPECT_TRUE(testing::is_allowed(router, testing::resource_of(effect), verb)) << verb;
    }
  }
}

// A52: whatever is written, and the route that is read, is in the operator's role.
TEST_P(RouterContract, A52EveryWriteAndReadIsNeeded) {
  for (const api::Traffic& traffic : testing::traffic_forms(GetParam())) {
    testing::RouteWorld world = testing::world_for(traffic);
    core::RouteIntent intent = testing::route_intent(10, &traffic);
    for (const bool leaving : {false, false, true, true}) {
      intent.leaving = leaving;
      intent.canary_weight += 10;
      const std::vector<core::Effect> effects = render(GetParam(), intent, world);
      expect_allowed(GetParam(), effects);
      world.carry_out(effects);
    }
    if (!traffic.gateway_api) continue;
    for (const std::string_view verb : {"get", "list", "watch"}) {
      EXPECT_TRUE(testing::is_allowed(GetParam(), api::kHttpRoute, verb));
    }
  }
}

// A50: a value of functions, the same for everybody, and never a verb that is a wild card (SEC-2).
TEST_P(RouterContract, A50AllFunctionsArePresentAndNeedsAreNarrow) {
  const core::Router& router = GetParam();
  EXPECT_FALSE(router.name.empty());
  EXPECT_NE(router.main_selector, nullptr);
  EXPECT_NE(router.candidate_size, nullptr);
  EXPECT_NE(router.real_share, nullptr);
  EXPECT_NE(router.default_steps, nullptr);
  EXPECT_NE(router.render, nullptr);
  EXPECT_NE(router.parse, nullptr);
  for (const core::Need& need : router.needs) {
    EXPECT_EQ(std::count(need.verbs.begin(), need.verbs.end(), "*"), 0);
    EXPECT_EQ(std::count(need.verbs.begin(), need.verbs.end(), "update"), 0);
  }
}

TEST_P(RouterContract, A53AnAbsentWorldIsReadWithoutCrash) {
  for (const api::Traffic& traffic : testing::traffic_forms(GetParam())) {
    for (const bool available : {true, false}) {
      core::RouteObjects objects;
      objects.kind_available = available;
      core::RouteIntent intent = testing::route_intent(0, &traffic);
      EXPECT_EQ(GetParam().parse(intent, objects).canary_weight, 0);
      EXPECT_TRUE(GetParam().render(intent, objects).ok());
      intent.leaving = true;
      EXPECT_TRUE(GetParam().render(intent, objects).ok());
    }
  }
}

TEST_P(RouterContract, A51SizesAndSharesStayInTheirRange) {
  for (const int32_t replicas : {0, 1, 2, 3, 10, 1000}) {
    for (int32_t weight = 0; weight <= 100; ++weight) {
      const int32_t size = GetParam().candidate_size(replicas, weight);
      EXPECT_GE(size, replicas == 0 ? 0 : 1);
      EXPECT_LE(size, std::max(replicas, 1));
      const double share = GetParam().real_share(replicas, weight);
      EXPECT_GE(share, 0);
      EXPECT_LE(share, 100);
    }
    for (const api::CanaryStep& step : GetParam().default_steps(replicas)) {
      EXPECT_GE(step.weight.value_or(-1), 1);
      EXPECT_LE(step.weight.value_or(101), 99);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         RouterContract,
                         ::testing::ValuesIn(extensions().routers.begin(),
                                             extensions().routers.end()),
                         [](const auto& entry) { return std::string(entry.param.name); });

TEST(Registry, A51EveryRouterTypeHasOneEntry) {
  for (const api::RouterType type : {api::RouterType::kService, api::RouterType::kGatewayApi}) {
    EXPECT_EQ(std::ranges::count(extensions().routers, type, &core::Router::type), 1);
  }
}

}  // namespace
}  // namespace kaizen::ext
