#include "core/plan.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include "api/kinds.h"
#include "core/reasons.h"

namespace kaizen::core {
namespace {

TEST(Plan, DescribesEachEffectByVerbKindAndName) {
  Create create;
  create.manifest.resource = api::kDeployment;
  create.manifest.key = {"shop", "ranker-6fd9a1c2d0"};
  Apply apply;
  apply.manifest = create.manifest;
  Patch patch;
  patch.resource = api::kHttpRoute;
  patch.key = {"shop", "public"};
  Delete removal;
  removal.resource = api::kService;
  removal.key = {"shop", "ranker"};

  EXPECT_EQ(describe(create), "create Deployment ranker-6fd9a1c2d0");
  EXPECT_EQ(describe(apply), "apply Deployment ranker-6fd9a1c2d0");
  EXPECT_EQ(describe(patch), "patch HTTPRoute public");
  EXPECT_EQ(describe(removal), "delete Service ranker");
}

TEST(Plan, A24StagesStandInTheOrderProvisionRouteRetireTell) {
  EXPECT_LT(Stage::kProvision, Stage::kRoute);
  EXPECT_LT(Stage::kRoute, Stage::kRetire);
  EXPECT_LT(Stage::kRetire, Stage::kTell);
  EXPECT_EQ(stage_of(Create{}), Stage::kProvision);
  EXPECT_EQ(stage_of(Patch{}), Stage::kRoute);
  EXPECT_EQ(stage_of(Delete{}), Stage::kRetire);
}

TEST(Reasons, EachIsListedOnceWithMeaningAndRemedy) {
  std::set<std::string_view> names;
  for (const Reason* reason : kReasons) {
    EXPECT_TRUE(names.insert(reason->name).second) << reason->name;
    EXPECT_FALSE(reason->meaning.empty()) << reason->name;
    EXPECT_FALSE(reason->remedy.empty()) << reason->name;
  }
  EXPECT_EQ(names.size(), std::size(kReasons));
}

}  // namespace
}  // namespace kaizen::core
