// Backoff: exponential waits without overflow at any number of failures. Pure; the caller counts
// and keeps time.
#pragma once

#include <cstdint>

#include "base/duration.h"

namespace kaizen::base {

struct BackoffPolicy {
  Duration first;
  Duration cap;
};

// first · 2^failures, never above cap. `failures` counts from 0 and may be any non-negative number
// (RT-44: 10^6 is fine).
Duration backoff(const BackoffPolicy& policy, int64_t failures);

// Full jitter: uniform in (0, span], so that twenty clients that fail together do not return
// together (RT-30). `unit` in [0, 1).
Duration full_jitter(Duration span, double unit);

// span · (1 ± share), stable for one `hash` (RT-47: jitter that simulation and restart reproduce).
Duration stable_jitter(Duration span, double share, uint64_t hash);

}  // namespace kaizen::base
