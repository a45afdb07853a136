// Beginnings and ends: the rollout, a step, bake. What read_evidence shares with them stands first.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/check.h"
#include "core/extensions.h"
#include "core/rollout/analysis_setup.h"
#include "core/rollout/evidence.h"
#include "core/rollout/evidence_folding.h"
#include "core/rollout/evidence_internal.h"
#include "core/rollout/evidence_report.h"
#include "core/rollout/evidence_state.h"
#include "core/rollout/snapshot.h"
#include "core/settings.h"
#include "stats/analysis.h"
#include "stats/analysis_state.h"
#include "stats/counts.h"
#include "stats/numerics.h"

namespace kaizen::core {

namespace {

// What spec names; empty: nothing.
std::string named_source(const api::ModelDeploymentSpec& spec) {
  if (!spec.analysis || !spec.analysis->prometheus) return {};
  return spec.analysis->prometheus->source;
}

std::string_view side_name(api::MetricSide side) {
  switch (side) {
    case api::MetricSide::kAuto: return {};
    case api::MetricSide::kServer: return "Server";
    case api::MetricSide::kRouter: return "Router";
  }
  return {};
}

std::vector<std::optional<double>> budgets_of(const ResolvedAnalysis& resolved,
                                              const stats::AnalysisState& state) {
  std::vector<std::optional<double>> budgets(state.metrics.size());
  for (size_t i = 0; i < state.metrics.size(); ++i) {
    for (const ResolvedMetric& metric : resolved.metrics) {
      if (metric.setup.name == state.metrics[i].name) budgets[i] = metric.slo_budget;
    }
  }
  return budgets;
}

// The margins of the spec, for the same questions (RO-37). What was won or lost stays; a metric's
// wealth was fair under the margin of its time, so the bound holds under the next one too.
stats::Analysis with_margins(stats::AnalysisState state, const ResolvedAnalysis& resolved) {
  stats::AnalysisState next = state;
  next.alpha = resolved.alpha;
  next.beta = resolved.beta;
  for (size_t i = 0; i < next.metrics.size() && i < resolved.metrics.size(); ++i) {
    const stats::MetricSetup& setup = resolved.metrics[i].setup;
    stats::MetricState& metric = next.metrics[i];
    metric.line = setup.line;
    metric.weight = setup.weight;
    metric.in_canary = setup.in_canary;
    metric.in_bake = setup.in_bake;
    metric.hard_limit = setup.hard_limit;
    if (metric.hard_limit) metric.hard_limit = stats::clip(*metric.hard_limit);
  }
  if (!stats::problem_of(next).empty()) next = std::move(state);
  stats::fit(next);
  return stats::Analysis::resume(std::move(next));
}

BaselineReading stored_baseline(const stats::AnalysisState& state) {
  BaselineReading baseline;
  for (const stats::MetricState& metric : state.metrics) {
    std::vector<Counts>& ticks = baseline.ticks.emplace_back();
    for (const stats::Counts& tick : metric.window) ticks.push_back({.n = tick.n, .bad = tick.x});
  }
  return baseline;
}

// The statistics of the next step: those of the last one with the margins of now or, when something
// else is asked, new ones.
stats::Analysis next_step(const api::AnalysisStatus& analysis,
                          const ResolvedAnalysis& resolved,
                          uint64_t digest,
                          const std::vector<api::CanaryStep>& steps) {
  auto stored = load_evidence(analysis.state);
  const bool same = stored.ok() && stored->digest == digest &&
                    stored->state.stage == stats::Stage::kCanary &&
                    stored->state.metrics.size() == resolved.metrics.size();
  if (!same) return fresh_analysis(resolved, steps);
  if (stored->state.begun) return with_margins(std::move(stored->state), resolved);
  // Only the baseline is in it: bet from the start with the margins and steps of now.
  return fresh_analysis(resolved, steps, stored_baseline(stored->state));
}

// What the last answer said stands until the next one, unless something else is asked from now on.
void begin_rows(const ResolvedAnalysis& resolved,
                uint64_t digest,
                const stats::Analysis& begun,
                api::AnalysisStatus& analysis) {
  const auto stored = load_evidence(analysis.state);
  if (stored.ok() && stored->digest != digest) {
    for (api::MetricStatus& row : analysis.metrics) row.last_error.clear();
    analysis.last_error.clear();
  }
  analysis.state = store_evidence({.digest = digest, .state = begun.state()});
  report_analysis(resolved, resolved.interval, begun, analysis);
}

}  // namespace

std::optional<MetricSource> find_source(const Settings& settings, std::string_view name) {
  for (const MetricSource& source : settings.metric_sources) {
    if (source.name == name) return source;
  }
  return std::nullopt;
}

api::AnalysisSource& choose_source(const api::ModelDeploymentSpec& spec,
                                   const ResolvedAnalysis& resolved,
                                   api::AnalysisStatus& status) {
  if (!status.source) status.source.emplace();
  api::AnalysisSource& source = *status.source;
  const std::string named = named_source(spec);
  const std::string_view side = side_name(resolved.side);
  const bool same_name = named.empty() || named == source.prometheus;
  const bool same_side = side.empty() || source.side.empty() || side == source.side;
  if (same_name && same_side) return source;
  std::string name = named.empty() ? source.prometheus : named;
  source = api::AnalysisSource{};
  source.prometheus = std::move(name);
  return source;
}

stats::Analysis fresh_analysis(const ResolvedAnalysis& resolved,
                               const std::vector<api::CanaryStep>& steps,
                               const BaselineReading& baseline) {
  auto started = stats::Analysis::start(with_baseline(stats_setup(resolved, steps), baseline));
  KAIZEN_CHECK(started.ok(), "the setup was tried when it was resolved");
  return std::move(started).value();
}

void begin_bake(const ResolvedAnalysis& resolved, stats::Analysis& analysis) {
  if (analysis.state().stage == stats::Stage::kBake) return;
  analysis.start_bake(budgets_of(resolved, analysis.state()));
}

std::optional<api::AnalysisStatus> start_analysis(const RolloutSnapshot& snapshot) {
  std::string name = named_source(snapshot.object->spec);
  if (name.empty()) name = snapshot.settings.default_metric_source;
  if (name.empty()) return std::nullopt;
  api::AnalysisStatus status;
  status.verdict = verdict::kInconclusive;
  status.source.emplace();
  status.source->prometheus = std::move(name);
  return status;
}

void start_step(api::AnalysisStatus& analysis,
                const RolloutSnapshot& snapshot,
                const std::vector<api::CanaryStep>& steps) {
  analysis.verdict = verdict::kInconclusive;
  const api::ModelDeploymentSpec& spec = snapshot.object->spec;
  const ResolvedAnalysis resolved = resolve_analysis(spec);
  if (!snapshot.undecodable.empty() || !resolved.problem.empty()) return;
  const api::AnalysisSource& source = choose_source(spec, resolved, analysis);
  const uint64_t digest = question_digest(resolved, source.prometheus);
  stats::Analysis next = next_step(analysis, resolved, digest, steps);
  if (!next.harm_found()) next.start_step();
  begin_rows(resolved, digest, next, analysis);
}

void start_bake(api::AnalysisStatus& analysis, const RolloutSnapshot& snapshot) {
  const api::ModelDeploymentSpec& spec = snapshot.object->spec;
  const ResolvedAnalysis resolved = resolve_analysis(spec);
  if (!snapshot.undecodable.empty() || !resolved.problem.empty()) return;
  const api::AnalysisSource& source = choose_source(spec, resolved, analysis);
  const auto stored = load_evidence(analysis.state);
  stats::Analysis next = stored.ok() ? stats::Analysis::resume(stored->state)
                                     : fresh_analysis(resolved, snapshot.object->status.steps);
  begin_bake(resolved, next);
  begin_rows(resolved, stored.ok() ? stored->digest : question_digest(resolved, source.prometheus),
             next, analysis);
}

void close_analysis(api::AnalysisStatus& analysis, std::string_view verdict) {
  KAIZEN_CHECK(verdict == verdict::kSkipped || verdict == verdict::kInconclusive,
               "an analysis that was cut short never passes (RO-18)");
  if (analysis.verdict != verdict::kFail) analysis.verdict = verdict;
  close_analysis(analysis);
}

void close_analysis(api::AnalysisStatus& analysis) {
  analysis.state.clear();
}

}  // namespace kaizen::core
