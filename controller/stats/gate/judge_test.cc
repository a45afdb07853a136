#include "stats/gate/judge.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "stats/gate/bounds.h"

namespace kaizen::stats::gate {
namespace {

Bounds ends(double lower, double upper) {
  return {.estimate = (lower + upper) / 2.0, .lower = lower, .upper = upper};
}

TEST(GateJudge, GT7LowerIsBetterTurnsTheDifferenceOver) {
  const Bounds difference{.estimate = 0.1, .lower = -0.2, .upper = 0.3};

  EXPECT_EQ(oriented(difference, Direction::kHigher), difference);
  EXPECT_EQ(oriented(difference, Direction::kLower),
            (Bounds{.estimate = -0.1, .lower = -0.3, .upper = 0.2}));
}

TEST(GateJudge, GT8NonInferiorPassesAtTheThresholdItself) {
  EXPECT_EQ(judge(ends(-0.25, 0.1), Require::kNonInferior, 0.25), Verdict::kPass);
  EXPECT_EQ(judge(ends(-0.2500001, 0.1), Require::kNonInferior, 0.25), Verdict::kInconclusive);
}

TEST(GateJudge, GT8SuperiorMustBeBeyondTheThreshold) {
  EXPECT_EQ(judge(ends(0.25, 0.5), Require::kSuperior, 0.25), Verdict::kInconclusive);
  EXPECT_EQ(judge(ends(0.2500001, 0.5), Require::kSuperior, 0.25), Verdict::kPass);
  EXPECT_EQ(judge(ends(0.0, 0.0), Require::kSuperior, 0.0), Verdict::kInconclusive);
}

TEST(GateJudge, GT8FailsOnlyWhenTheWholeIntervalIsBelow) {
  EXPECT_EQ(judge(ends(-0.9, -0.25), Require::kNonInferior, 0.25), Verdict::kInconclusive);
  EXPECT_EQ(judge(ends(-0.9, -0.2500001), Require::kNonInferior, 0.25), Verdict::kFail);
  EXPECT_EQ(judge(ends(-0.9, 0.2499999), Require::kSuperior, 0.25), Verdict::kFail);
}

// A slice whose loss is certain at 5 % and not at 0.5 %.
Slice edge() {
  return {.samples = 2000, .evidence = PairedCounts{.n = 2000, .b = 60, .c = 22}};
}

Slice fine() {
  return {.samples = 2000, .evidence = PairedCounts{.n = 2000, .b = 20, .c = 25}};
}

Slice small() {
  return {.samples = 199, .evidence = PairedCounts{.n = 199, .b = 60, .c = 0}};
}

SliceTerms no_harm() {
  return {.mode = SliceTerms::Mode::kNoEvidenceOfHarm,
          .direction = Direction::kHigher,
          .margin = 0.01,
          .min_samples = 200,
          .alpha = 0.05};
}

TEST(GateJudge, GT15TheLevelIsSharedByTheSlicesThatAreCompared) {
  const std::vector<Slice> slices = {fine(), fine(), small(), fine(), fine()};

  const SliceVerdicts verdicts = judge_slices(slices, no_harm());

  EXPECT_EQ(verdicts.compared, 4);
  EXPECT_DOUBLE_EQ(verdicts.level, 0.0125);
}

TEST(GateJudge, GT15AnEdgeOfOneRejectsAndOfTenDoesNot) {
  const std::vector<Slice> one = {edge()};
  std::vector<Slice> ten(9, fine());
  ten.push_back(edge());

  EXPECT_EQ(judge_slices(one, no_harm()).slices[0].verdict, Verdict::kFail);
  EXPECT_EQ(judge_slices(ten, no_harm()).slices[9].verdict, Verdict::kPass);
}

TEST(GateJudge, GT15ASmallSliceIsNotJudged) {
  const std::vector<Slice> slices = {small()};

  const SliceVerdicts verdicts = judge_slices(slices, no_harm());

  EXPECT_EQ(verdicts.compared, 0);
  EXPECT_EQ(verdicts.slices[0].verdict, Verdict::kInconclusive);
  ASSERT_TRUE(verdicts.slices[0].unbounded);
  EXPECT_EQ(verdicts.slices[0].unbounded->message, "n: 199, at least 200 are wanted");
}

TEST(GateJudge, GT15NonInferiorIsJudgedAsAnyComparison) {
  SliceTerms terms = no_harm();
  terms.mode = SliceTerms::Mode::kNonInferior;
  const std::vector<Slice> slices = {fine(), edge(), fine()};

  const SliceVerdicts verdicts = judge_slices(slices, terms);

  EXPECT_EQ(verdicts.level, 0.05);
  EXPECT_EQ(verdicts.slices[0].verdict, Verdict::kPass);
  EXPECT_EQ(verdicts.slices[1].verdict, Verdict::kFail);
}

TEST(GateJudge, GT15NumbersAloneShowNoAbsenceOfHarm) {
  const std::vector<Slice> slices = {{.samples = 500, .evidence = {}}};

  EXPECT_EQ(judge_slices(slices, no_harm()).slices[0].verdict, Verdict::kInconclusive);
}

TEST(GateJudge, GT16AGapIsJudgedOverAllPairs) {
  const std::vector<Hits> fair = {{900, 1000}, {905, 1000}, {899, 1000}};
  const std::vector<Hits> unfair = {{900, 1000}, {905, 1000}, {700, 1000}};
  const std::vector<Hits> unsure = {{900, 1000}, {905, 1000}, {17, 20}};

  EXPECT_EQ(judge_gap(fair, 0.05, 0.05).verdict, Verdict::kPass);
  const Disparity rejected = judge_gap(unfair, 0.05, 0.05);
  EXPECT_EQ(rejected.verdict, Verdict::kFail);
  EXPECT_EQ(rejected.pairs, 6U);
  EXPECT_EQ(rejected.first, 1U);
  EXPECT_EQ(rejected.second, 2U);
  EXPECT_EQ(judge_gap(unsure, 0.05, 0.05).verdict, Verdict::kInconclusive);
}

TEST(GateJudge, GT16TheRejectingEndIsCorrectedForThePairs) {
  const std::vector<Hits> groups = {{900, 1000}, {850, 1000}, {875, 1000}};
  const auto alone =
      difference(UnpairedCounts{.champion = groups[1], .challenger = groups[0]}, 0.05 / 6.0);

  EXPECT_EQ(judge_gap(groups, 0.05, 0.05).bounds->lower, alone->lower);
}

TEST(GateJudge, GT16ARatioIsJudgedOverAllPairs) {
  const std::vector<Hits> fair = {{900, 1000}, {880, 1000}};
  const std::vector<Hits> unfair = {{900, 1000}, {500, 1000}};

  const Disparity accepted = judge_ratio(fair, 0.8, 0.05);
  const Disparity rejected = judge_ratio(unfair, 0.8, 0.05);

  EXPECT_EQ(accepted.verdict, Verdict::kPass);
  EXPECT_NEAR(accepted.bounds->estimate, 880.0 / 900.0, 1e-12);
  EXPECT_EQ(rejected.verdict, Verdict::kFail);
  EXPECT_EQ(rejected.first, 1U);
  EXPECT_EQ(rejected.second, 0U);
}

TEST(GateJudge, GT16ACountOfZeroLeavesARatioOpen) {
  const std::vector<Hits> groups = {{90, 100}, {0, 100}};

  const Disparity disparity = judge_ratio(groups, 0.8, 0.05);

  EXPECT_EQ(disparity.verdict, Verdict::kInconclusive);
  ASSERT_TRUE(disparity.unbounded);
  EXPECT_EQ(disparity.unbounded->field, "groups[1]");
}

TEST(GateJudge, GT16NothingIsFairAmongFewerThanTwo) {
  const std::vector<Hits> one = {{90, 100}};

  EXPECT_EQ(judge_gap(one, 0.05, 0.05).verdict, Verdict::kInconclusive);
  EXPECT_EQ(judge_gap({}, 0.05, 0.05).verdict, Verdict::kInconclusive);
}

TEST(GateJudge, GT17AFloorIsPassedByTheBoundAndByTheNumber) {
  const Floor floor{.value = 0.9, .is_ceiling = false};

  EXPECT_EQ(judge_floor(ends(0.9, 0.95), floor), Verdict::kPass);
  EXPECT_EQ(judge_floor(ends(0.89, 0.9), floor), Verdict::kInconclusive);
  EXPECT_EQ(judge_floor(ends(0.8, 0.8999), floor), Verdict::kFail);
  EXPECT_EQ(judge_floor(0.9, floor), Verdict::kPass);
  EXPECT_EQ(judge_floor(0.8999, floor), Verdict::kFail);
}

TEST(GateJudge, GT17ACeilingIsAFloorFromAbove) {
  const Floor ceiling{.value = 0.1, .is_ceiling = true};

  EXPECT_EQ(judge_floor(ends(0.05, 0.1), ceiling), Verdict::kPass);
  EXPECT_EQ(judge_floor(ends(0.1, 0.2), ceiling), Verdict::kInconclusive);
  EXPECT_EQ(judge_floor(ends(0.1001, 0.2), ceiling), Verdict::kFail);
  EXPECT_EQ(judge_floor(0.1, ceiling), Verdict::kPass);
  EXPECT_EQ(judge_floor(0.1001, ceiling), Verdict::kFail);
}

TEST(GateJudge, GT18ALimitIsAnAbsoluteAndARelativeOne) {
  const Limit limit{.max = 40.0, .max_increase = 0.1};

  EXPECT_EQ(judge_limit({.value = 32.0, .champion = 30.0}, limit).verdict, Verdict::kPass);
  EXPECT_EQ(judge_limit({.value = 34.0, .champion = 30.0}, limit).verdict, Verdict::kFail);
  EXPECT_EQ(judge_limit({.value = 41.0, .champion = 41.0}, limit).verdict, Verdict::kFail);
}

TEST(GateJudge, GT18WithoutAComparableChampionOnlyTheMaximumCounts) {
  const Limit limit{.max = 40.0, .max_increase = 0.1};

  EXPECT_EQ(judge_limit({.value = 39.0, .champion = std::nullopt}, limit).verdict, Verdict::kPass);
  const JudgedLimit zero = judge_limit({.value = 39.0, .champion = 0.0}, limit);
  EXPECT_EQ(zero.verdict, Verdict::kPass);
  EXPECT_FALSE(zero.increase);
}

}  // namespace
}  // namespace kaizen::stats::gate
