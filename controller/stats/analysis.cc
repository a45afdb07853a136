#include "stats/analysis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "stats/numerics.h"
#include "stats/one_sample.h"
#include "stats/plan.h"
#include "stats/two_sample.h"

namespace kaizen::stats {

namespace {

constexpr double kGrowthUnit = 1e-6;  // nats; far below what a remaining time can show
constexpr int32_t kMaxGrowth = (1 << 23) - 1;
constexpr double kHardLimitShare = 10.0;  // alpha/10 for all hard limits (ST-7)
constexpr int32_t kBakeTicks = 2;         // ST-13

Counts complement(const Counts& counts) {
  return {.n = counts.n, .x = counts.n - counts.x};
}

Batch complement(const Batch& batch) {
  return {.canary = complement(batch.canary), .stable = complement(batch.stable)};
}

Counts oriented(Direction direction, const Counts& counts) {
  return direction == Direction::kLowerIsWorse ? complement(counts) : counts;
}

size_t processes(const MetricState& metric) {
  return metric.direction == Direction::kBoth ? 2 : 1;
}

double rate(const Counts& counts) {
  return static_cast<double>(counts.x) / static_cast<double>(counts.n);
}

bool inside(const Line& line, const Batch& counts) {
  return rate(counts.canary) <= line.canary(rate(counts.stable));
}

Counts sum(std::span<const Counts> ticks) {
  Counts total;
  for (const Counts& tick : ticks) total = {.n = total.n + tick.n, .x = total.x + tick.x};
  return total;
}

bool add(Counts& total, const Counts& more) {
  const Counts next{.n = total.n + more.n, .x = total.x + more.x};
  if (!plausible(next, kMaxStepCount)) return false;
  total = next;
  return true;
}

bool add(Batch& total, const Batch& more) {
  Batch next = total;
  if (!add(next.canary, more.canary) || !add(next.stable, more.stable)) return false;
  total = next;
  return true;
}

int32_t to_growth(double nats) {
  const double units = std::clamp(nats / kGrowthUnit, -1.0 * kMaxGrowth, 1.0 * kMaxGrowth);
  return static_cast<int32_t>(std::lround(units));
}

std::string_view setup_problem(const MetricSetup& metric) {
  if (metric.hard_limit && !(*metric.hard_limit >= 0.0 && *metric.hard_limit <= 1.0)) {
    return "its hard limit is not a share";
  }
  if (metric.baseline.size() > kWindow) return "its baseline has more than 20 ticks";
  for (const Counts& tick : metric.baseline) {
    if (!plausible(tick, kMaxTickCount)) return "its baseline has impossible counts";
  }
  return {};
}

MetricState first_state(const MetricSetup& setup) {
  MetricState metric;
  metric.name = setup.name;
  metric.line = setup.line;
  metric.weight = setup.weight;
  metric.direction = setup.direction;
  metric.in_canary = setup.in_canary;
  metric.in_bake = setup.in_bake;
  if (setup.hard_limit) {
    const bool lower = setup.direction == Direction::kLowerIsWorse;
    metric.hard_limit = clip(lower ? 1.0 - *setup.hard_limit : *setup.hard_limit);
  }
  for (const Counts& tick : setup.baseline) {
    const Counts stable = oriented(setup.direction, tick);
    learn_stable(metric.harm_learned, stable);
    remember(metric.window, stable);
  }
  return metric;
}

// Log e-value of the metric's counts against its bake limits; nullopt: it has none.
std::optional<double> log_bake(const MetricState& metric) {
  std::vector<double> values;
  for (size_t i = 0; i < processes(metric); ++i) {
    if (metric.bake_limits[i] == 0.0) continue;
    const Counts counts = i == 0 ? metric.step.canary : complement(metric.step.canary);
    values.push_back(log_one_sample(counts, metric.bake_limits[i], +1) / dispersion(metric.window));
  }
  if (values.empty()) return std::nullopt;
  return clamp_log(log_sum_exp(values) - std::log(static_cast<double>(values.size())));
}

}  // namespace

base::Result<Analysis> Analysis::start(const AnalysisSetup& setup) {
  AnalysisState state;
  state.alpha = setup.alpha;
  state.beta = setup.beta;
  state.restarts = setup.restarts;
  for (const MetricSetup& metric : setup.metrics) {
    if (const std::string_view problem = setup_problem(metric); !problem.empty()) {
      return base::invalid(
          base::concat({"start the analysis: metric ", metric.name, ": ", problem}));
    }
    state.metrics.push_back(first_state(metric));
  }
  Analysis analysis(std::move(state));
  if (!(setup.alpha > 0.0 && setup.alpha < 1.0)) {
    return base::invalid("start the analysis: alpha is not a probability");
  }
  if (!(setup.beta > 0.0 && setup.beta < 1.0)) {
    return base::invalid("start the analysis: beta is not a probability");
  }
  if (setup.restarts < 0) {
    return base::invalid("start the analysis: the number of restarts is negative");
  }
  for (MetricState& metric : analysis.state_.metrics) {
    for (size_t i = 0; i < processes(metric); ++i) {
      metric.harm[i] = first_bets(analysis.harm_terms(metric));
    }
  }
  analysis.begin_step();
  if (const std::string_view problem = problem_of(analysis.state_); !problem.empty()) {
    return base::invalid(base::concat({"start the analysis: it cannot work with ", problem}));
  }
  fit(analysis.state_);
  return analysis;
}

Analysis Analysis::resume(AnalysisState state) {
  KAIZEN_CHECK(problem_of(state).empty(), "an analysis goes on from a state of its own");
  return Analysis(std::move(state));
}

Analysis::Analysis(AnalysisState state) : state_(std::move(state)) {}

const MetricState& Analysis::at(size_t metric) const {
  KAIZEN_CHECK(metric < state_.metrics.size(), "metrics are numbered as in the setup");
  return state_.metrics[metric];
}

bool Analysis::judged(const MetricState& metric) const {
  switch (state_.stage) {
    case Stage::kCanary: return metric.in_canary;
    case Stage::kBake: return metric.in_bake;
  }
  return false;
}

void Analysis::start_step() {
  KAIZEN_CHECK(state_.stage == Stage::kCanary, "steps end with promotion");
  if (state_.begun) {
    for (MetricState& metric : state_.metrics) {
      for (size_t i = 0; i < processes(metric); ++i) restart(metric.harm[i], harm_terms(metric));
    }
  }
  state_.begun = true;
  begin_step();
  fit(state_);
}

void Analysis::begin_step() {
  for (MetricState& metric : state_.metrics) {
    metric.step = {};
    metric.step_ticks = 0;
    metric.growths.clear();
    metric.no_harm_learned = {};
    for (const Counts& tick : metric.window) learn_stable(metric.no_harm_learned, tick);
    for (size_t i = 0; i < processes(metric); ++i) {
      metric.no_harm[i] = first_bets(no_harm_terms(metric));
    }
  }
}

std::vector<Fate> Analysis::tick(std::span<const std::optional<Batch>> samples) {
  KAIZEN_CHECK(state_.stage == Stage::kCanary, "in bake there is one arm: tick_bake");
  KAIZEN_CHECK(samples.size() == state_.metrics.size(), "one sample per metric");
  std::vector<Fate> fates(samples.size(), Fate::kStopped);
  if (harm_found()) return fates;
  for (size_t i = 0; i < samples.size(); ++i) {
    MetricState& metric = state_.metrics[i];
    fates[i] = Fate::kNoData;
    if (!samples[i]) continue;
    if (!plausible(*samples[i], kMaxTickCount)) {
      fates[i] = Fate::kImplausible;
      continue;
    }
    if (samples[i]->canary.n == 0 && samples[i]->stable.n == 0) continue;
    const Batch batch{.canary = oriented(metric.direction, samples[i]->canary),
                      .stable = oriented(metric.direction, samples[i]->stable)};
    if (!add(metric.step, batch)) {
      fates[i] = Fate::kImplausible;
      continue;
    }
    bet(metric, batch);
    fates[i] = Fate::kCounted;
    state_.begun = true;
  }
  fit(state_);
  return fates;
}

void Analysis::bet(MetricState& metric, const Batch& batch) {
  if (metric.step_ticks > 0 && metric.step_ticks % kTicksPerRestart == 0) {
    for (size_t i = 0; i < processes(metric); ++i) restart(metric.harm[i], harm_terms(metric));
  }
  const auto no_harm = [&] {
    double smallest = log_wealth(metric.no_harm[0]);
    if (processes(metric) == 2) smallest = std::min(smallest, log_wealth(metric.no_harm[1]));
    return smallest;
  };
  const double before = no_harm();
  const double phi = stats::dispersion(metric.window);
  for (size_t i = 0; i < processes(metric); ++i) {
    const Batch seen = i == 0 ? batch : complement(batch);
    const auto past = [i](const Learned& learned) {
      return i == 0 ? learned : stats::complement(learned);
    };
    place(metric.harm[i], harm_terms(metric), past(metric.harm_learned), phi, seen);
    place(metric.no_harm[i], no_harm_terms(metric), past(metric.no_harm_learned), phi, seen);
  }
  learn(metric.harm_learned, batch);
  learn(metric.no_harm_learned, batch);
  remember(metric.window, batch.stable);
  if (metric.growths.size() == kGrowths) metric.growths.erase(metric.growths.begin());
  metric.growths.push_back(to_growth(no_harm() - before));
  ++metric.step_ticks;
}

Terms Analysis::harm_terms(const MetricState& metric) const {
  return {.line = metric.line, .direction = +1, .level = state_.alpha, .restarts = state_.restarts};
}

Terms Analysis::no_harm_terms(const MetricState& metric) const {
  return {.line = metric.line, .direction = -1, .level = state_.beta, .restarts = 0};
}

Combination Analysis::harm() const {
  std::vector<Weighted> metrics;
  for (size_t i = 0; i < state_.metrics.size(); ++i) {
    metrics.push_back({.log_wealth = log_harm(i),
                       .weight = judged(state_.metrics[i]) ? state_.metrics[i].weight : 0.0});
  }
  return combine(metrics);
}

bool Analysis::harm_found() const {
  return harm().log_wealth >= -std::log(state_.alpha);
}

double Analysis::log_harm(size_t metric) const {
  KAIZEN_CHECK(state_.stage == Stage::kCanary, "harm has no control in bake: bake_harm");
  const MetricState& of = at(metric);
  std::vector<double> wealths;
  for (size_t i = 0; i < processes(of); ++i) wealths.push_back(log_wealth(of.harm[i]));
  return clamp_log(log_sum_exp(wealths) - std::log(static_cast<double>(wealths.size())));
}

bool Analysis::evidence() const {
  return all_evident(weighted_no_harm(), state_.beta);
}

double Analysis::log_no_harm(size_t metric) const {
  KAIZEN_CHECK(state_.stage == Stage::kCanary, "evidence belongs to a step");
  const MetricState& of = at(metric);
  double smallest = log_wealth(of.no_harm[0]);
  if (processes(of) == 2) smallest = std::min(smallest, log_wealth(of.no_harm[1]));
  return clamp_log(smallest);
}

std::vector<Weighted> Analysis::weighted_no_harm() const {
  std::vector<Weighted> metrics;
  for (size_t i = 0; i < state_.metrics.size(); ++i) {
    metrics.push_back({.log_wealth = log_no_harm(i),
                       .weight = judged(state_.metrics[i]) ? state_.metrics[i].weight : 0.0});
  }
  return metrics;
}

bool Analysis::within_margin(size_t metric) const {
  const MetricState& of = at(metric);
  if (of.step.canary.n == 0 || of.step.stable.n == 0) return false;
  if (!inside(of.line, of.step)) return false;
  return processes(of) == 1 || inside(of.line, complement(of.step));
}

bool Analysis::no_harm_seen(int64_t min_samples) const {
  if (harm_found()) return false;
  bool any = false;
  for (size_t i = 0; i < state_.metrics.size(); ++i) {
    const MetricState& metric = state_.metrics[i];
    if (metric.weight <= 0.0 || !judged(metric)) continue;
    if (metric.step.canary.n < min_samples || !within_margin(i)) return false;
    any = true;
  }
  return any;
}

std::optional<Remaining> Analysis::remaining(size_t metric) const {
  const MetricState& of = at(metric);
  std::vector<double> growths;
  for (const int32_t growth : of.growths) growths.push_back(kGrowthUnit * growth);
  const std::optional<double> ticks = ticks_to_decide(log_no_harm(metric), state_.beta, growths);
  if (!ticks || of.step_ticks == 0) return std::nullopt;
  const auto requests = static_cast<double>(of.step.canary.n + of.step.stable.n);
  return Remaining{.ticks = *ticks, .requests = *ticks * requests / of.step_ticks};
}

void Analysis::start_bake(std::span<const std::optional<double>> slo_budgets) {
  KAIZEN_CHECK(state_.stage == Stage::kCanary, "bake starts once");
  KAIZEN_CHECK(slo_budgets.size() == state_.metrics.size(), "one budget per metric");
  for (size_t i = 0; i < state_.metrics.size(); ++i) {
    MetricState& metric = state_.metrics[i];
    const Counts stable = metric.step.stable.n > 0 ? metric.step.stable : sum(metric.window);
    for (size_t side = 0; side < processes(metric); ++side) {
      double limit = 0.0;
      if (stable.n > 0) {
        limit = metric.line.canary(rate(side == 0 ? stable : complement(stable)));
      }
      if (side == 0 && slo_budgets[i]) limit = std::max(limit, *slo_budgets[i]);
      const bool known = stable.n > 0 || (side == 0 && slo_budgets[i]);
      metric.bake_limits[side] = known ? clip(limit) : 0.0;
    }
    const MetricState none;
    metric.harm = none.harm;
    metric.no_harm = none.no_harm;
    metric.harm_learned = none.harm_learned;
    metric.no_harm_learned = none.no_harm_learned;
    metric.growths.clear();
    metric.step = {};
    metric.step_ticks = 0;
  }
  state_.stage = Stage::kBake;
  state_.bake_ticks_over = 0;
}

std::vector<Fate> Analysis::tick_bake(std::span<const std::optional<Counts>> samples) {
  KAIZEN_CHECK(state_.stage == Stage::kBake, "bake starts with promotion");
  KAIZEN_CHECK(samples.size() == state_.metrics.size(), "one sample per metric");
  std::vector<Fate> fates(samples.size(), Fate::kStopped);
  if (bake_harm_found()) return fates;
  bool counted = false;
  for (size_t i = 0; i < samples.size(); ++i) {
    MetricState& metric = state_.metrics[i];
    fates[i] = Fate::kNoData;
    if (!samples[i] || (plausible(*samples[i]) && samples[i]->n == 0)) continue;
    if (!plausible(*samples[i], kMaxTickCount) ||
        !add(metric.step.canary, oriented(metric.direction, *samples[i]))) {
      fates[i] = Fate::kImplausible;
      continue;
    }
    ++metric.step_ticks;
    fates[i] = Fate::kCounted;
    counted = true;
  }
  if (counted) {
    const bool over = bake_harm().log_wealth >= -std::log(state_.alpha);
    state_.bake_ticks_over = over ? state_.bake_ticks_over + 1 : 0;
  }
  fit(state_);
  return fates;
}

Combination Analysis::bake_harm() const {
  KAIZEN_CHECK(state_.stage == Stage::kBake, "before promotion harm has a control: harm");
  std::vector<Weighted> metrics;
  for (const MetricState& metric : state_.metrics) {
    const std::optional<double> wealth = log_bake(metric);
    metrics.push_back({.log_wealth = wealth.value_or(0.0),
                       .weight = wealth && judged(metric) ? metric.weight : 0.0});
  }
  return combine(metrics);
}

bool Analysis::bake_harm_found() const {
  return state_.bake_ticks_over >= kBakeTicks;
}

std::optional<double> Analysis::bake_limit(size_t metric) const {
  const double limit = at(metric).bake_limits[0];
  if (limit == 0.0) return std::nullopt;
  return limit;
}

const Batch& Analysis::counts(size_t metric) const {
  return at(metric).step;
}

double Analysis::dispersion(size_t metric) const {
  return stats::dispersion(at(metric).window);
}

std::optional<double> Analysis::log_hard_limit(size_t metric) const {
  const MetricState& of = at(metric);
  if (!of.hard_limit) return std::nullopt;
  return clamp_log(log_one_sample(of.step.canary, *of.hard_limit, +1) / dispersion(metric));
}

std::optional<size_t> Analysis::hard_limit_broken() const {
  const double bar =
      std::log(kHardLimitShare * static_cast<double>(state_.metrics.size()) / state_.alpha);
  for (size_t i = 0; i < state_.metrics.size(); ++i) {
    const std::optional<double> wealth = log_hard_limit(i);
    if (wealth && judged(state_.metrics[i]) && *wealth >= bar) return i;
  }
  return std::nullopt;
}

double Analysis::false_rollback_bound(bool bake_may_roll_back) const {
  const bool limits = std::any_of(state_.metrics.begin(), state_.metrics.end(),
                                  [](const MetricState& m) { return m.hard_limit.has_value(); });
  return state_.alpha + (limits ? state_.alpha / kHardLimitShare : 0.0) +
         (bake_may_roll_back ? state_.alpha : 0.0);
}

}  // namespace kaizen::stats
