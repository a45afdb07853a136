// Srm: does the canary get the share of traffic it was given (sample-ratio mismatch, ST-12)? Pure;
// any thread.
#pragma once

#include "stats/counts.h"

namespace kaizen::stats {

struct ShareCheck {
  double weight = 0.0;           // wanted share of the canary, 0..1
  double tolerance = 0.01;       // absolute
  double concentration = 100.0;  // of the Beta mixture around `weight`
  double design = 4.0;           // 1 / exponent: affinity and keep-alive bind requests together
};

// ST-12: a share is mismatched at this log e-value: ln 100.
inline constexpr double kLogShareMismatch = 4.605170185988092;

// The tolerance of ST-12: a relative one of `weight`, at least one percentage point.
double share_tolerance(double weight, double relative);

// Log e-value against "the share is within tolerance of weight", from the requests of both arms
// since samplesFrom. 0 without requests, and when one arm is meant to get everything.
double log_share_mismatch(int64_t canary_requests,
                          int64_t stable_requests,
                          const ShareCheck& check);

}  // namespace kaizen::stats
