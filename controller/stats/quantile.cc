#include "stats/quantile.h"

#include <cmath>

#include "base/check.h"
#include "stats/numerics.h"

namespace kaizen::stats {

namespace {

constexpr double kBoundaryTolerance = 1e-12;  // R3-21
constexpr double kSmallestTail = 0.001;       // ST-14: rarer than this says nothing in time
constexpr double kLargestTail = 0.5;          // ST-14: the slow half is what users feel
constexpr size_t kMostPairs = 8;              // ST-14

Counts slower_than(const CumulativeCounts& counts, size_t boundary) {
  KAIZEN_CHECK(boundary < counts.at_most.size(), "both arms have the pair's boundaries");
  return {.n = counts.n, .x = counts.n - counts.at_most[boundary]};
}

}  // namespace

std::vector<BoundaryPair> boundary_pairs(std::span<const double> boundaries, double relative) {
  std::vector<BoundaryPair> pairs;
  for (size_t i = 0; i < boundaries.size(); ++i) {
    const double wanted = boundaries[i] * (1.0 + relative) - kBoundaryTolerance;
    for (size_t j = i; j < boundaries.size(); ++j) {
      if (boundaries[j] < wanted) continue;
      pairs.push_back({.stable = i, .canary = j});
      break;
    }
  }
  return pairs;
}

std::vector<BoundaryPair> usable_pairs(std::span<const BoundaryPair> pairs,
                                       const CumulativeCounts& baseline) {
  std::vector<BoundaryPair> in_range;
  for (const BoundaryPair& pair : pairs) {
    const Counts slower = slower_than(baseline, pair.stable);
    if (slower.n == 0) continue;
    const double tail = static_cast<double>(slower.x) / static_cast<double>(slower.n);
    if (kSmallestTail <= tail && tail <= kLargestTail) in_range.push_back(pair);
  }
  if (in_range.size() <= kMostPairs) return in_range;
  std::vector<BoundaryPair> chosen;
  for (size_t i = 0; i < kMostPairs; ++i) {
    chosen.push_back(in_range[i * (in_range.size() - 1) / (kMostPairs - 1)]);
  }
  return chosen;
}

Quantile::Quantile(std::span<const BoundaryPair> pairs, const Terms& terms) {
  KAIZEN_CHECK(!pairs.empty(), "a test of no boundary would be vacuous (MP-15)");
  KAIZEN_CHECK(terms.line.b == 1.0 && terms.direction == 1, "the shift is in the boundaries");
  for (const BoundaryPair& pair : pairs) {
    processes_.push_back({.pair = pair, .test = TwoSample(terms, {})});
  }
}

double Quantile::tick(const CumulativeCounts& canary, const CumulativeCounts& stable) {
  std::vector<double> wealths;
  for (Process& process : processes_) {
    wealths.push_back(process.test.tick({.canary = slower_than(canary, process.pair.canary),
                                         .stable = slower_than(stable, process.pair.stable)}));
  }
  return log_sum_exp(wealths) - std::log(static_cast<double>(wealths.size()));
}

void Quantile::restart() {
  for (Process& process : processes_) process.test.restart();
}

}  // namespace kaizen::stats
