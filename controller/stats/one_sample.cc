#include "stats/one_sample.h"

#include <array>
#include <cmath>

#include "base/check.h"
#include "stats/betting.h"
#include "stats/numerics.h"

namespace kaizen::stats {

double log_one_sample(const Counts& counts, double limit, int direction) {
  KAIZEN_CHECK(plausible(counts), "counts are integers with 0 <= x <= n < 2^53 (ST-18)");
  KAIZEN_CHECK(limit > 0.0 && limit < 1.0, "a limit lies strictly between 0 and 1");
  KAIZEN_CHECK(direction == 1 || direction == -1, "a process bets one way");
  const auto bad = static_cast<double>(counts.x);
  const auto good = static_cast<double>(counts.n - counts.x);
  std::array<double, kLogOddsGrid.size()> values{};
  for (size_t i = 0; i < values.size(); ++i) {
    const double rate = clip(expit(logit(clip(limit)) + direction * kLogOddsGrid[i]));
    values[i] = bad * std::log(rate / limit) + good * std::log((1.0 - rate) / (1.0 - limit));
  }
  return log_sum_exp(values) - std::log(static_cast<double>(values.size()));
}

}  // namespace kaizen::stats
