#include "stats/drift/fairness.h"

#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/drift/unusable.h"

namespace kaizen::stats {
namespace {

using ::testing::ElementsAre;

constexpr FairnessLimits kDifference{.rule = FairnessRule::kDifference, .max_difference = 0.10};
constexpr FairnessLimits kRatio{.rule = FairnessRule::kRatio, .min_ratio = 0.80};

TEST(FairnessTest, DR100ComparesTheBestAndTheWorstTreatedGroup) {
  const std::vector<Group> groups = {
      {"a", 1'479.0, 2'868.0}, {"b", 2'263.0, 3'995.0}, {"c", 3.0, 5.0}};

  const Fairness value = fairness(groups, 100.0).value();

  EXPECT_EQ(groups[value.highest].name, "b");
  EXPECT_EQ(groups[value.lowest].name, "a");
  EXPECT_NEAR(value.difference, 0.0507676960, 1e-9);
  EXPECT_NEAR(value.difference_low, 0.0268679287, 1e-9);
  EXPECT_NEAR(value.difference_high, 0.0746174531, 1e-9);
  EXPECT_THAT(value.too_small, ElementsAre(2));
}

TEST(FairnessTest, DR100NobodyFavouredHasNoRatio) {
  const std::vector<Group> groups = {{"a", 0.0, 100.0}, {"b", 0.0, 50.0}};

  const Fairness value = fairness(groups, 10.0).value();

  EXPECT_EQ(value.ratio, std::nullopt);
  EXPECT_FALSE(is_unfair(value, kRatio));
  EXPECT_EQ(groups[value.highest].name, "b");
  EXPECT_EQ(groups[value.lowest].name, "a");
}

TEST(FairnessTest, DR101OneGroupIsNoComparison) {
  const std::vector<Group> groups = {{"a", 50.0, 100.0}, {"b", 5.0, 9.0}};

  EXPECT_EQ(fairness(groups, 100.0).error(), Unusable::kOneGroup);
  EXPECT_EQ(fairness(groups, 1'000.0).error(), Unusable::kNoData);
  EXPECT_EQ(fairness(std::vector<Group>{{"a", 3.0, 2.0}}, 1.0).error(), Unusable::kImplausible);
}

TEST(FairnessTest, DR101ExactlyTheLimitPasses) {
  const std::vector<Group> four_fifths = {{"a", 9'000.0, 10'000.0}, {"b", 7'200.0, 10'000.0}};
  const std::vector<Group> tenth = {{"a", 6'000.0, 10'000.0}, {"b", 5'000.0, 10'000.0}};

  EXPECT_TRUE(fairness(four_fifths, 1.0).value().four_fifths_pass);
  EXPECT_FALSE(is_unfair(fairness(four_fifths, 1.0).value(), kRatio));
  EXPECT_FALSE(is_unfair(fairness(tenth, 1.0).value(), kDifference));
}

TEST(FairnessTest, DR101ADifferenceThatMayBeChanceIsNoVerdict) {
  const std::vector<Group> few = {{"a", 7.0, 10.0}, {"b", 4.0, 10.0}};
  const std::vector<Group> many = {{"a", 700.0, 1'000.0}, {"b", 400.0, 1'000.0}};

  EXPECT_FALSE(is_unfair(fairness(few, 1.0).value(), kDifference));
  EXPECT_TRUE(is_unfair(fairness(many, 1.0).value(), kDifference));
  EXPECT_TRUE(is_unfair(fairness(many, 1.0).value(), kRatio));
}

}  // namespace
}  // namespace kaizen::stats
