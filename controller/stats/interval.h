// Interval: time-uniform confidence intervals for status (ST-16). They hold at every look, as long
// as the rate is constant within the counts given. Pure; any thread.
#pragma once

#include "stats/counts.h"

namespace kaizen::stats {

struct Interval {
  double low = 0.0;
  double high = 1.0;

  bool operator==(const Interval&) const = default;
};

// The rates p that the Beta(1/2, 1/2) mixture does not beat by 1/alpha: a 1 - alpha confidence
// sequence of one rate. [0, 1] without requests.
Interval rate_interval(const Counts& counts, double alpha);

// 1 - alpha interval of canary rate minus stable rate: each arm's interval at alpha/2, difference
// of the ends.
Interval effect_interval(const Batch& counts, double alpha);

}  // namespace kaizen::stats
