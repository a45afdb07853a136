// kaizen_drift_null [--runs N]: how often each rule alarms when nothing drifts, in the six null
// cells of the design, N runs of 30 simulated days each (default 48), beside the numbers that a
// simulation in another language gave. Exit 1: the default decision acted, or it missed the
// control, a feature that really breaks. See hack/bench.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/number.h"
#include "base/rng.h"
#include "drift_world.h"
#include "stats/drift/adwin.h"
#include "stats/drift/charts.h"
#include "stats/drift/decision.h"
#include "stats/drift/divergence.h"
#include "stats/drift/events.h"
#include "stats/drift/evidence.h"
#include "stats/drift/histogram.h"
#include "stats/drift/kolmogorov.h"
#include "stats/drift/wasserstein.h"

namespace kaizen::bench {

namespace {

constexpr int64_t kDefaultRuns = 48;
constexpr int64_t kMaxRuns = 100'000;
constexpr int64_t kRunsPerStream = 4;  // per-request detectors see every fourth run
constexpr double kDays = static_cast<double>(kHours) / 24.0;
constexpr double kYearHours = 8760.0;  // falseActionEvery
constexpr double kMonthHours = 720.0;  // falseWarningEvery
constexpr double kYearDays = 365.0;

struct Cell {
  const char* name;
  Scenario scenario;
  double requests;  // per hour
  bool streams;     // also the detectors that look at each request
};

constexpr std::array<Cell, 6> kCells = {{
    {"stationary n=100", Scenario::kStationary, 100.0, false},
    {"stationary n=1,000", Scenario::kStationary, 1'000.0, true},
    {"stationary n=10,000", Scenario::kStationary, 10'000.0, false},
    {"jitter n=10,000", Scenario::kJitter, 10'000.0, false},
    {"seasonal n=1,000", Scenario::kSeasonal, 1'000.0, true},
    {"weekend n=1,000", Scenario::kWeekend, 1'000.0, true},
}};

enum Rule : size_t {
  kPsi02,
  kPsi01,
  kKs,
  kWasserstein,
  kPsiCalibrated,
  kAdwinMeans,
  kCusumMeans,
  kAdwinRequests,
  kPageHinkleyRequests,
  kDefaultAct,
  kDefaultWarn,
  kHighAct,
  kSlotsAct,
  kRules,
};

constexpr double kNotMeasured = -1.0;

struct Row {
  const char* name;
  std::array<double, kCells.size()> lab;  // alarms per 30 days of 48 runs (streams: 12)
};

constexpr std::array<Row, kRules> kRows = {{
    {"PSI > 0.2, 10 bins, hourly", {14.021, 0, 0, 0, 13.375, 0}},
    {"PSI > 0.1, hourly", {154.021, 0, 0, 0, 40.062, 0}},
    {"KS p < 0.05, hourly", {30.604, 28.375, 27.625, 172.896, 62.167, 120.312}},
    {"W1/std >= 0.1, hourly", {164.729, 1.521, 0, 33.042, 62.729, 62.25}},
    {"PSI >= max(0.1, crit 0.001), 3 of 5 h", {0, 0, 0, 0, 29.917, 0}},
    {"ADWIN 0.002 on hourly means", {0, 0, 0, 0, 0, 0}},
    {"CUSUM k=0.5, a year, hourly means", {0.208, 0.854, 7.688, 0.167, 29.271, 25.104}},
    {"ADWIN, every request", {kNotMeasured, 0.333, kNotMeasured, kNotMeasured, 135.083, 8.333}},
    {"Page-Hinkley, every request",
     {kNotMeasured, 409.583, kNotMeasured, kNotMeasured, 466.667, 406.333}},
    {"default, act", {0, 0, 0, 0, 0, 0}},
    {"default, warn", {0, 0, 0, 0, 0, 0}},
    {"sensitivity High, act", {0, 0, 0, 0, 0, 0}},
    {"slots HourOfDay, one 1h clock, act", {0, 0, 0, 0, 0, 0}},
}};

using Alarms = std::array<double, kRules>;

// Alarms that last over consecutive windows count once.
class Edges {
 public:
  void see(bool alarm) {
    if (alarm && !before_) ++count_;
    before_ = alarm;
  }

  double count() const { return static_cast<double>(count_); }

 private:
  bool before_ = false;
  int64_t count_ = 0;
};

// One clock of one check: its events, null and state.
class Clock {
 public:
  Clock(std::span<const double> reference, const stats::NullTerms& terms) {
    const auto events = stats::numeric_events(reference);
    const auto total = stats::total_of(reference);
    if (!events.ok() || !total.ok()) std::abort();
    events_ = *events;
    std::vector<double> probabilities;
    for (const stats::Event& event : events_) {
      probabilities.push_back(stats::count_of(event, reference) / *total);
    }
    const auto null = stats::event_null(probabilities, *total, terms);
    if (!null.ok()) std::abort();
    null_ = *null;
    reset();
  }

  // ln M after this window.
  double update(std::span<const double> window) {
    double n = 0.0;
    for (const double count : window) n += count;
    counts_.clear();
    for (const stats::Event& event : events_) counts_.push_back(stats::count_of(event, window));
    stats::Updated updated = stats::update(std::move(state_), {.n = n, .k = counts_}, null_);
    state_ = std::move(updated.state);
    return updated.log_evidence;
  }

  void reset() { state_ = stats::fresh_state(null_); }

  const stats::DriftNull& null() const { return null_; }

  std::vector<double>& state() { return state_; }

 private:
  std::vector<stats::Event> events_;
  stats::DriftNull null_;
  std::vector<double> state_;
  std::vector<double> counts_;
};

struct Found {
  std::vector<size_t> acts;  // hours
  double warnings = 0.0;
};

// The default decision: a clock of 1h for breakage, one of 24h for drift, half the budget each.
// After an act both start anew, so that every act is counted.
Found two_clocks(const World& world, double slow_delta, double slow_eta) {
  Clock fast(world.reference, {.delta = 0.20, .eta = 0.10});
  Clock slow(world.reference, {.delta = slow_delta, .eta = slow_eta});
  const stats::Budget fast_budget{.windows_per_false_act = kYearHours, .clocks = 2.0};
  const stats::Budget slow_budget{.windows_per_false_act = kYearDays, .clocks = 2.0};
  const auto ratio = [](double log_evidence, const stats::Budget& budget) {
    const stats::Stake only{.share = 1.0, .log_evidence = log_evidence};
    return stats::log_ratio({&only, 1}, budget);
  };
  const double none = ratio(std::log(0.0), slow_budget);
  double slow_ratio = none;
  Bins day{};
  Found found;
  Edges warnings;
  for (size_t h = 0; h < kHours; ++h) {
    const double fast_ratio = ratio(fast.update(world.hours[h]), fast_budget);
    for (size_t i = 0; i < kBins; ++i) day[i] += world.hours[h][i];
    if (h % kDayHours == kDayHours - 1) {
      slow_ratio = ratio(slow.update(day), slow_budget);
      day.fill(0.0);
    }
    const stats::Severity severity =
        stats::severity_of(std::max(fast_ratio, slow_ratio), kMonthHours, kYearHours);
    warnings.see(severity != stats::Severity::kNone);
    if (severity != stats::Severity::kAct) continue;
    found.acts.push_back(h);
    fast.reset();
    slow.reset();
    slow_ratio = none;
  }
  found.warnings = warnings.count();
  return found;
}

// A profile per hour of the day and one clock of 1h. Components keep their evidence across slots;
// an hour whose profile can test fewer of them is left out.
double slot_acts(const World& world) {
  std::vector<Clock> slots;
  for (const Bins& profile : world.slots) {
    slots.emplace_back(profile, stats::NullTerms{.delta = 0.05, .eta = 0.10});
  }
  const stats::Budget budget{.windows_per_false_act = kYearHours, .clocks = 1.0};
  std::vector<double> state = slots[0].state();
  double acts = 0.0;
  for (size_t h = 0; h < kHours; ++h) {
    Clock& slot = slots[h % kDayHours];
    if (slot.null().components.size() != state.size()) continue;
    slot.state() = state;
    const stats::Stake only{.share = 1.0, .log_evidence = slot.update(world.hours[h])};
    if (stats::log_ratio({&only, 1}, budget) >= 0.0) {
      acts += 1.0;
      slot.reset();
    }
    state = slot.state();
  }
  return acts;
}

Bins tens(const Bins& bins) {
  Bins result{};
  for (size_t i = 0; i < kBins; ++i) result[i / (kBins / 10)] += bins[i];
  return result;
}

// The rules that judge each window alone.
void judge_windows(const World& world, Alarms& alarms) {
  constexpr size_t kGroups = 10;
  constexpr size_t kMemory = 5;
  constexpr int kEnough = 3;
  const Bins reference = tens(world.reference);
  std::array<Edges, kPsiCalibrated + 1> edges;
  std::array<bool, kMemory> recent{};
  for (size_t h = 0; h < kHours; ++h) {
    const Bins window = tens(world.hours[h]);
    const auto coarse = stats::BinPair::of({reference.data(), kGroups}, {window.data(), kGroups});
    const auto fine = stats::BinPair::of(world.reference, world.hours[h]);
    if (!coarse.ok() || !fine.ok()) continue;
    const double psi = stats::psi(*coarse).psi;
    const auto carried = stats::wasserstein_buckets(*fine, bin_bounds(), {});
    const double critical =
        stats::psi_critical(coarse->reference_total(), coarse->window_total(), kGroups, 0.001);
    recent[h % kMemory] = psi >= std::max(0.1, critical);
    edges[kPsi02].see(psi > 0.2);
    edges[kPsi01].see(psi > 0.1);
    edges[kKs].see(stats::ks_buckets(*fine).p_value < 0.05);
    edges[kWasserstein].see(carried.ok() && carried->w1 / world.reference_sd >= 0.1);
    edges[kPsiCalibrated].see(std::count(recent.begin(), recent.end(), true) >= kEnough);
  }
  for (size_t rule = 0; rule <= kPsiCalibrated; ++rule) alarms[rule] += edges[rule].count();
}

double mean_of(const Bins& counts) {
  double n = 0.0;
  double sum = 0.0;
  for (size_t i = 0; i < kBins; ++i) {
    n += counts[i];
    sum += counts[i] * bin_means()[i];
  }
  return sum / std::max(n, 1.0);
}

// The rules over the series of hourly means; the first week teaches CUSUM its spread.
void judge_means(const World& world, Alarms& alarms) {
  constexpr size_t kWeek = 168;
  std::array<double, kHours> means{};
  for (size_t h = 0; h < kHours; ++h) means[h] = mean_of(world.hours[h]);
  double sum = 0.0;
  double squares = 0.0;
  for (size_t h = 0; h < kWeek; ++h) sum += means[h];
  for (size_t h = 0; h < kWeek; ++h) squares += std::pow(means[h] - sum / kWeek, 2.0);
  stats::Cusum cusum({.mean = mean_of(world.reference),
                      .sigma = std::sqrt(squares / kWeek),
                      .k = 0.5,
                      .h = stats::cusum_limit(0.5, kYearHours)});
  stats::Adwin adwin({.delta = 0.002, .clock = 1});
  for (const double mean : means) {
    alarms[kCusumMeans] += cusum.update(mean) ? 1.0 : 0.0;
    alarms[kAdwinMeans] += adwin.update(mean) ? 1.0 : 0.0;
  }
}

// The defaults of a library for streams, on each request; an hour with an alarm counts once.
void judge_requests(const World& world, base::Rng& random, Alarms& alarms) {
  stats::Adwin adwin({.delta = 0.002, .clock = 32});
  stats::PageHinkley page_hinkley(
      {.min_instances = 30, .delta = 0.005, .threshold = 50.0, .alpha = 0.9999});
  for (size_t h = 0; h < kHours; ++h) {
    const double n = poisson(random, world.rate[h]);
    bool cut = false;
    bool rang = false;
    for (double i = 0.0; i < n; i += 1.0) {
      const double x = world.mean[h] + normal(random);
      cut = adwin.update(x) || cut;
      rang = page_hinkley.update(x) || rang;
    }
    alarms[kAdwinRequests] += cut ? 1.0 : 0.0;
    alarms[kPageHinkleyRequests] += rang ? 1.0 : 0.0;
  }
}

// Alarms per 30 days of each rule.
Alarms measure(const Cell& cell, uint64_t seed, int64_t runs) {
  Alarms alarms{};
  int64_t streams = 0;
  for (int64_t run = 0; run < runs; ++run) {
    base::Rng random(seed + static_cast<uint64_t>(run));
    const World world = a_world(cell.scenario, cell.requests, random);
    judge_windows(world, alarms);
    judge_means(world, alarms);
    const Found found = two_clocks(world, 0.05, 0.10);
    alarms[kDefaultAct] += static_cast<double>(found.acts.size());
    alarms[kDefaultWarn] += found.warnings;
    alarms[kHighAct] += static_cast<double>(two_clocks(world, 0.02, 0.06).acts.size());
    alarms[kSlotsAct] += slot_acts(world);
    if (!cell.streams || run % kRunsPerStream != 0) continue;
    judge_requests(world, random, alarms);
    ++streams;
  }
  for (size_t rule = 0; rule < kRules; ++rule) {
    const bool stream = rule == kAdwinRequests || rule == kPageHinkleyRequests;
    const int64_t over = stream ? streams : runs;
    alarms[rule] = over > 0 ? alarms[rule] / static_cast<double>(over) : kNotMeasured;
  }
  return alarms;
}

void print_number(double value) {
  if (value == kNotMeasured) {
    std::printf("%8s", "-");
  } else {
    std::printf("%8s", base::format_decimal(value, 4).c_str());
  }
}

void print_table(const std::array<Alarms, kCells.size()>& measured) {
  std::printf("\nfalse alarms per 30 days: here, lab\n%-38s", "");
  for (const Cell& cell : kCells) std::printf("%20s", cell.name);
  std::printf("\n");
  for (size_t rule = 0; rule < kRules; ++rule) {
    std::printf("%-38s", kRows[rule].name);
    for (size_t i = 0; i < kCells.size(); ++i) {
      std::printf("    ");
      print_number(measured[i][rule]);
      print_number(kRows[rule].lab[i]);
    }
    std::printf("\n");
  }
}

// The default decision against a feature that breaks: the hours until it acts. -1: a run without an
// act, or with one before the break.
int64_t hours_to_find_the_break(uint64_t seed, int64_t runs) {
  std::vector<int64_t> delays;
  for (int64_t run = 0; run < runs; ++run) {
    base::Rng random(seed + static_cast<uint64_t>(run));
    const Found found = two_clocks(a_world(Scenario::kBroken, 1'000.0, random), 0.05, 0.10);
    if (found.acts.empty() || found.acts.front() < kBreakHour) return -1;
    delays.push_back(static_cast<int64_t>(found.acts.front() - kBreakHour) + 1);
  }
  std::sort(delays.begin(), delays.end());
  return delays[delays.size() / 2];
}

int run(int64_t runs) {
  constexpr uint64_t kSeed = 20'260'000;
  constexpr uint64_t kSeedsPerCell = 1'000'000;
  std::array<Alarms, kCells.size()> measured{};
  double false_acts = 0.0;
  for (size_t i = 0; i < kCells.size(); ++i) {
    measured[i] = measure(kCells[i], kSeed + i * kSeedsPerCell, runs);
    false_acts += std::round(measured[i][kDefaultAct] * static_cast<double>(runs));
    std::fprintf(stderr, "drift-null: %s done\n", kCells[i].name);
  }
  print_table(measured);
  const int64_t delay = hours_to_find_the_break(kSeed + kCells.size() * kSeedsPerCell, runs);
  const double days = static_cast<double>(runs) * kDays;
  std::printf("\ncontrol: mean + 1 standard deviation, n=1,000: ");
  if (delay < 0) {
    std::printf("MISSED in a run\n");
  } else {
    std::printf("found in all runs, median after %lld h (lab 1 h)\n",
                static_cast<long long>(delay));
  }
  std::printf("drift-null: %.0f default acts in 6 cells of %.0f simulated days\n", false_acts,
              days);
  return false_acts > 0.0 || delay < 0 ? 1 : 0;
}

}  // namespace

}  // namespace kaizen::bench

int main(int argc, char** argv) {
  int64_t runs = kaizen::bench::kDefaultRuns;
  if (argc == 3 && std::string_view(argv[1]) == "--runs") {
    runs = kaizen::base::parse_int(argv[2]).value_or(0);
  } else if (argc != 1) {
    runs = 0;
  }
  if (runs < 1 || runs > kaizen::bench::kMaxRuns) {
    std::fprintf(stderr, "usage: kaizen_drift_null [--runs 1..%lld]\n",
                 static_cast<long long>(kaizen::bench::kMaxRuns));
    return 2;
  }
  return kaizen::bench::run(runs);
}
