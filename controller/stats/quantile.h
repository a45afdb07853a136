// Quantile: is the whole latency distribution of the canary shifted (ST-14)? One harm process per
// pair of bucket boundaries; their mean is the wealth. One owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/two_sample.h"

namespace kaizen::stats {

// Indexes into the boundaries: requests of stable slower than one, of the canary slower than the
// other.
struct BoundaryPair {
  size_t stable = 0;
  size_t canary = 0;

  bool operator==(const BoundaryPair&) const = default;
};

// For each stable boundary the first canary boundary at least (1 + relative) times as large (to
// 1e-12, R3-21). `boundaries` rise.
std::vector<BoundaryPair> boundary_pairs(std::span<const double> boundaries, double relative);

// ST-14's choice: the pairs whose stable boundary has 0.1 % to 50 % of the baseline's requests
// above it, at most 8, spread evenly. `baseline` as in `CumulativeCounts`.
struct CumulativeCounts {
  int64_t n = 0;
  std::vector<int64_t> at_most;  // requests at most as slow as boundary i
};

std::vector<BoundaryPair> usable_pairs(std::span<const BoundaryPair> pairs,
                                       const CumulativeCounts& baseline);

class Quantile {
 public:
  // `pairs` must not be empty. The line has slope 1; `terms.line.a` is the tolerance in share.
  Quantile(std::span<const BoundaryPair> pairs, const Terms& terms);

  // Log of the mean wealth after this tick.
  double tick(const CumulativeCounts& canary, const CumulativeCounts& stable);

  void restart();

 private:
  struct Process {
    BoundaryPair pair;
    TwoSample test;
  };

  std::vector<Process> processes_;
};

}  // namespace kaizen::stats
