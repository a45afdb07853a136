// Analysis: the statistics of one rollout, from its first step to the end of bake. It takes the
// counts of one tick and answers what they amount to; it knows no clock, no phase and no query.
// One owner, one thread; between ticks it lives as `AnalysisState` in status (R3-18).
//
// Missing data changes nothing (RO-19). When harm is found every process stops (ST-6), so the
// finding stays, whatever is measured after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "stats/analysis_state.h"
#include "stats/combine.h"
#include "stats/interval.h"

namespace kaizen::stats {

// One metric, in its own terms: x is what it counts, whatever direction is worse.
struct MetricSetup {
  std::string name;  // at most kMaxMetricName bytes
  Line line;         // margin; for kLowerIsWorse of the complement (section 7, notation)
  double weight = 1.0;
  Direction direction = Direction::kHigherIsWorse;
  std::optional<double> hard_limit;  // highest rate (kLowerIsWorse: lowest) that is not harm alone
  bool in_canary = true;             // false: measured, but judged in bake only (`phase: Bake`)
  bool in_bake = true;               // false: `phase: Canary`
  std::vector<Counts> baseline;      // stable ticks before the rollout, oldest first, at most 20
};

struct AnalysisSetup {
  double alpha = 0.05;   // bound on a false rollback before promotion (ST-7)
  double beta = 0.05;    // bound on false evidence (ST-9)
  int32_t restarts = 1;  // K: `planned_restarts` (ST-8)
  std::vector<MetricSetup> metrics;
};

// What became of one metric's counts in a tick.
enum class Fate : uint8_t {
  kCounted,
  kNoData,       // none were given, or no request in either arm (RO-22)
  kImplausible,  // refused: negative, more bad than all, or beyond kMaxTickCount
  kStopped,      // harm was found earlier (ST-6)
};

struct Remaining {
  double ticks = 0.0;
  double requests = 0.0;  // of both arms
};

class Analysis {
 public:
  // Starts the processes and the first step. An error names what in `setup` cannot be judged.
  static base::Result<Analysis> start(const AnalysisSetup& setup);

  // Goes on from a state that `decode` returned or `state` gave.
  static Analysis resume(AnalysisState state);

  const AnalysisState& state() const { return state_; }

  // ---- before promotion ----

  // A step begins (its samplesFrom): harm bets are pooled and placed anew (ST-8), the no-harm
  // processes and the step's counts start from nothing (ST-9). Right after `start` it changes
  // nothing, because the first bets are still untouched.
  void start_step();

  // One tick, one entry per metric in the order of the setup; nullopt = no data for both arms at
  // the same instants. Never fails: counts come from outside and a refused one counts as missing.
  std::vector<Fate> tick(std::span<const std::optional<Batch>> samples);

  // ST-10, with logs within ±700 (ST-18). Index of the metric to blame.
  Combination harm() const;
  bool harm_found() const;                  // W >= 1/alpha
  double log_harm(size_t metric) const;     // kBoth: of the mean of both processes
  bool evidence() const;                    // every weighted metric's no-harm wealth >= 1/beta
  double log_no_harm(size_t metric) const;  // kBoth: of the smaller of both

  // ST-11: the canary's share of bad requests in this step is inside the margin. Without requests
  // in both arms it is not.
  bool within_margin(size_t metric) const;

  // ST-11's NoHarm but for the hold: min_samples canary requests and `within_margin` for each
  // weighted metric, no harm found. False when no metric has weight: nothing was judged.
  bool no_harm_seen(int64_t min_samples) const;

  // ST-16: until a metric's evidence, at the mean growth of its last ten ticks. nullopt: unknown.
  std::optional<Remaining> remaining(size_t metric) const;

  // ---- bake ----

  // Promotion: each limit becomes max(a + b * stable rate of the last step, budget) (ST-13). The
  // two-sample processes end. `slo_budgets`: per metric the share of bad requests the SLO allows.
  void start_bake(std::span<const std::optional<double>> slo_budgets);

  // One tick of the promoted revision. As `tick`.
  std::vector<Fate> tick_bake(std::span<const std::optional<Counts>> samples);

  // The metrics' one-sample wealths, combined as harm is (ST-10), so that alpha bounds them all.
  Combination bake_harm() const;
  bool bake_harm_found() const;  // at two ticks in a row (ST-13)

  // The limit in force during bake; nullopt: neither a stable rate nor a budget was known.
  std::optional<double> bake_limit(size_t metric) const;

  // ---- both ----

  // Oriented sums: of the step; in bake the canary since promotion.
  const Batch& counts(size_t metric) const;
  double dispersion(size_t metric) const;  // ST-4

  // Hard limits (ST-13): log e-value on this step's canary counts; nullopt: the metric has none.
  std::optional<double> log_hard_limit(size_t metric) const;
  // The first metric whose hard limit is broken, at level alpha / (10 * metrics). The weight has no
  // part in it: give a limit only to a metric that may roll back alone.
  std::optional<size_t> hard_limit_broken() const;

  // ST-7, R2-9: alpha, a tenth of it for hard limits if there are any, and alpha again only if the
  // statistics of bake may roll back.
  double false_rollback_bound(bool bake_may_roll_back) const;

 private:
  explicit Analysis(AnalysisState state);

  const MetricState& at(size_t metric) const;
  bool judged(const MetricState& metric) const;  // has a say in this stage
  void begin_step();
  void bet(MetricState& metric, const Batch& batch);
  Terms harm_terms(const MetricState& metric) const;
  Terms no_harm_terms(const MetricState& metric) const;
  std::vector<Weighted> weighted_no_harm() const;

  AnalysisState state_;
};

}  // namespace kaizen::stats
