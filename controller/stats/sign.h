// Sign: the test of ST-15 for gauges, one comparison per window. Pure; any thread.
#pragma once

#include <cstdint>

namespace kaizen::stats {

// Log e-value against "each pair goes against the canary with probability at most 1/2": `pairs`
// pairs without a tie, `against` of them against the canary. 0 without pairs.
double log_sign(int64_t pairs, int64_t against);

}  // namespace kaizen::stats
