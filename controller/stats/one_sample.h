// OneSample: one rate against a fixed limit (ST-13), for hard limits and for bake, where there is
// no concurrent control. Pure; any thread.
#pragma once

#include "stats/counts.h"

namespace kaizen::stats {

// Log e-value against "rate <= limit" (direction +1) or "rate >= limit" (-1): the even mixture of
// the five alternatives of ST-3, on cumulative counts. `limit` must lie strictly between 0 and 1.
double log_one_sample(const Counts& counts, double limit, int direction);

}  // namespace kaizen::stats
