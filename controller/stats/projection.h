// Projection: the point of a margin line that explains one batch best, and with it the e-variable
// of the batch (ST-2). Pure functions; any thread.
#pragma once

#include "stats/counts.h"

namespace kaizen::stats {

// The boundary between "harm" and "no harm": canary rate = a + b * stable rate. `a` is the
// tolerance (a share, 0 <= a < 1), `b` is 1 + relative (> 0).
struct Line {
  double a = 0.0;
  double b = 1.0;

  double canary(double stable) const { return a + b * stable; }

  bool operator==(const Line&) const = default;
};

// A pair of rates, each strictly between 0 and 1.
struct Rates {
  double canary = 0.0;
  double stable = 0.0;
};

// The stable rate s that minimises canary_weight * KL(point.canary || a + b s) + stable_weight *
// KL(point.stable || s). The derivative increases in s, so that 100 bisections find its zero (ST-2,
// R3-21). Weights are requests, or shares of them; both > 0.
double project(double canary_weight, double stable_weight, const Rates& point, const Line& line);

// log of the e-variable of one batch against the alternative `point`: its expectation is at most 1
// under every pair of true rates on the far side of the line. 0 when an arm has no request.
double log_factor(const Batch& batch, const Rates& point, const Line& line);

}  // namespace kaizen::stats
