// Plan: how much traffic a decision needs, before the start and on the way (ST-16), and how many
// restarts a rollout plans (ST-8). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "stats/betting.h"
#include "stats/projection.h"

namespace kaizen::stats {

// Bets are pooled and placed anew every 20 ticks within a step (ST-8).
inline constexpr int64_t kTicksPerRestart = 20;

// K of ST-8: for each step max(1, ceil(hold / 20 ticks)); `hold_ticks` >= 0.
int32_t planned_restarts(std::span<const int64_t> hold_ticks);

// Requests of both arms until the best bet is expected to decide, if the true rates are `truth` and
// `share` of the traffic (strictly between 0 and 1) goes to the canary. nullopt: never, because the
// null hypothesis holds.
std::optional<double> requests_to_decide(const Rates& truth, double share, const Terms& terms);

// Ticks until wealth 1/level at the mean growth of the last ticks; 0 when it is reached. nullopt:
// unknown, because the wealth does not grow.
std::optional<double> ticks_to_decide(double log_wealth,
                                      double level,
                                      std::span<const double> last_growths);

}  // namespace kaizen::stats
