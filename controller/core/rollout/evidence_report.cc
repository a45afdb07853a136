#include "core/rollout/evidence_report.h"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/duration.h"
#include "base/number.h"
#include "base/text.h"
#include "core/rollout/analysis_setup.h"
#include "core/rollout/evidence_folding.h"
#include "core/rollout/status_text.h"
#include "stats/analysis.h"
#include "stats/analysis_state.h"
#include "stats/counts.h"
#include "stats/interval.h"
#include "stats/projection.h"

namespace kaizen::core {

namespace {

constexpr double kIntervalAlpha = 0.05;  // ST-16: 95 %
constexpr int kRateDigits = 3;           // more would be noise to a reader
constexpr int kWealthDigits = 3;
constexpr double kHardLimitShare = 10.0;  // ST-13: level alpha/(10 * metrics)

// A wait longer than this says "not in this rollout"; its number would mean nothing.
constexpr base::Duration kLongestWait = std::chrono::hours(720);

std::string percent(double rate) {
  return base::format_percent(rate, kRateDigits);
}

std::string wealth_text(double log_wealth) {
  return base::format_decimal(std::exp(log_wealth), kWealthDigits);
}

std::string limit_text(double level) {
  return base::format_decimal(1.0 / level, kWealthDigits);
}

double rate(const stats::Counts& counts) {
  return static_cast<double>(counts.x) / static_cast<double>(counts.n);
}

// "43 of 861 bad (4.99%)"; what a metric of direction Both counts is not bad in itself.
std::string counts_text(const stats::Counts& counts, const stats::MetricState& metric) {
  const std::string_view word = metric.direction == stats::Direction::kBoth ? "counted" : "bad";
  if (counts.n == 0) return "no requests";
  return base::concat({std::to_string(counts.x), " of ", std::to_string(counts.n), " requests ",
                       word, " (", percent(rate(counts)), ")"});
}

std::string margin_text(const stats::Line& line) {
  if (line.b == 1.0) return base::concat({"stable + ", percent(line.a)});
  return base::concat(
      {"stable x ", base::format_decimal(line.b, kRateDigits), " + ", percent(line.a)});
}

std::optional<api::ArmStatus> arm_status(const stats::Counts& counts) {
  if (counts.n == 0) return std::nullopt;
  return api::ArmStatus{.n = counts.n, .bad = counts.x, .rate = percent(rate(counts))};
}

// Up to the next second, or to the next minute when that is a small part of it.
std::optional<base::Duration> waiting_time(double ticks, base::Duration tick) {
  const double us = ticks * static_cast<double>(tick.count());
  if (!(us <= static_cast<double>(kLongestWait.count()))) return std::nullopt;
  const base::Duration exact(static_cast<int64_t>(std::ceil(us)));
  const base::Duration unit =
      exact < std::chrono::minutes(10) ? std::chrono::seconds(1) : std::chrono::minutes(1);
  return (exact + unit - base::Duration(1)) / unit * unit;
}

std::optional<api::RemainingStatus> remaining_status(const stats::Analysis& analysis,
                                                     size_t metric,
                                                     base::Duration tick) {
  const std::optional<stats::Remaining> remaining = analysis.remaining(metric);
  if (!remaining) return std::nullopt;
  const std::optional<base::Duration> time = waiting_time(remaining->ticks, tick);
  if (!time) return std::nullopt;
  return api::RemainingStatus{.requests = static_cast<int64_t>(std::ceil(remaining->requests)),
                              .time = base::format_duration(*time)};
}

bool is_evident(const stats::Analysis& analysis, size_t metric) {
  return analysis.log_no_harm(metric) >= -std::log(analysis.state().beta);
}

std::string_view canary_verdict(const ResolvedAnalysis& resolved,
                                const stats::Analysis& analysis,
                                size_t metric) {
  const stats::Batch& counts = analysis.counts(metric);
  if (analysis.harm_found() && analysis.harm().blame == metric) return verdict::kFail;
  if (analysis.hard_limit_broken() == metric) return verdict::kFail;
  if (counts.canary.n == 0 || counts.stable.n == 0) return verdict::kNoData;
  if (counts.canary.n < resolved.min_samples || !analysis.within_margin(metric)) {
    return verdict::kInconclusive;
  }
  return is_evident(analysis, metric) ? verdict::kPass : verdict::kNoHarm;
}

void fill_canary_row(const ResolvedAnalysis& resolved,
                     base::Duration tick,
                     const stats::Analysis& analysis,
                     size_t metric,
                     api::MetricStatus& row) {
  const stats::Batch& counts = analysis.counts(metric);
  row.verdict = canary_verdict(resolved, analysis, metric);
  row.canary = arm_status(counts.canary);
  row.stable = arm_status(counts.stable);
  if (row.canary && row.stable) {
    const stats::Interval interval = stats::effect_interval(counts, kIntervalAlpha);
    row.effect = percent(rate(counts.canary) - rate(counts.stable));
    row.interval = {percent(interval.low), percent(interval.high)};
  }
  row.harm = wealth_text(analysis.log_harm(metric));
  row.no_harm = wealth_text(analysis.log_no_harm(metric));
  if (!is_evident(analysis, metric)) row.remaining = remaining_status(analysis, metric, tick);
}

void fill_bake_row(const stats::Analysis& analysis, size_t metric, api::MetricStatus& row) {
  const stats::Counts& counts = analysis.counts(metric).canary;
  const bool failed = (analysis.bake_harm_found() && analysis.bake_harm().blame == metric) ||
                      analysis.hard_limit_broken() == metric;
  row.canary = arm_status(counts);
  if (counts.n > 0) {
    const stats::Interval interval = stats::rate_interval(counts, kIntervalAlpha);
    row.interval = {percent(interval.low), percent(interval.high)};
  }
  const std::optional<double> limit = analysis.bake_limit(metric);
  if (failed) {
    row.verdict = verdict::kFail;
  } else if (counts.n == 0) {
    row.verdict = verdict::kNoData;
  } else if (limit && rate(counts) <= *limit) {
    row.verdict = verdict::kNoHarm;
  } else {
    row.verdict = verdict::kInconclusive;
  }
}

// What the metric lacks; empty: nothing.
std::string lacking(const ResolvedAnalysis& resolved,
                    api::Requirement requirement,
                    base::Duration tick,
                    const stats::Analysis& analysis,
                    size_t metric) {
  const stats::MetricState& state = analysis.state().metrics[metric];
  const stats::Batch& counts = analysis.counts(metric);
  if (counts.canary.n < resolved.min_samples) {
    return base::concat({state.name, ": ", std::to_string(counts.canary.n), " of ",
                         std::to_string(resolved.min_samples), " canary requests"});
  }
  if (counts.stable.n == 0) return base::concat({state.name, ": no stable requests"});
  if (!analysis.within_margin(metric)) {
    return base::concat({state.name, ": canary ", percent(rate(counts.canary)),
                         " is outside the margin ", margin_text(state.line), " with stable ",
                         percent(rate(counts.stable))});
  }
  if (requirement == api::Requirement::kNoHarm || is_evident(analysis, metric)) return {};
  const std::string wealth =
      base::concat({state.name, ": evidence ", wealth_text(analysis.log_no_harm(metric)), " of ",
                    limit_text(analysis.state().beta)});
  const auto remaining = remaining_status(analysis, metric, tick);
  if (!remaining) return base::concat({wealth, ", not growing"});
  return base::concat({wealth, ", about ", std::to_string(*remaining->requests), " more requests (",
                       remaining->time, ")"});
}

}  // namespace

void report_analysis(const ResolvedAnalysis& resolved,
                     base::Duration tick,
                     const stats::Analysis& analysis,
                     api::AnalysisStatus& status) {
  const stats::AnalysisState& state = analysis.state();
  std::vector<api::MetricStatus> rows;
  for (size_t i = 0; i < state.metrics.size(); ++i) {
    api::MetricStatus row;
    row.name = state.metrics[i].name;
    for (const api::MetricStatus& old : status.metrics) {
      if (old.name != row.name) continue;
      row.threshold = old.threshold;
      row.last_error = old.last_error;
    }
    switch (state.stage) {
      case stats::Stage::kCanary: fill_canary_row(resolved, tick, analysis, i, row); break;
      case stats::Stage::kBake: fill_bake_row(analysis, i, row); break;
    }
    row.dispersion = base::format_decimal(analysis.dispersion(i), kRateDigits);
    rows.push_back(std::move(row));
  }
  status.metrics = std::move(rows);
  status.wealth =
      wealth_text(state.stage == stats::Stage::kCanary ? analysis.harm().log_wealth
                                                       : analysis.bake_harm().log_wealth);
  status.limit = limit_text(state.alpha);
  status.false_rollback_bound = percent(analysis.false_rollback_bound(resolved.bake_may_roll_back));
}

std::string harm_sentence(const stats::Analysis& analysis, size_t metric) {
  const stats::MetricState& state = analysis.state().metrics[metric];
  const stats::Batch& counts = analysis.counts(metric);
  return shown(
      base::concat({state.name, ": canary ", counts_text(counts.canary, state), ", stable ",
                    counts_text(counts.stable, state), ", margin ", margin_text(state.line),
                    "; wealth ", wealth_text(analysis.harm().log_wealth), " reached the limit ",
                    limit_text(analysis.state().alpha)}));
}

std::string hard_limit_sentence(const stats::Analysis& analysis, size_t metric) {
  const stats::MetricState& state = analysis.state().metrics[metric];
  const double level = analysis.state().alpha /
                       (kHardLimitShare * static_cast<double>(analysis.state().metrics.size()));
  return shown(
      base::concat({state.name, ": ", counts_text(analysis.counts(metric).canary, state),
                    ", above the hard limit ", percent(state.hard_limit.value_or(0.0)), "; wealth ",
                    wealth_text(analysis.log_hard_limit(metric).value_or(0.0)),
                    " reached the limit ", limit_text(level)}));
}

std::string bake_harm_sentence(const stats::Analysis& analysis, size_t metric) {
  const stats::MetricState& state = analysis.state().metrics[metric];
  return shown(base::concat({state.name, ": ", counts_text(analysis.counts(metric).canary, state),
                             " since promotion, limit ",
                             percent(analysis.bake_limit(metric).value_or(0.0)), "; wealth ",
                             wealth_text(analysis.bake_harm().log_wealth), " reached the limit ",
                             limit_text(analysis.state().alpha), " at two ticks in a row"}));
}

std::string missing_for(const ResolvedAnalysis& resolved,
                        api::Requirement requirement,
                        base::Duration tick,
                        const stats::Analysis& analysis) {
  std::vector<std::string> parts;
  bool judged = false;
  for (size_t i = 0; i < analysis.state().metrics.size(); ++i) {
    if (!has_say(analysis.state(), i)) continue;
    judged = true;
    if (std::string part = lacking(resolved, requirement, tick, analysis, i); !part.empty()) {
      parts.push_back(std::move(part));
    }
  }
  if (!judged) {
    return "no metric has weight before promotion, so nothing can be judged; give one weight in "
           "spec.analysis";
  }
  return shown(base::join(parts, "; "));
}

}  // namespace kaizen::core
