// Score intervals: of a share (Wilson, "Probable inference, the law of succession, and statistical
// inference", JASA 22, 1927) and of the difference of two (Newcombe, "Interval estimation for the
// difference between independent proportions", Statistics in Medicine 17, 1998, method 10). Pure;
// any thread.
#pragma once

#include "stats/interval.h"

namespace kaizen::stats {

// k of n; need not be whole, because Prometheus' increase() gives fractions. 0 <= k <= n, n > 0.
struct Share {
  double k = 0.0;
  double n = 1.0;

  double rate() const { return k / n; }
};

// Each end at `z` standard errors. No hit has the lower end 0, nothing but hits the upper end 1.
Interval wilson(const Share& share, double z);

// second - first.
Interval newcombe(const Share& first, const Share& second, double z);

}  // namespace kaizen::stats
