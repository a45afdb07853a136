#include "ext/routers/service/service.h"

#include <chrono>
#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "core/extensions.h"
#include "ext/ext_test_support_internal.h"

namespace kaizen::ext {
namespace {

using core::MainSelector;
using ::testing::ElementsAre;

const core::Router& router() {
  return service_router();
}

std::vector<int32_t> weights(const std::vector<api::CanaryStep>& steps) {
  std::vector<int32_t> out;
  for (const api::CanaryStep& step : steps) out.push_back(step.weight.value());
  return out;
}

core::RouteState state(MainSelector selects, int32_t stable, int32_t candidate) {
  testing::RouteWorld world;
  world.objects.main_selects = selects;
  world.objects.stable_ready = stable;
  world.objects.candidate_ready = candidate;
  return router().parse(testing::route_intent(0, nullptr), world.objects);
}

TEST(ServiceRouter, TR10SelectorHasThreeStates) {
  EXPECT_EQ(router().main_selector(0), MainSelector::kRole);
  EXPECT_EQ(router().main_selector(1), MainSelector::kBoth);
  EXPECT_EQ(router().main_selector(99), MainSelector::kBoth);
  EXPECT_EQ(router().main_selector(100), MainSelector::kCandidate);
}

// R3-11: c = clamp(round(N·w/(100−w)), 1, N), above 50 % N.
TEST(ServiceRouter, TR10CandidateIsSizedForItsShareOfThePods) {
  EXPECT_EQ(router().candidate_size(10, 10), 1);  // 1.11
  EXPECT_EQ(router().candidate_size(10, 20), 3);  // 2.5
  EXPECT_EQ(router().candidate_size(10, 25), 3);  // 3.33
  EXPECT_EQ(router().candidate_size(10, 50), 10);
  EXPECT_EQ(router().candidate_size(10, 51), 10);
  EXPECT_EQ(router().candidate_size(10, 100), 10);
  EXPECT_EQ(router().candidate_size(3, 1), 1);
  EXPECT_EQ(router().candidate_size(1, 50), 1);
  EXPECT_EQ(router().candidate_size(3, 0), 1);  // one pod shows that the revision starts
  EXPECT_EQ(router().candidate_size(0, 50), 0);
  EXPECT_EQ(router().candidate_size(2'000'000'000, 50), 2'000'000'000);
}

// R2-7: core refuses an explicit weight when this is more than twice of it.
TEST(ServiceRouter, TR10RealShareIsThatOfThePods) {
  EXPECT_DOUBLE_EQ(router().real_share(3, 5), 25);
  EXPECT_DOUBLE_EQ(router().real_share(3, 25), 25);
  EXPECT_DOUBLE_EQ(router().real_share(4, 60), 50);
  EXPECT_DOUBLE_EQ(router().real_share(3, 0), 0);
  EXPECT_DOUBLE_EQ(router().real_share(3, 100), 100);
  EXPECT_DOUBLE_EQ(router().real_share(0, 50), 0);
}

// R2-7: the first default step is one pod, and a step never asks for what pods cannot carry.
TEST(ServiceRouter, TR10DefaultStepsBeginWithOnePod) {
  EXPECT_THAT(weights(router().default_steps(1)), ElementsAre(50));
  EXPECT_THAT(weights(router().default_steps(3)), ElementsAre(25, 50));
  EXPECT_THAT(weights(router().default_steps(9)), ElementsAre(10, 50));
  EXPECT_THAT(weights(router().default_steps(0)), ElementsAre(50));
  EXPECT_THAT(weights(router().default_steps(500)), ElementsAre(1, 50));
  for (int32_t replicas = 1; replicas <= 100; ++replicas) {
    const int32_t first = router().default_steps(replicas).front().weight.value();
    EXPECT_EQ(router().candidate_size(replicas, first), 1) << replicas;
    EXPECT_LE(router().real_share(replicas, first), 2.0 * first) << replicas;
  }
  EXPECT_EQ(router().default_steps(3).front().hold, std::chrono::minutes(5));
}

TEST(ServiceRouter, TR10AppliedWeightIsTheShareOfReadyEndpoints) {
  EXPECT_EQ(state(MainSelector::kRole, 3, 1).canary_weight, 0);
  EXPECT_EQ(state(MainSelector::kBoth, 3, 1).canary_weight, 25);
  EXPECT_EQ(state(MainSelector::kBoth, 2, 1).canary_weight, 33);
  EXPECT_EQ(state(MainSelector::kCandidate, 3, 3).canary_weight, 100);
  EXPECT_TRUE(state(MainSelector::kBoth, 3, 1).accepted);
}

// While both are selected, weight 0 or 100 would be a promise that the next ready pod breaks: an
// abort must not scale the candidate down on the strength of it (RO-9).
TEST(ServiceRouter, TR9BothIsNeverReadAsNothingOrAll) {
  EXPECT_EQ(state(MainSelector::kBoth, 3, 0).canary_weight, 1);
  EXPECT_EQ(state(MainSelector::kBoth, 999, 1).canary_weight, 1);
  EXPECT_EQ(state(MainSelector::kBoth, 0, 2).canary_weight, 99);
  EXPECT_EQ(state(MainSelector::kBoth, 0, 0).canary_weight, 1);
}

TEST(ServiceRouter, TR1NothingIsWrittenForAWeight) {
  const testing::RouteWorld world;
  const auto effects = router().render(testing::route_intent(50, nullptr), world.objects);
  ASSERT_TRUE(effects.ok());
  EXPECT_TRUE(effects->empty());
}

TEST(ServiceRouter, BeforeTheFirstServiceTheWeightIsZero) {
  EXPECT_EQ(router().parse(testing::route_intent(0, nullptr), {}).canary_weight, 0);
}

}  // namespace
}  // namespace kaizen::ext
