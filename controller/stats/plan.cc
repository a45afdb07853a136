#include "stats/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "stats/numerics.h"

namespace kaizen::stats {

int32_t planned_restarts(std::span<const int64_t> hold_ticks) {
  int64_t total = 0;
  for (const int64_t ticks : hold_ticks) {
    KAIZEN_CHECK(ticks >= 0, "a hold lasts a number of ticks");
    const int64_t blocks = ticks / kTicksPerRestart + (ticks % kTicksPerRestart != 0 ? 1 : 0);
    total = std::min<int64_t>(total + std::max<int64_t>(1, blocks),
                              std::numeric_limits<int32_t>::max());
  }
  return static_cast<int32_t>(total);
}

std::optional<double> requests_to_decide(const Rates& truth, double share, const Terms& terms) {
  KAIZEN_CHECK(share > 0.0 && share < 1.0, "both arms get traffic");
  const double beyond = truth.canary - terms.line.canary(truth.stable);
  if (terms.direction * beyond <= 0.0) return std::nullopt;
  const double s = project(share, 1.0 - share, truth, terms.line);
  const double growth = share * bernoulli_divergence(truth.canary, terms.line.canary(s)) +
                        (1.0 - share) * bernoulli_divergence(truth.stable, s);
  if (growth <= 0.0) return std::nullopt;
  const double needed = std::log((static_cast<double>(terms.restarts) + 1.0) / terms.level) +
                        std::log(static_cast<double>(kComponents));
  return needed / growth;
}

std::optional<double> ticks_to_decide(double log_wealth,
                                      double level,
                                      std::span<const double> last_growths) {
  const double missing = -std::log(level) - log_wealth;
  if (missing <= 0.0) return 0.0;
  if (last_growths.empty()) return std::nullopt;
  double sum = 0.0;
  for (const double growth : last_growths) sum += growth;
  if (sum <= 0.0) return std::nullopt;
  return missing * static_cast<double>(last_growths.size()) / sum;
}

}  // namespace kaizen::stats
