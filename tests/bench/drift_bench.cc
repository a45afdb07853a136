#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "bench.h"
#include "stats/drift/decision.h"
#include "stats/drift/evidence.h"

namespace kaizen::bench {

namespace {

constexpr size_t kChecks = 64;
constexpr size_t kClocks = 2;

struct Check {
  stats::DriftNull null;
  std::vector<double> state;
  std::vector<double> hits;
};

// Five cut points of a reference of 50,000 rows, and one window of 1,000 requests.
Check a_check(base::Rng& random) {
  Check check;
  std::vector<double> cdf;
  for (const double quantile : {0.10, 0.25, 0.50, 0.75, 0.90}) {
    cdf.push_back(quantile + 0.02 * (random.unit() - 0.5));
    check.hits.push_back(1'000.0 * (quantile + 0.04 * (random.unit() - 0.5)));
  }
  check.null = stats::event_null(cdf, 50'000.0, {}).value();
  check.state = stats::fresh_state(check.null);
  return check;
}

}  // namespace

int bench_drift_tick() {
  constexpr int kRuns = 200;
  base::Rng random(64);
  std::vector<Check> checks;
  for (size_t i = 0; i < kChecks * kClocks; ++i) checks.push_back(a_check(random));
  std::vector<stats::Stake> stakes(kChecks, {.share = 1.0 / kChecks, .log_evidence = 0.0});
  double largest = 0.0;
  size_t components = 0;
  for (const Check& check : checks) components += check.null.components.size();
  const auto tick = [&] {
    for (size_t clock = 0; clock < kClocks; ++clock) {
      for (size_t i = 0; i < kChecks; ++i) {
        Check& check = checks[clock * kChecks + i];
        stats::Updated updated =
            stats::update(std::move(check.state), {.n = 1'000.0, .k = check.hits}, check.null);
        check.state = std::move(updated.state);
        stakes[i].log_evidence = updated.log_evidence;
      }
      largest = stats::log_ratio(stakes, {.windows_per_false_act = 8'760.0, .clocks = kClocks});
    }
  };
  tick();
  const uint64_t before = allocations();
  tick();
  const uint64_t allocated = allocations() - before;
  const double took = fastest_us(kRuns, tick);
  std::printf("drift evidence: %zu checks, %zu clocks, %zu components: %.1f us, %llu allocations\n",
              kChecks, kClocks, components, took, static_cast<unsigned long long>(allocated));
  return std::isfinite(largest) ? 0 : 1;
}

}  // namespace kaizen::bench
