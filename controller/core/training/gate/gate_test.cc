// The quality gate: a good model passes, and everything else ends in its named way.
#include "core/training/gate/gate.h"

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/training/result.h"
#include "schema/codec.h"
#include "stats/gate/bounds.h"

namespace kaizen::core {
namespace {

namespace stat = stats::gate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::string digest(char digit) {
  return "sha256:" + std::string(64, digit);
}

const std::string kGolden = digest('1');
const std::string kTrainSet = digest('2');
const std::string kChallenger = digest('4');
const std::string kChampion = digest('5');

api::RunDataset dataset(std::string name, api::DatasetRole role, std::string known) {
  api::RunDataset dataset;
  dataset.name = std::move(name);
  dataset.role = role;
  dataset.uri = "s3://data/" + dataset.name;
  dataset.pinning = known.empty() ? api::Pinning::kWeak : api::Pinning::kStrong;
  dataset.digest = std::move(known);
  return dataset;
}

GateSubject subject() {
  return {.challenger = kChallenger,
          .champion = kChampion,
          .datasets = {dataset("golden", api::DatasetRole::kEvaluation, kGolden),
                       dataset("train", api::DatasetRole::kTrain, kTrainSet)},
          .snapshot = std::nullopt,
          .since_onset = "",
          .is_drift = false};
}

// The design's example: recall may lose two tenths of a point.
api::GateComparison recall() {
  api::GateComparison terms;
  terms.metric = "recall";
  terms.margin = {0.002};
  return terms;
}

api::Gate recall_gate() {
  api::Gate gate;
  gate.primary = recall();
  return gate;
}

api::Gate floor_gate(double min) {
  api::Gate gate;
  gate.floors.emplace_back().metric = "recall";
  gate.floors[0].min = api::Decimal{min};
  return gate;
}

ReportedComparison paired(std::string slice, stat::PairedCounts counts) {
  ReportedComparison comparison;
  comparison.metric = "recall";
  comparison.slice = std::move(slice);
  const auto n = static_cast<double>(counts.n);
  comparison.champion = 0.95;
  comparison.challenger = 0.95 + static_cast<double>(counts.c - counts.b) / n;
  comparison.n = counts.n;
  comparison.paired = counts;
  return comparison;
}

const stat::PairedCounts kBetter = {.n = 12000, .b = 61, .c = 84};
const stat::PairedCounts kWorse = {.n = 12000, .b = 184, .c = 61};
const stat::PairedCounts kUnsure = {.n = 12000, .b = 150, .c = 140};

ResultDocument document(std::vector<ReportedComparison> comparisons) {
  ResultDocument document;
  document.evaluation = ReportedEvaluation{.dataset = kGolden,
                                           .challenger = kChallenger,
                                           .champion = kChampion,
                                           .comparisons = std::move(comparisons),
                                           .groups = {}};
  return document;
}

ResultDocument no_champion(std::vector<ReportedComparison> comparisons) {
  ResultDocument result = document(std::move(comparisons));
  result.evaluation->champion = std::nullopt;
  for (ReportedComparison& comparison : result.evaluation->comparisons) {
    comparison.champion = std::nullopt;
  }
  return result;
}

// "Passed", "Rejected GateRejected", "Failed ResultMissing".
std::string said(const GateOutcome& outcome) {
  std::string text = "Failed";
  if (outcome.result) {
    switch (*outcome.result) {
      case api::GateResult::kPassed: text = "Passed"; break;
      case api::GateResult::kRejected: text = "Rejected"; break;
      case api::GateResult::kRequiresApproval: text = "RequiresApproval"; break;
    }
  }
  if (outcome.reason != nullptr) text = base::concat({text, " ", outcome.reason->name});
  return text;
}

std::string judged(const api::Gate& gate, const ResultDocument& result) {
  return said(judge_gate(gate, result, subject()));
}

// ---- GT-1 to GT-6: who and what is judged ----

TEST(Gate, GT1AStageThatReportsNoEvaluationIsNotJudged) {
  ResultDocument only_metrics;
  only_metrics.metrics["recall"] = 0.999;  // claimed by train, judged by nobody

  EXPECT_EQ(judged(recall_gate(), only_metrics), "Failed ResultMissing");
}

TEST(Gate, GT2AResultAboutOtherModelsIsAMismatch) {
  ResultDocument other_challenger = document({paired("all", kBetter)});
  other_challenger.evaluation->challenger = digest('9');
  ResultDocument other_champion = document({paired("all", kBetter)});
  other_champion.evaluation->champion = digest('9');

  EXPECT_EQ(judged(recall_gate(), other_challenger), "Failed ResultMismatch");
  EXPECT_EQ(judged(recall_gate(), other_champion), "Failed ResultMismatch");
  EXPECT_EQ(judge_gate(recall_gate(), other_champion, subject()).message,
            base::concat({"evaluation.champion: ", digest('9'), " was evaluated, this run's is ",
                          kChampion}));
}

TEST(Gate, GT2AChampionAppearsOnBothSidesOrOnNone) {
  GateSubject first = subject();
  first.champion = std::nullopt;

  EXPECT_EQ(judged(recall_gate(), no_champion({paired("all", kBetter)})), "Failed ResultMismatch");
  EXPECT_EQ(said(judge_gate(recall_gate(), document({paired("all", kBetter)}), first)),
            "Failed ResultMismatch");
}

TEST(Gate, GT2AChampionOfUnknownDigestIsForAPerson) {
  GateSubject unknown = subject();
  unknown.champion = "";

  EXPECT_EQ(said(judge_gate(recall_gate(), document({paired("all", kBetter)}), unknown)),
            "RequiresApproval ChampionUnpinned");
  EXPECT_EQ(said(judge_gate(recall_gate(), document({paired("all", kWorse)}), unknown)),
            "Rejected GateRejected");
}

TEST(Gate, GT3NotMeasuredIsFailedAndNotRejected) {
  api::Gate gate = recall_gate();
  gate.budgets.push_back(recall());
  gate.budgets[0].metric = "precision";

  const GateOutcome outcome = judge_gate(gate, document({paired("all", kWorse)}), subject());

  EXPECT_EQ(said(outcome), "Failed ResultMissing");
  EXPECT_EQ(outcome.message,
            "evaluation.comparisons: precision on all is missing (gate.budgets[0])");
  EXPECT_THAT(outcome.evidence_digest, IsEmpty());
}

TEST(Gate, GT4AnUnpinnedEvaluationSetNeedsAPerson) {
  GateSubject weak = subject();
  weak.datasets[0] = dataset("golden", api::DatasetRole::kEvaluation, "");
  GateSubject none = subject();
  none.datasets.clear();

  EXPECT_EQ(said(judge_gate(recall_gate(), document({paired("all", kBetter)}), weak)),
            "RequiresApproval EvaluationUnpinned");
  EXPECT_EQ(said(judge_gate(recall_gate(), document({paired("all", kBetter)}), none)),
            "RequiresApproval EvaluationUnpinned");
  EXPECT_EQ(said(judge_gate(recall_gate(), document({paired("all", kWorse)}), weak)),
            "Rejected GateRejected");
}

TEST(Gate, TG18AVersionThatCameWithTwoDigestsNeedsAPerson) {
  GateSubject twice = subject();
  twice.datasets[1].mutated = true;

  const auto outcome = judge_gate(recall_gate(), document({paired("all", kBetter)}), twice);

  EXPECT_EQ(outcome.result, api::GateResult::kRequiresApproval);
  EXPECT_EQ(outcome.reason, &reason::kDatasetMutated);

  twice.snapshot = api::DataStatus{.verdict = api::DataVerdict::kAccepted,
                                   .name = "train",
                                   .uri = "s3://data/train/snapshot/",
                                   .digest = digest('7'),
                                   .version = "",
                                   .rows = std::nullopt,
                                   .message = ""};
  EXPECT_EQ(judge_gate(recall_gate(), document({paired("all", kBetter)}), twice).result,
            api::GateResult::kPassed)
      << "what was collected is of one digest";
}

TEST(Gate, GT4AnotherSetThanThePinnedOneIsAMismatch) {
  ResultDocument other = document({paired("all", kBetter)});
  other.evaluation->dataset = digest('9');

  EXPECT_EQ(judged(recall_gate(), other), "Failed ResultMismatch");
}

TEST(Gate, GT5AnEvaluationSetThatWasTrainedOnIsALeak) {
  for (const api::DatasetRole role : {api::DatasetRole::kTrain, api::DatasetRole::kValidation}) {
    GateSubject leaky = subject();
    leaky.datasets[1] = dataset("train", role, kGolden);

    const GateOutcome outcome =
        judge_gate(recall_gate(), document({paired("all", kBetter)}), leaky);

    EXPECT_EQ(said(outcome), "Rejected EvaluationLeak");
    EXPECT_THAT(outcome.evidence, IsEmpty());
    EXPECT_THAT(outcome.evidence_json, HasSubstr(R"("reason":"EvaluationLeak")"));
  }
}

TEST(Gate, GT5ASnapshotThatWasTrainedOnIsALeak) {
  GateSubject leaky = subject();
  leaky.snapshot = api::DataStatus{};
  leaky.snapshot->name = "train";
  leaky.snapshot->uri = "s3://data/snapshot";
  leaky.snapshot->digest = kGolden;
  const ResultDocument result = document({paired("all", kBetter)});
  EXPECT_EQ(said(judge_gate(recall_gate(), result, leaky)), "Rejected EvaluationLeak");

  // What a snapshot was collected from stays a leak.
  leaky.datasets[1].digest = kGolden;
  leaky.snapshot->digest = digest('7');
  EXPECT_EQ(said(judge_gate(recall_gate(), result, leaky)), "Rejected EvaluationLeak");
}

TEST(Gate, GT41ASnapshotReplacesTheEvaluationSetItNames) {
  GateSubject collected = subject();
  collected.snapshot = api::DataStatus{};
  collected.snapshot->name = "golden";
  collected.snapshot->uri = "s3://data/since-onset";
  collected.snapshot->digest = digest('7');
  ResultDocument result = document({paired("all", kBetter)});
  EXPECT_EQ(said(judge_gate(recall_gate(), result, collected)), "Failed ResultMismatch");

  result.evaluation->dataset = digest('7');
  EXPECT_EQ(said(judge_gate(recall_gate(), result, collected)), "Passed");
}

TEST(Gate, GT6WithoutAChampionFloorsAreJudgedAndComparisonsAreNot) {
  GateSubject first = subject();
  first.champion = std::nullopt;
  api::Gate gate = floor_gate(0.9);
  gate.primary = recall();
  ReportedComparison good = paired("all", kWorse);
  good.challenger_hits = stat::Hits{.k = 970, .n = 1000};
  const ResultDocument result = no_champion({good});

  const GateOutcome asked = judge_gate(gate, result, first);
  EXPECT_EQ(said(asked), "RequiresApproval NoChampion");
  ASSERT_THAT(asked.evidence, SizeIs(1));
  EXPECT_EQ(asked.evidence[0].check, "floor");
  gate.on_no_champion = api::OnNoChampion::kPass;
  EXPECT_EQ(said(judge_gate(gate, result, first)), "Passed");
  gate.on_no_champion = api::OnNoChampion::kReject;
  EXPECT_EQ(said(judge_gate(gate, result, first)), "Rejected NoChampion");
  gate.floors[0].min = api::Decimal{0.99};
  gate.on_no_champion = api::OnNoChampion::kPass;
  EXPECT_EQ(said(judge_gate(gate, result, first)), "Rejected GateRejected");
}

// ---- GT-7 to GT-13: comparisons ----

TEST(Gate, GT7LowerIsBetterForAMetricThatSaysSo) {
  api::Gate gate;
  gate.primary = recall();
  gate.primary->direction = api::MetricGoal::kLower;  // as of an error rate
  ReportedComparison fewer = paired("all", kWorse);
  ReportedComparison more = paired("all", {.n = 12000, .b = 61, .c = 184});

  EXPECT_EQ(judged(gate, document({fewer})), "Passed");
  EXPECT_EQ(judged(gate, document({more})), "Rejected GateRejected");
  EXPECT_GT(judge_gate(gate, document({fewer}), subject()).evidence[0].delta->value, 0.0);
}

TEST(Gate, GT8PassFailAndInconclusive) {
  EXPECT_EQ(judged(recall_gate(), document({paired("all", kBetter)})), "Passed");
  EXPECT_EQ(judged(recall_gate(), document({paired("all", kWorse)})), "Rejected GateRejected");
  EXPECT_EQ(judged(recall_gate(), document({paired("all", kUnsure)})),
            "RequiresApproval Inconclusive");
}

TEST(Gate, GT8SuperiorAsksForMore) {
  api::Gate gate = recall_gate();
  gate.primary->require = api::GateRequire::kSuperior;
  EXPECT_EQ(judged(gate, document({paired("all", kBetter)})), "RequiresApproval Inconclusive");
  gate.primary->margin = {0.0};
  EXPECT_EQ(judged(gate, document({paired("all", kBetter)})), "Passed");
}

TEST(Gate, GT8TooFewSamplesAreInconclusive) {
  const stat::PairedCounts few = {.n = 999, .b = 0, .c = 90};

  const GateOutcome outcome = judge_gate(recall_gate(), document({paired("all", few)}), subject());

  EXPECT_EQ(said(outcome), "RequiresApproval Inconclusive");
  EXPECT_EQ(outcome.evidence[0].verdict, api::CheckVerdict::kTooSmall);
  EXPECT_THAT(outcome.message, HasSubstr("n: 999, at least 1000 are wanted"));
}

TEST(Gate, GT9AnyFailRejectsWhateverElseIsOpen) {
  api::Gate gate = recall_gate();
  gate.budgets.push_back(recall());
  gate.budgets[0].metric = "precision";
  ReportedComparison precision = paired("all", kWorse);
  precision.metric = "precision";

  EXPECT_EQ(judged(gate, document({paired("all", kUnsure), precision})), "Rejected GateRejected");
}

TEST(Gate, GT9OnInconclusiveDecidesWhatIsOpen) {
  api::Gate gate = recall_gate();
  gate.on_inconclusive = api::OnInconclusive::kReject;

  EXPECT_EQ(judged(gate, document({paired("all", kUnsure)})), "Rejected Inconclusive");
}

TEST(Gate, GT10PairedCountsAreShownAsTheDesignShowsThem) {
  const GateOutcome outcome =
      judge_gate(recall_gate(), document({paired("all", kBetter)}), subject());

  ASSERT_THAT(outcome.evidence, SizeIs(1));
  const api::GateEvidence& evidence = outcome.evidence[0];
  EXPECT_EQ(evidence.check, "primary");
  EXPECT_EQ(evidence.method, "PairedCounts");
  EXPECT_EQ(evidence.delta, api::Decimal{0.00191635});
  EXPECT_EQ(evidence.lower, api::Decimal{0.000260636});
  EXPECT_EQ(evidence.upper, api::Decimal{0.00357206});
  EXPECT_EQ(evidence.threshold, api::Decimal{-0.002});
  EXPECT_EQ(evidence.samples, 12000);
  EXPECT_EQ(evidence.verdict, api::CheckVerdict::kPass);
}

TEST(Gate, GT11BlocksAreComparedAndTooFewAreNot) {
  ReportedComparison comparison = paired("all", kBetter);
  comparison.paired = std::nullopt;
  comparison.n = 12000;
  for (int i = 0; i < 40; ++i) {
    comparison.blocks.push_back({290.0 + i % 5, 300.0, 291.0 + i % 7, 300.0});
  }
  const GateOutcome enough = judge_gate(recall_gate(), document({comparison}), subject());
  EXPECT_EQ(said(enough), "Passed");
  EXPECT_EQ(enough.evidence[0].method, "Blocks");

  comparison.blocks.resize(19);
  const GateOutcome few = judge_gate(recall_gate(), document({comparison}), subject());
  EXPECT_EQ(said(few), "RequiresApproval Inconclusive");
  EXPECT_EQ(few.evidence[0].verdict, api::CheckVerdict::kTooSmall);
  EXPECT_THAT(few.message, HasSubstr("blocks: 19, at least 20 are needed"));
}

TEST(Gate, GT13MomentsAndUnpairedCountsAreCompared) {
  ReportedComparison moments = paired("all", kBetter);
  moments.paired = std::nullopt;
  moments.moments = stat::Moments{.n = 12000, .mean = 0.003, .variance = 0.01};
  ReportedComparison unpaired = paired("all", kBetter);
  unpaired.paired = std::nullopt;
  unpaired.champion_hits = stat::Hits{.k = 97000, .n = 100000};
  unpaired.challenger_hits = stat::Hits{.k = 97100, .n = 100000};

  const GateOutcome by_moments = judge_gate(recall_gate(), document({moments}), subject());
  const GateOutcome by_counts = judge_gate(recall_gate(), document({unpaired}), subject());

  EXPECT_EQ(said(by_moments), "Passed");
  EXPECT_EQ(by_moments.evidence[0].method, "Moments");
  EXPECT_EQ(said(by_counts), "Passed");
  EXPECT_EQ(by_counts.evidence[0].method, "UnpairedCounts");
}

TEST(Gate, RS12NumbersAloneNeverPassAComparison) {
  ReportedComparison point;
  point.metric = "recall";
  point.champion = 0.5;
  point.challenger = 0.99;
  point.n = 1000000;

  const GateOutcome outcome = judge_gate(recall_gate(), document({point}), subject());

  EXPECT_EQ(said(outcome), "RequiresApproval Inconclusive");
  EXPECT_EQ(outcome.evidence[0].method, "Point");
  EXPECT_EQ(outcome.evidence[0].delta, api::Decimal{0.49});
}

TEST(Gate, RS12AnIntervalOfTheUsersIsSaidNotToBeJudged) {
  ReportedComparison comparison = paired("all", kBetter);
  comparison.paired = std::nullopt;
  comparison.interval =
      ReportedInterval{.lower = 0.1, .upper = 0.2, .confidence = 0.99, .method = "DeLong"};

  const GateOutcome outcome = judge_gate(recall_gate(), document({comparison}), subject());

  EXPECT_EQ(said(outcome), "RequiresApproval Inconclusive");
  EXPECT_THAT(outcome.message, HasSubstr("an interval alone is not judged by this version"));
}

// b and c swapped: the counts praise what the numbers call worse.
TEST(Gate, RS12NumbersThatContradictTheCountsNeedAPerson) {
  ReportedComparison swapped = paired("all", {.n = 12000, .b = 61, .c = 184});
  swapped.challenger = *swapped.champion - 123.0 / 12000.0;

  const GateOutcome outcome = judge_gate(recall_gate(), document({swapped}), subject());

  EXPECT_EQ(said(outcome), "RequiresApproval Inconclusive");
  EXPECT_THAT(outcome.message, HasSubstr("champion and challenger contradict the evidence"));
}

TEST(Gate, RS12CountsThatWereNeverFilledInDoNotPass) {
  ReportedComparison empty = paired("all", {.n = 12000, .b = 0, .c = 0});
  empty.challenger = 0.57;

  EXPECT_EQ(judged(recall_gate(), document({empty})), "RequiresApproval Inconclusive");
}

TEST(Gate, RS12ASmallDifferenceInsideTheMarginIsNoContradiction) {
  ReportedComparison macro = paired("all", kBetter);
  macro.challenger = *macro.champion - 0.001;

  EXPECT_EQ(judged(recall_gate(), document({macro})), "Passed");
}

TEST(Gate, GT20SumsThatOverflowAreMalformedAndNamed) {
  ReportedComparison comparison = paired("all", kBetter);
  comparison.paired = std::nullopt;
  comparison.blocks.assign(30, {.num_a = 1.0, .den_a = 1e308, .num_b = 1.0, .den_b = 1e308});

  const GateOutcome outcome = judge_gate(recall_gate(), document({comparison}), subject());

  EXPECT_EQ(said(outcome), "Failed ResultMalformed");
  EXPECT_EQ(outcome.message,
            "evaluation.comparisons[0].blocks: the sums are beyond what a double holds");
}

// ---- GT-15: slices ----

api::Gate slice_gate() {
  api::Gate gate = recall_gate();
  gate.slices = api::GateSlices{};
  gate.slices->margin = {0.01};
  return gate;
}

const stat::PairedCounts kSliceFine = {.n = 2000, .b = 20, .c = 25};
const stat::PairedCounts kSliceEdge = {.n = 2000, .b = 60, .c = 22};  // lost at 5 %, not at 0.5 %
const stat::PairedCounts kSliceSmall = {.n = 199, .b = 60, .c = 0};

TEST(Gate, GT15ASliceThatIsLostRejects) {
  EXPECT_EQ(judged(slice_gate(), document({paired("all", kBetter), paired("line=A", kSliceFine)})),
            "Passed");
  const GateOutcome outcome = judge_gate(
      slice_gate(), document({paired("all", kBetter), paired("line=A", kSliceEdge)}), subject());
  EXPECT_EQ(said(outcome), "Rejected GateRejected");
  EXPECT_THAT(outcome.message, StartsWith("slice recall on line=A: Fail"));
}

TEST(Gate, GT15ManySlicesShareTheLevel) {
  std::vector<ReportedComparison> comparisons = {paired("all", kBetter),
                                                 paired("edge", kSliceEdge)};
  for (int i = 0; i < 9; ++i) {
    comparisons.push_back(paired(base::concat({"line=", std::to_string(i)}), kSliceFine));
  }

  EXPECT_EQ(judged(slice_gate(), document(std::move(comparisons))), "Passed");
}

TEST(Gate, GT15NonInferiorSlicesMustBeShown) {
  api::Gate gate = slice_gate();
  gate.slices->mode = api::SliceMode::kNonInferior;
  const stat::PairedCounts open = {.n = 300, .b = 5, .c = 4};

  EXPECT_EQ(judged(gate, document({paired("all", kBetter), paired("line=A", open)})),
            "RequiresApproval Inconclusive");
}

TEST(Gate, GT15ASmallSliceIsTreatedAsTheSpecSays) {
  const ResultDocument result = document({paired("all", kBetter), paired("line=A", kSliceSmall)});
  api::Gate gate = slice_gate();

  const GateOutcome ignored = judge_gate(gate, result, subject());
  EXPECT_EQ(said(ignored), "Passed");
  EXPECT_EQ(ignored.evidence[1].verdict, api::CheckVerdict::kTooSmall);
  gate.slices->on_too_small = api::OnTooSmall::kRequireApproval;
  EXPECT_EQ(judged(gate, result), "RequiresApproval TooSmall");
  gate.slices->on_too_small = api::OnTooSmall::kReject;
  EXPECT_EQ(judged(gate, result), "Rejected TooSmall");
}

TEST(Gate, GT15ARequiredSliceThatIsAbsentIsNotMeasured) {
  api::Gate gate = slice_gate();
  gate.slices->required = {"line=A", "line=B"};

  const GateOutcome outcome =
      judge_gate(gate, document({paired("all", kBetter), paired("line=A", kSliceFine)}), subject());

  EXPECT_EQ(said(outcome), "Failed ResultMissing");
  EXPECT_EQ(outcome.message,
            "evaluation.comparisons: recall on line=B is missing (gate.slices.required)");
}

TEST(Gate, GT15SlicesOfALowerMetricTakeItsDirection) {
  api::Gate gate = slice_gate();
  gate.primary->direction = api::MetricGoal::kLower;

  EXPECT_EQ(judged(gate, document({paired("all", kWorse), paired("line=A", kSliceEdge)})),
            "Passed");
}

TEST(Gate, GT15OnlySlicesOfTheMetricCount) {
  ReportedComparison other = paired("line=A", kSliceEdge);
  other.metric = "precision";

  const GateOutcome outcome =
      judge_gate(slice_gate(), document({paired("all", kBetter), other}), subject());

  EXPECT_EQ(said(outcome), "Passed");
  EXPECT_THAT(outcome.evidence, SizeIs(1));
}

// ---- GT-16: fairness ----

ResultDocument with_groups(std::vector<stat::Hits> groups) {
  ResultDocument result = document({paired("all", kBetter)});
  for (size_t i = 0; i < groups.size(); ++i) {
    result.evaluation->groups.push_back({.metric = "tpr",
                                         .dimension = "plant",
                                         .group = base::concat({"g", std::to_string(i)}),
                                         .hits = groups[i]});
  }
  return result;
}

TEST(Gate, GT16GapsAndRatiosOfGroupsAreJudged) {
  api::Gate gate = recall_gate();
  gate.fairness.emplace_back();
  gate.fairness[0].metric = "tpr";
  gate.fairness[0].dimension = "plant";
  gate.fairness[0].max_gap = api::Decimal{0.05};

  EXPECT_EQ(judged(gate, with_groups({{9000, 10000}, {9050, 10000}})), "Passed");
  EXPECT_EQ(judged(gate, with_groups({{90, 100}, {88, 100}})), "RequiresApproval Inconclusive");
  const GateOutcome unfair =
      judge_gate(gate, with_groups({{9000, 10000}, {7000, 10000}}), subject());
  EXPECT_EQ(said(unfair), "Rejected GateRejected");
  EXPECT_EQ(unfair.evidence[1].slice, "plant: g0/g1");
  EXPECT_EQ(judged(gate, with_groups({})), "Failed ResultMissing");
  EXPECT_EQ(judged(gate, with_groups({{90, 100}})), "RequiresApproval Inconclusive");

  gate.fairness[0].max_gap = std::nullopt;
  gate.fairness[0].min_ratio = api::Decimal{0.8};
  EXPECT_EQ(judged(gate, with_groups({{9000, 10000}, {8900, 10000}})), "Passed");
  EXPECT_EQ(judged(gate, with_groups({{9000, 10000}, {5000, 10000}})), "Rejected GateRejected");
  EXPECT_EQ(judged(gate, with_groups({{9000, 10000}, {0, 10}})), "RequiresApproval Inconclusive");
}

// ---- GT-17 and GT-18: floors and limits ----

TEST(Gate, GT17AFloorUsesTheBestBoundThereIs) {
  ReportedComparison counts = paired("all", kBetter);
  counts.challenger = 0.97;
  counts.challenger_hits = stat::Hits{.k = 970, .n = 1000};

  const GateOutcome wilson = judge_gate(floor_gate(0.95), document({counts}), subject());
  EXPECT_EQ(said(wilson), "Passed");
  EXPECT_EQ(wilson.evidence[0].method, "Wilson");
  EXPECT_EQ(wilson.evidence[0].lower, api::Decimal{0.95978});
  EXPECT_EQ(judged(floor_gate(0.965), document({counts})), "RequiresApproval Inconclusive");
  EXPECT_EQ(judged(floor_gate(0.99), document({counts})), "Rejected GateRejected");

  counts.challenger_hits = std::nullopt;
  for (int i = 0; i < 30; ++i) counts.blocks.push_back({0.0, 10.0, 9.0 + i % 2, 10.0});
  const GateOutcome blocks = judge_gate(floor_gate(0.9), document({counts}), subject());
  EXPECT_EQ(said(blocks), "Passed");
  EXPECT_EQ(blocks.evidence[0].method, "Blocks");
}

TEST(Gate, GT17OnlyANumberIsJudgedAsANumber) {
  api::Gate gate = floor_gate(0.95);
  ReportedComparison comparison = paired("all", kBetter);  // pairs say nothing about one model
  comparison.challenger = 0.9501;

  const GateOutcome outcome = judge_gate(gate, document({comparison}), subject());
  EXPECT_EQ(said(outcome), "Passed");
  EXPECT_EQ(outcome.evidence[0].method, "Point");

  ResultDocument metric = document({});
  metric.metrics["recall"] = 0.9499;
  EXPECT_EQ(judged(gate, metric), "Rejected GateRejected");
  EXPECT_EQ(judged(gate, document({})), "Failed ResultMissing");
}

TEST(Gate, GT17PointModeIgnoresBounds) {
  api::Gate gate = floor_gate(0.969);
  gate.floors[0].mode = api::FloorMode::kPoint;
  ReportedComparison counts = paired("all", kBetter);
  counts.challenger = 0.97;
  counts.challenger_hits = stat::Hits{.k = 970, .n = 1000};

  EXPECT_EQ(judged(gate, document({counts})), "Passed");
}

TEST(Gate, GT17AFloorMayBeOfASlice) {
  api::Gate gate = floor_gate(0.9);
  gate.floors[0].slice = "line=B";
  ReportedComparison slice = paired("line=B", kSliceFine);
  slice.challenger = 0.85;

  EXPECT_EQ(judged(gate, document({slice})), "Rejected GateRejected");
  EXPECT_EQ(judged(gate, document({paired("all", kBetter)})), "Failed ResultMissing");
}

TEST(Gate, GT17MomentsOfDifferencesAreNoBoundOfALevel) {
  ReportedComparison differences = paired("all", kBetter);
  differences.paired = std::nullopt;
  differences.moments = stat::Moments{.n = 500, .mean = 0.002, .variance = 0.02};
  EXPECT_EQ(judge_gate(floor_gate(0.9), document({differences}), subject()).evidence[0].method,
            "Point");

  ReportedComparison own = differences;
  own.champion = std::nullopt;
  own.challenger = 0.83;
  own.moments->mean = 0.83;
  const GateOutcome outcome = judge_gate(floor_gate(0.8), document({own}), subject());
  EXPECT_EQ(outcome.evidence[0].method, "Moments");
  EXPECT_EQ(said(outcome), "Passed");
}

TEST(Gate, GT18LimitsAreJudgedByTheNumber) {
  api::Gate gate = recall_gate();
  gate.limits.emplace_back().metric = "latency_p99_ms";
  gate.limits[0].max = api::Decimal{40.0};
  gate.limits[0].max_increase = api::Decimal{0.1};
  ResultDocument result = document({paired("all", kBetter)});
  result.metrics["latency_p99_ms"] = 31.5;

  const GateOutcome only_max = judge_gate(gate, result, subject());
  EXPECT_EQ(said(only_max), "Passed");
  EXPECT_THAT(only_max.evidence, SizeIs(2));
  EXPECT_THAT(only_max.message, HasSubstr("without the champion's value only max counts"));
  result.metrics["latency_p99_ms"] = 40.1;
  EXPECT_EQ(judged(gate, result), "Rejected GateRejected");

  ReportedComparison latency;
  latency.metric = "latency_p99_ms";
  latency.champion = 30.0;
  latency.challenger = 34.0;
  result.evaluation->comparisons.push_back(latency);
  EXPECT_EQ(judged(gate, result), "Rejected GateRejected");
  result.evaluation->comparisons[1].challenger = 32.0;
  EXPECT_EQ(judged(gate, result), "Passed");
  gate.limits[0].metric = "model_bytes";
  EXPECT_EQ(judged(gate, result), "Failed ResultMissing");
}

// ---- R2-21 over GT-24: runs that drift started ----

TEST(Gate, GT24ADriftRunIsAlsoJudgedOnWhatCameAfterTheOnset) {
  GateSubject drift = subject();
  drift.is_drift = true;
  const stat::PairedCounts gained = {.n = 600, .b = 5, .c = 90};
  const stat::PairedCounts lost = {.n = 600, .b = 90, .c = 5};

  const GateOutcome passed = judge_gate(
      recall_gate(), document({paired("all", kBetter), paired("since-onset", gained)}), drift);
  EXPECT_EQ(said(passed), "Passed");
  EXPECT_EQ(passed.evidence[1].check, "since-onset");
  EXPECT_EQ(passed.evidence[1].slice, "since-onset");
  EXPECT_EQ(
      said(judge_gate(recall_gate(),
                      document({paired("all", kBetter), paired("since-onset", lost)}), drift)),
      "Rejected GateRejected");
}

TEST(Gate, GT24NonInferiorIsEnoughSinceTheOnset) {
  GateSubject drift = subject();
  drift.is_drift = true;
  api::Gate gate = recall_gate();
  gate.primary->require = api::GateRequire::kSuperior;
  gate.primary->margin = {0.0001};
  const stat::PairedCounts same = {.n = 1000000, .b = 100, .c = 100};

  const GateOutcome outcome =
      judge_gate(gate, document({paired("all", kBetter), paired("since-onset", same)}), drift);

  EXPECT_EQ(outcome.evidence[1].verdict, api::CheckVerdict::kPass);
  EXPECT_EQ(outcome.evidence[1].threshold, api::Decimal{-0.0001});
}

TEST(Gate, GT24AbsentItIsSaidAndDecidesNothing) {
  GateSubject drift = subject();
  drift.is_drift = true;

  const GateOutcome outcome = judge_gate(recall_gate(), document({paired("all", kBetter)}), drift);

  EXPECT_EQ(said(outcome), "Passed");
  EXPECT_EQ(outcome.message, "1 checks passed; the slice since-onset is not reported");
}

TEST(Gate, GT24ItCountsOnlyFromAPinnedSet) {
  GateSubject drift = subject();
  drift.is_drift = true;
  drift.datasets[0] = dataset("golden", api::DatasetRole::kEvaluation, "");
  const stat::PairedCounts lost = {.n = 600, .b = 90, .c = 5};

  const GateOutcome outcome = judge_gate(
      recall_gate(), document({paired("all", kBetter), paired("since-onset", lost)}), drift);

  EXPECT_EQ(said(outcome), "RequiresApproval EvaluationUnpinned");
  EXPECT_THAT(outcome.evidence, SizeIs(1));
}

TEST(Gate, GT24TooFewSinceTheOnsetAreSaidAndDecideNothing) {
  GateSubject drift = subject();
  drift.is_drift = true;
  const stat::PairedCounts few = {.n = 99, .b = 60, .c = 5};

  const GateOutcome outcome = judge_gate(
      recall_gate(), document({paired("all", kBetter), paired("since-onset", few)}), drift);

  EXPECT_EQ(said(outcome), "Passed");
  EXPECT_EQ(outcome.evidence[1].verdict, api::CheckVerdict::kTooSmall);
  EXPECT_THAT(outcome.message, HasSubstr("since-onset: n: 99, at least 100 are wanted"));
}

TEST(Gate, GT24ItMayLieInTheSetThatTheDataStageKeptFromTraining) {
  GateSubject drift = subject();
  drift.is_drift = true;
  drift.since_onset = digest('7');
  ReportedComparison recent = paired("since-onset", {.n = 600, .b = 90, .c = 5});
  recent.dataset = digest('7');
  const ResultDocument result = document({paired("all", kBetter), recent});
  EXPECT_EQ(said(judge_gate(recall_gate(), result, drift)), "Rejected GateRejected");

  // Any other set of its own may not judge, least of all one that was trained on.
  drift.since_onset = digest('8');
  EXPECT_EQ(said(judge_gate(recall_gate(), result, drift)), "Passed");
  drift.since_onset = digest('7');
  drift.datasets[1].digest = digest('7');
  EXPECT_EQ(said(judge_gate(recall_gate(), result, drift)), "Passed");
}

TEST(Gate, GT15ASliceOfAnotherSetIsNoSliceOfThisOne) {
  ReportedComparison recent = paired("since-onset", kSliceEdge);
  recent.dataset = digest('7');

  EXPECT_EQ(judged(slice_gate(), document({paired("all", kBetter), recent})), "Passed");
}

TEST(Gate, GT24OtherRunsTakeItAsAnySlice) {
  const GateOutcome outcome =
      judge_gate(slice_gate(),
                 document({paired("all", kBetter), paired("since-onset", kSliceFine)}), subject());

  EXPECT_EQ(outcome.evidence[1].check, "slice");
}

// ---- GT-23: evidence ----

TEST(Gate, GT23TheEvidenceIsCanonicalAndTheSameEverywhere) {
  const GateOutcome outcome =
      judge_gate(recall_gate(), document({paired("all", kBetter)}), subject());

  EXPECT_EQ(outcome.evidence_json,
            base::concat({R"({"challenger":")", kChallenger, R"(","champion":")", kChampion,
                          R"(","checks":[{"challenger":"0.9519166666666666","champion":"0.95",)"
                          R"("check":"primary","delta":"0.00191635","lower":"0.000260636",)"
                          R"("method":"PairedCounts","metric":"recall","samples":12000,)"
                          R"("slice":"all","threshold":"-0.002","upper":"0.00357206",)"
                          R"("verdict":"Pass"}],"confidence":"0.95","dataset":")",
                          kGolden, R"(","result":"Passed","schema":"kaizen.evidence/v1"})"}));
  // sha256sum of the text above.
  EXPECT_EQ(outcome.evidence_digest,
            "sha256:a060d91757d42a1ea4bf693f8b1f31f96cffcec1e75c84a8e8e944128050a59b");
}

TEST(Gate, GT23CanonicalFormIsAFixedPoint) {
  api::Gate gate = slice_gate();
  gate.floors = floor_gate(0.9).floors;
  const ResultDocument result = document(
      {paired("all", kWorse), paired("a \"b\"\\ é", kSliceEdge), paired("x\ty", kSliceSmall)});

  const GateOutcome outcome = judge_gate(gate, result, subject());
  const GateOutcome again = judge_gate(gate, result, subject());

  EXPECT_EQ(*schema::canonical_json(outcome.evidence_json), outcome.evidence_json);
  EXPECT_EQ(again.evidence_json, outcome.evidence_json);
  EXPECT_EQ(outcome.evidence_digest, "sha256:" + base::sha256_hex(outcome.evidence_json));
}

TEST(Gate, GT23TheEvidenceNamesTheModelsAndTheSet) {
  GateSubject other = subject();
  other.champion = digest('6');
  ResultDocument result = document({paired("all", kBetter)});
  const std::string one = judge_gate(recall_gate(), result, subject()).evidence_digest;
  result.evaluation->champion = digest('6');

  EXPECT_NE(judge_gate(recall_gate(), result, other).evidence_digest, one);
}

TEST(Gate, GT23StatusKeepsFortyChecksTheBadOnesFirst) {
  std::vector<ReportedComparison> comparisons = {paired("all", kBetter)};
  for (int i = 0; i < 60; ++i) {
    comparisons.push_back(paired(base::concat({"line=", std::to_string(i)}), kSliceFine));
  }
  comparisons.push_back(paired("lost", {.n = 2000, .b = 400, .c = 1}));
  comparisons.push_back(paired("small", kSliceSmall));
  const GateOutcome outcome = judge_gate(slice_gate(), document(std::move(comparisons)), subject());
  const base::Time now = *base::parse_time("2026-03-09T05:40:00Z");

  const api::GateStatus status = gate_status(outcome, now, "defect-j5fwma4h-evidence");

  EXPECT_THAT(outcome.evidence, SizeIs(63));
  ASSERT_THAT(status.evidence, SizeIs(40));
  EXPECT_EQ(status.evidence[0].slice, "lost");
  EXPECT_EQ(status.evidence[1].slice, "small");
  EXPECT_EQ(status.evidence[2].check, "primary");
  EXPECT_EQ(status.result, api::GateResult::kRejected);
  EXPECT_EQ(status.reason, "GateRejected");
  EXPECT_EQ(status.evaluated_at, now);
  EXPECT_EQ(status.evaluation_digest, kGolden);
  EXPECT_EQ(status.evidence_digest, outcome.evidence_digest);
  EXPECT_EQ(status.evidence_config_map, "defect-j5fwma4h-evidence");
}

TEST(Gate, GT23StatusCutsLongNamesOfSlicesAndTheEvidenceDoesNot) {
  const std::string name(128, 's');
  api::Gate gate = recall_gate();
  gate.slices = api::GateSlices{};

  const auto outcome =
      judge_gate(gate, document({paired("all", kBetter), paired(name, kBetter)}), subject());

  ASSERT_THAT(outcome.evidence, SizeIs(2));
  EXPECT_EQ(outcome.evidence[1].slice, name);
  const auto status = gate_status(outcome, base::Time(), "run-evidence");
  EXPECT_THAT(status.evidence[1].slice, SizeIs(64));
}

TEST(Gate, RS41MessagesAreShortAndEvidenceHasNoControlCharacters) {
  std::vector<ReportedComparison> comparisons = {paired("all", kBetter)};
  for (int i = 0; i < 100; ++i) {
    comparisons.push_back(
        paired(base::concat({"\x1b[31m", std::string(100, 'x'), std::to_string(i)}),
               {.n = 2000, .b = 400, .c = 1}));
  }

  const GateOutcome outcome = judge_gate(slice_gate(), document(std::move(comparisons)), subject());

  EXPECT_LE(outcome.message.size(), 512U);
  EXPECT_EQ(outcome.message.find('\x1b'), std::string::npos);
  EXPECT_EQ(outcome.evidence_json.find("u001b"), std::string::npos);
}

// ---- specs that the API server would refuse ----

TEST(Gate, GT20AGateThatCannotBeJudgedIsAnInvalidSpec) {
  const auto refused = [](api::Gate gate) {
    const GateOutcome outcome = judge_gate(gate, document({paired("all", kBetter)}), subject());
    return base::concat({said(outcome), " ", outcome.message});
  };
  api::Gate confidence = recall_gate();
  confidence.confidence = {1.0};
  api::Gate margin = recall_gate();
  margin.primary->margin = {-0.1};
  api::Gate floor = floor_gate(0.9);
  floor.floors[0].max = api::Decimal{1.0};
  api::Gate limit = recall_gate();
  limit.limits.emplace_back().metric = "a";
  api::Gate fairness = recall_gate();
  fairness.fairness.emplace_back().min_ratio = api::Decimal{0.0};
  api::Gate slices = floor_gate(0.9);
  slices.slices = api::GateSlices{};

  EXPECT_EQ(refused(confidence), "Failed InvalidSpec gate.confidence: lies inside (0.5, 1)");
  EXPECT_EQ(refused(margin), "Failed InvalidSpec gate.primary: margin is a number from 0");
  EXPECT_EQ(refused(floor), "Failed InvalidSpec gate.floors[0]: exactly one of min and max");
  EXPECT_EQ(refused(limit), "Failed InvalidSpec gate.limits[0]: max or maxIncrease is needed");
  EXPECT_EQ(refused(fairness), "Failed InvalidSpec gate.fairness[0]: minRatio is above 0");
  EXPECT_EQ(refused(slices), "Failed InvalidSpec gate.slices: metric is needed without primary");
  EXPECT_EQ(refused(api::Gate{}), "Failed InvalidSpec gate: primary or floors is needed");
}

TEST(Gate, GT2TheSubjectIsWhatStatusPinned) {
  api::TrainingRun run;
  run.spec.trigger.type = api::TriggerType::kDrift;
  run.spec.datasets = subject().datasets;
  run.status.model = api::ModelRecord{};
  run.status.model->digest = kChallenger;
  run.status.artifacts.emplace_back().name = "since-onset";
  run.status.artifacts[0].digest = digest('7');

  const GateSubject first = gate_subject(run);
  run.status.champion = api::ModelRecord{};
  run.status.champion->digest = kChampion;
  const GateSubject second = gate_subject(run);

  EXPECT_EQ(first.challenger, kChallenger);
  EXPECT_EQ(first.champion, std::nullopt);
  EXPECT_TRUE(first.is_drift);
  EXPECT_EQ(first.since_onset, digest('7'));
  EXPECT_THAT(first.datasets, SizeIs(2));
  EXPECT_EQ(second.champion, kChampion);
}

// ---- Hostile bytes: never a crash, never a pass ----

const char* const kRun = "5f0cbe0a-7d5e-4a43-a3f1-0a4f1f5f2b6e";
const char* const kNonce = "0123456789abcdef0123456789abcdef";

// A challenger so much worse that no changed bit can make it look good.
std::string losing_bytes() {
  return base::concat(
      {R"({"schema":"kaizen.result/v1","run":")", kRun, R"(","nonce":")", kNonce,
       R"(","stage":"evaluate","metrics":{"latency_p99_ms":31.5},"evaluation":{"dataset":")",
       kGolden, R"(","challenger":")", kChallenger, R"(","champion":")", kChampion,
       R"(","comparisons":[{"metric":"recall","champion":0.97,"challenger":0.57,"n":20000,)",
       R"("paired":{"b":7777,"c":11}},{"metric":"recall","slice":"line=A","champion":0.97,)",
       R"("challenger":0.58,"n":4100,"paired":{"b":1777,"c":3}}]}})"});
}

// What the gate makes of bytes: "no document" where none could be read.
std::string fate(std::string_view bytes) {
  const auto result =
      read_result({.bytes = bytes, .cut_at = std::nullopt},
                  {.run = *base::parse_uid(kRun), .stage = "evaluate", .nonce = kNonce});
  if (!result.ok()) return "no document";
  return said(judge_gate(slice_gate(), *result, subject()));
}

TEST(Gate, RS40NoChangedBitMakesALosingModelPass) {
  const std::string bytes = losing_bytes();
  ASSERT_EQ(fate(bytes), "Rejected GateRejected");

  for (size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      EXPECT_NE(fate(changed), "Passed") << at << " " << bit << " " << changed;
    }
  }
}

TEST(Gate, RS40NoLostRepeatedOrSwappedBytesMakeALosingModelPass) {
  std::mt19937_64 random(20260309);  // NOLINT: a fixed seed is the point
  const std::string bytes = losing_bytes();
  const auto pick = [&](size_t below) { return static_cast<size_t>(random() % below); };

  for (int i = 0; i < 20000; ++i) {
    std::string changed = bytes;
    const size_t from = pick(bytes.size());
    const size_t length = 1 + pick(40);
    const std::string piece = bytes.substr(pick(bytes.size()), length);
    switch (pick(4)) {
      case 0: changed.erase(from, length); break;
      case 1: changed.insert(from, piece); break;
      case 2: changed.replace(from, length, piece); break;
      default: changed[from] = static_cast<char>(random() & 0xFFU); break;
    }
    EXPECT_NE(fate(changed), "Passed") << changed;
  }
}

TEST(Gate, RS40RandomBytesAreNoDocument) {
  std::mt19937_64 random(7);  // NOLINT: a fixed seed is the point
  for (int i = 0; i < 5000; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() & 0xFFU);
    EXPECT_EQ(fate(bytes), "no document");
  }
}

}  // namespace
}  // namespace kaizen::core
