// Source "prometheus": asks a Prometheus (or what speaks its HTTP API) for cumulative counters at
// two instants and subtracts them per series (R2-11, MP-5), so that counts are exact. Answers are
// judged one by one: whatever is not a complete, finite, whole-numbered answer for the instant
// asked gives no data for its tick, never a zero (MP-12). Stateless, any thread.
#pragma once

#include "core/extensions.h"

namespace kaizen::ext {

const core::Source& prometheus_source();

}  // namespace kaizen::ext
