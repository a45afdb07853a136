#include "core/rollout/analysis_setup.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/duration.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/rollout/defaults.h"
#include "schema/json_writer.h"
#include "stats/analysis.h"
#include "stats/analysis_state.h"
#include "stats/plan.h"

namespace kaizen::core {

namespace {

// Defaults of model-deployment.md, section 1.
constexpr base::Duration kInterval = std::chrono::seconds(30);
constexpr base::Duration kNoDataAfter = std::chrono::minutes(5);
constexpr int64_t kMinSamples = 50;
constexpr double kLevel = 0.05;
constexpr double kTolerance = 0.005;
constexpr double kErrorHardLimit = 0.20;

constexpr base::Duration kShortestInterval = std::chrono::seconds(1);  // a tick has whole seconds

double fraction(const std::optional<api::Fraction>& given, double otherwise) {
  return given ? given->value : otherwise;
}

ResolvedMetric error_rate(const api::ModelDeploymentSpec& spec, const api::ErrorRate& given) {
  ResolvedMetric metric;
  metric.setup.name = kErrorRateMetric;
  double tolerance = kTolerance;
  if (spec.slo && spec.slo->availability) {
    metric.slo_budget = 1.0 - spec.slo->availability->value;
    tolerance = *metric.slo_budget / 2.0;
  }
  metric.setup.line = {.a = fraction(given.tolerance, tolerance),
                       .b = 1.0 + fraction(given.relative, 0.0)};
  metric.setup.weight = given.weight.value_or(1);
  // Report only means that it never acts; a limit that somebody wrote down is meant to.
  if (given.hard_limit) {
    metric.setup.hard_limit = given.hard_limit->value;
  } else if (metric.setup.weight > 0.0) {
    metric.setup.hard_limit = kErrorHardLimit;
  }
  metric.signal.name = metric.setup.name;
  metric.signal.kind = SignalKind::kErrorRate;
  return metric;
}

// nullopt: nobody says what slow means.
std::optional<ResolvedMetric> latency(const api::ModelDeploymentSpec& spec,
                                      const api::LatencyMetric& given) {
  const api::SloLatency slo =
      spec.slo ? spec.slo->latency.value_or(api::SloLatency{}) : api::SloLatency{};
  const std::optional<base::Duration> threshold = given.threshold ? given.threshold : slo.threshold;
  if (!threshold) return std::nullopt;
  ResolvedMetric metric;
  metric.setup.name = kLatencyMetric;
  metric.setup.line = {.a = fraction(given.tolerance, kTolerance), .b = 1.0};
  metric.setup.weight = given.weight.value_or(1);
  metric.signal.name = metric.setup.name;
  metric.signal.kind = SignalKind::kLatency;
  metric.signal.threshold = *threshold;
  // The SLO allows a share of requests above its own threshold, not above another one.
  if (threshold == slo.threshold && slo.quantile) {
    metric.slo_budget = 1.0 - slo.quantile->value;
  }
  return metric;
}

ResolvedMetric ratio(const api::CustomMetric& given) {
  const api::Direction direction = given.direction.value_or(api::Direction::kHigherIsWorse);
  ResolvedMetric metric;
  metric.setup.name = given.name;
  metric.setup.line = {.a = fraction(given.tolerance, kTolerance),
                       .b = 1.0 + fraction(given.relative, 0.0)};
  metric.setup.weight = given.weight.value_or(1);
  metric.signal.name = given.name;
  metric.signal.kind = SignalKind::kRatio;
  metric.signal.numerator = given.numerator;
  metric.signal.denominator = given.denominator;
  if (given.hard_limit) metric.setup.hard_limit = given.hard_limit->value;
  switch (direction) {
    case api::Direction::kHigherIsWorse: break;
    case api::Direction::kLowerIsWorse:
      // The source counts what is missing, so here more is worse, and the limit is on that share.
      metric.signal.complement = true;
      if (metric.setup.hard_limit) metric.setup.hard_limit = 1.0 - *metric.setup.hard_limit;
      break;
    case api::Direction::kBoth: metric.setup.direction = stats::Direction::kBoth; break;
  }
  switch (given.phase.value_or(api::MetricPhase::kBoth)) {
    case api::MetricPhase::kCanary: metric.setup.in_bake = false; break;
    case api::MetricPhase::kBake: metric.setup.in_canary = false; break;
    case api::MetricPhase::kBoth: break;
  }
  return metric;
}

std::string names_problem(const std::vector<ResolvedMetric>& metrics) {
  for (size_t i = 0; i < metrics.size(); ++i) {
    const std::string& name = metrics[i].setup.name;
    const bool custom = metrics[i].signal.kind == SignalKind::kRatio;
    if (custom && (name == kErrorRateMetric || name == kLatencyMetric)) {
      return base::concat({"spec.analysis.metrics: the name ", name,
                           " belongs to a built-in metric; choose another"});
    }
    for (size_t j = 0; j < i; ++j) {
      if (metrics[j].setup.name == name) {
        return base::concat(
            {"spec.analysis.metrics: two metrics are called ", name, "; rename one"});
      }
    }
  }
  return {};
}

// stats/ judges its own setup; its first complaint is the problem.
std::string problem_of(const ResolvedAnalysis& resolved) {
  if (resolved.interval < kShortestInterval) {
    return "spec.analysis.interval: shorter than a second; give at least 5s";
  }
  if (resolved.metrics.size() > stats::kMaxMetrics) {
    return base::concat({"spec.analysis: ", std::to_string(resolved.metrics.size()),
                         " metrics, errorRate and latency included; at most ",
                         std::to_string(stats::kMaxMetrics), " can be judged"});
  }
  if (std::string problem = names_problem(resolved.metrics); !problem.empty()) return problem;
  const auto started = stats::Analysis::start(stats_setup(resolved, {}));
  if (!started.ok()) return base::concat({"spec.analysis: ", started.error().message});
  return {};
}

}  // namespace

ResolvedAnalysis resolve_analysis(const api::ModelDeploymentSpec& spec) {
  const api::AnalysisSpec given = spec.analysis.value_or(api::AnalysisSpec{});
  const api::TestSpec test = given.test.value_or(api::TestSpec{});
  ResolvedAnalysis resolved;
  resolved.interval = given.interval.value_or(kInterval);
  resolved.no_data_after = given.no_data.value_or(api::NoData{}).after.value_or(kNoDataAfter);
  resolved.min_samples = given.min_samples.value_or(kMinSamples);
  resolved.side = given.source.value_or(api::MetricSide::kAuto);
  resolved.alpha = fraction(test.alpha, kLevel);
  resolved.beta = fraction(test.beta, kLevel);
  resolved.bake_may_roll_back = bake_failure_of(spec) == api::BakeFailure::kRollback;
  resolved.metrics.push_back(error_rate(spec, given.error_rate.value_or(api::ErrorRate{})));
  if (auto metric = latency(spec, given.latency.value_or(api::LatencyMetric{}))) {
    resolved.metrics.push_back(std::move(*metric));
  }
  for (const api::CustomMetric& metric : given.metrics) resolved.metrics.push_back(ratio(metric));
  resolved.problem = problem_of(resolved);
  return resolved;
}

stats::AnalysisSetup stats_setup(const ResolvedAnalysis& resolved,
                                 const std::vector<api::CanaryStep>& steps) {
  const base::Duration interval = std::max(resolved.interval, kShortestInterval);
  std::vector<int64_t> hold_ticks;
  for (const api::CanaryStep& step : steps) {
    const base::Duration hold = std::max(step.hold.value_or(base::Duration{}), base::Duration{});
    hold_ticks.push_back((hold + interval - base::Duration(1)) / interval);
  }
  stats::AnalysisSetup setup{.alpha = resolved.alpha,
                             .beta = resolved.beta,
                             .restarts = stats::planned_restarts(hold_ticks),
                             .metrics = {}};
  for (const ResolvedMetric& metric : resolved.metrics) setup.metrics.push_back(metric.setup);
  return setup;
}

uint64_t question_digest(const ResolvedAnalysis& resolved, std::string_view source) {
  schema::JsonWriter json;
  json.begin_array();
  json.string(source);
  json.integer(static_cast<int64_t>(resolved.side));
  for (const ResolvedMetric& metric : resolved.metrics) {
    json.string(metric.signal.name);
    json.integer(static_cast<int64_t>(metric.signal.kind));
    json.integer(metric.signal.threshold.count());
    json.string(metric.signal.numerator);
    json.string(metric.signal.denominator);
    json.boolean(metric.signal.complement);
    json.integer(static_cast<int64_t>(metric.setup.direction));
  }
  json.end_array();
  const auto hash = base::sha256(json.take());
  uint64_t digest = 0;
  for (size_t i = 0; i < sizeof digest; ++i) digest = digest << 8U | hash[i];
  return digest;
}

}  // namespace kaizen::core
