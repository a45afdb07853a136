// Counts: how many requests an arm of a canary answered in one tick and how many of them were bad.
// Plain values, any thread. Who turns metrics into counts must refuse what is not `plausible`: the
// statistics end the process on impossible counts, they never bet on them (ST-18).
#pragma once

#include <cstdint>

namespace kaizen::stats {

// The largest integer below which a double holds every integer exactly (ST-18).
inline constexpr int64_t kMaxCount = (int64_t{1} << 53) - 1;

struct Counts {
  int64_t n = 0;  // requests
  int64_t x = 0;  // bad ones among them

  bool operator==(const Counts&) const = default;
};

// Counter increases of both arms over one tick.
struct Batch {
  Counts canary;
  Counts stable;

  bool operator==(const Batch&) const = default;
};

constexpr bool plausible(const Counts& counts, int64_t max = kMaxCount) {
  return 0 <= counts.x && counts.x <= counts.n && counts.n <= max;
}

constexpr bool plausible(const Batch& batch, int64_t max = kMaxCount) {
  return plausible(batch.canary, max) && plausible(batch.stable, max);
}

}  // namespace kaizen::stats
