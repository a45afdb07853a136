#include "core/rollout/analysis_setup.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "core/extensions.h"
#include "schema/codec.h"
#include "stats/analysis_state.h"
#include "stats/projection.h"

namespace kaizen::core {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

ResolvedAnalysis resolved_from(const std::string& json) {
  const auto spec = schema::decode<api::ModelDeploymentSpec>(json);
  EXPECT_TRUE(spec.ok()) << (spec.ok() ? "" : spec.error().message);
  return resolve_analysis(spec.ok() ? *spec : api::ModelDeploymentSpec{});
}

TEST(AnalysisSetup, AnEmptySpecHasTheDefaultsOfTheDesign) {
  const ResolvedAnalysis resolved = resolved_from("{}");
  EXPECT_EQ(resolved.problem, "");
  EXPECT_EQ(resolved.interval, std::chrono::seconds(30));
  EXPECT_EQ(resolved.no_data_after, std::chrono::minutes(5));
  EXPECT_EQ(resolved.min_samples, 50);
  EXPECT_EQ(resolved.alpha, 0.05);
  EXPECT_EQ(resolved.beta, 0.05);
  EXPECT_FALSE(resolved.bake_may_roll_back);
  ASSERT_THAT(resolved.metrics, SizeIs(1)) << "without a threshold nobody knows what slow means";
  const ResolvedMetric& errors = resolved.metrics[0];
  EXPECT_EQ(errors.setup.name, "errorRate");
  EXPECT_EQ(errors.setup.line, (stats::Line{.a = 0.005, .b = 1.0}));
  EXPECT_EQ(errors.setup.weight, 1.0);
  EXPECT_EQ(errors.setup.hard_limit, 0.20);
  EXPECT_FALSE(errors.slo_budget);
}

TEST(AnalysisSetup, TheSloSetsToleranceBudgetAndThreshold) {
  const ResolvedAnalysis resolved = resolved_from(
      R"({"slo":{"availability":"99%","latency":{"quantile":"0.95","threshold":"800ms"}}})");
  ASSERT_THAT(resolved.metrics, SizeIs(2));
  EXPECT_NEAR(resolved.metrics[0].setup.line.a, 0.005, 1e-12) << "half the error budget";
  EXPECT_NEAR(*resolved.metrics[0].slo_budget, 0.01, 1e-12);
  EXPECT_EQ(resolved.metrics[1].signal.kind, SignalKind::kLatency);
  EXPECT_EQ(resolved.metrics[1].signal.threshold, std::chrono::milliseconds(800));
  EXPECT_NEAR(*resolved.metrics[1].slo_budget, 0.05, 1e-12);
  EXPECT_FALSE(resolved.metrics[1].setup.hard_limit);
}

TEST(AnalysisSetup, WhatIsWrittenWins) {
  const ResolvedAnalysis resolved = resolved_from(
      R"({"slo":{"availability":"99%","latency":{"quantile":"0.95","threshold":"800ms"}},
          "bake":{"onFailure":"Rollback"},
          "analysis":{"interval":"10s","minSamples":7,"noData":{"after":"1m"},
            "source":"Router","test":{"alpha":"0.01","beta":"0.1"},
            "errorRate":{"tolerance":"1%","relative":"50%","hardLimit":"30%","weight":3},
            "latency":{"threshold":"500ms","tolerance":"2%","weight":2}}})");
  EXPECT_EQ(resolved.interval, std::chrono::seconds(10));
  EXPECT_EQ(resolved.min_samples, 7);
  EXPECT_EQ(resolved.no_data_after, std::chrono::minutes(1));
  EXPECT_EQ(resolved.side, api::MetricSide::kRouter);
  EXPECT_EQ(resolved.alpha, 0.01);
  EXPECT_EQ(resolved.beta, 0.1);
  EXPECT_TRUE(resolved.bake_may_roll_back);
  EXPECT_EQ(resolved.metrics[0].setup.line, (stats::Line{.a = 0.01, .b = 1.5}));
  EXPECT_EQ(resolved.metrics[0].setup.hard_limit, 0.3);
  EXPECT_EQ(resolved.metrics[0].setup.weight, 3.0);
  EXPECT_EQ(resolved.metrics[1].setup.line, (stats::Line{.a = 0.02, .b = 1.0}));
  EXPECT_FALSE(resolved.metrics[1].slo_budget) << "the SLO is about 800ms, not 500ms";
}

TEST(AnalysisSetup, ST13ReportOnlyHasNoHardLimitOfItsOwn) {
  EXPECT_FALSE(
      resolved_from(R"({"analysis":{"errorRate":{"weight":0}}})").metrics[0].setup.hard_limit);
  EXPECT_EQ(resolved_from(R"({"analysis":{"errorRate":{"weight":0,"hardLimit":"40%"}}})")
                .metrics[0]
                .setup.hard_limit,
            0.4);
}

TEST(AnalysisSetup, ARatioHasDirectionAndPhase) {
  const ResolvedAnalysis resolved = resolved_from(R"json({"analysis":{"metrics":[
      {"name":"a","type":"Ratio","numerator":"n","denominator":"d"},
      {"name":"b","type":"Ratio","numerator":"n","denominator":"d","direction":"LowerIsWorse",
       "hardLimit":"90%","phase":"Bake"},
      {"name":"c","type":"Ratio","numerator":"n","denominator":"d","direction":"Both",
       "phase":"Canary"}]}})json");
  ASSERT_THAT(resolved.metrics, SizeIs(4));
  const ResolvedMetric& higher = resolved.metrics[1];
  EXPECT_EQ(higher.signal.numerator, "n");
  EXPECT_EQ(higher.signal.denominator, "d");
  EXPECT_FALSE(higher.signal.complement);
  EXPECT_TRUE(higher.setup.in_canary && higher.setup.in_bake);
  const ResolvedMetric& lower = resolved.metrics[2];
  EXPECT_TRUE(lower.signal.complement);
  EXPECT_NEAR(*lower.setup.hard_limit, 0.1, 1e-12);
  EXPECT_FALSE(lower.setup.in_canary);
  const ResolvedMetric& both = resolved.metrics[3];
  EXPECT_EQ(both.setup.direction, stats::Direction::kBoth);
  EXPECT_FALSE(both.setup.in_bake);
}

// R2-3: what cannot be judged is named before anything is asked.
TEST(AnalysisSetup, AProblemNamesTheField) {
  const auto custom = [](const std::string& name) {
    return R"json({"name":")json" + name +
           R"json(","type":"Ratio","numerator":"n","denominator":"d"})json";
  };
  EXPECT_THAT(resolved_from(R"({"analysis":{"metrics":[)" + custom("errorRate") + "]}}").problem,
              HasSubstr("the name errorRate belongs to a built-in metric"));
  EXPECT_THAT(resolved_from(R"({"analysis":{"metrics":[)" + custom("x") + "," + custom("x") + "]}}")
                  .problem,
              HasSubstr("two metrics are called x"));
  EXPECT_THAT(resolved_from(R"({"analysis":{"errorRate":{"tolerance":"100%"}}})").problem,
              HasSubstr("spec.analysis: "));
}

// ST-8: max(1, ceil(hold / 20 ticks)) for each step.
TEST(AnalysisSetup, ST8RestartsComeFromTheHolds) {
  const ResolvedAnalysis resolved = resolved_from("{}");
  api::CanaryStep none;
  api::CanaryStep ten_minutes;
  ten_minutes.hold = std::chrono::minutes(10);
  api::CanaryStep more;
  more.hold = std::chrono::minutes(10) + std::chrono::seconds(1);
  EXPECT_EQ(stats_setup(resolved, {none}).restarts, 1);
  EXPECT_EQ(stats_setup(resolved, {none, ten_minutes}).restarts, 2);
  EXPECT_EQ(stats_setup(resolved, {none, ten_minutes, more}).restarts, 4);
}

TEST(AnalysisSetup, MP17TheDigestSeesTheQuestionAndNothingElse) {
  const uint64_t plain = question_digest(resolved_from("{}"), "main");
  EXPECT_EQ(question_digest(resolved_from(R"({"analysis":{"interval":"10s","minSamples":9,
      "errorRate":{"tolerance":"1%","weight":5}}})"),
                            "main"),
            plain);
  EXPECT_NE(question_digest(resolved_from("{}"), "other"), plain);
  EXPECT_NE(question_digest(resolved_from(R"({"analysis":{"source":"Server"}})"), "main"), plain);
  const uint64_t latency =
      question_digest(resolved_from(R"({"analysis":{"latency":{"threshold":"1s"}}})"), "main");
  EXPECT_NE(latency, plain);
  EXPECT_NE(
      question_digest(resolved_from(R"({"analysis":{"latency":{"threshold":"2s"}}})"), "main"),
      latency);
}

}  // namespace
}  // namespace kaizen::core
