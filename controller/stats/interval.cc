#include "stats/interval.h"

#include <cmath>

#include "base/check.h"
#include "stats/numerics.h"

namespace kaizen::stats {

namespace {

constexpr double kMixture = 0.5;  // Jeffreys' Beta(1/2, 1/2)
constexpr int kBisections = 100;  // R3-21

// The last rate inside the interval on the way from `inside` to `outside`.
template <class Excluded>
double edge(double outside, double inside, const Excluded& excluded) {
  if (!excluded(outside)) return outside;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (outside + inside);
    (excluded(middle) ? outside : inside) = middle;
  }
  return inside;
}

}  // namespace

Interval rate_interval(const Counts& counts, double alpha) {
  KAIZEN_CHECK(plausible(counts), "counts are integers with 0 <= x <= n < 2^53 (ST-18)");
  KAIZEN_CHECK(alpha > 0.0 && alpha < 1.0, "a level is a probability");
  if (counts.n == 0) return {};
  const auto bad = static_cast<double>(counts.x);
  const auto good = static_cast<double>(counts.n - counts.x);
  const double mixture = log_beta(kMixture + bad, kMixture + good) - log_beta(kMixture, kMixture);
  const double bar = std::log(1.0 / alpha);
  const auto excluded = [&](double rate) {
    const double likelihood = (counts.x > 0 ? bad * std::log(rate) : 0.0) +
                              (counts.n > counts.x ? good * std::log1p(-rate) : 0.0);
    return mixture - likelihood >= bar;
  };
  const double centre = clip(bad / static_cast<double>(counts.n));
  return {.low = counts.x == 0 ? 0.0 : edge(kEpsilon, centre, excluded),
          .high = counts.x == counts.n ? 1.0 : edge(1.0 - kEpsilon, centre, excluded)};
}

Interval effect_interval(const Batch& counts, double alpha) {
  const Interval canary = rate_interval(counts.canary, alpha / 2.0);
  const Interval stable = rate_interval(counts.stable, alpha / 2.0);
  return {.low = canary.low - stable.high, .high = canary.high - stable.low};
}

}  // namespace kaizen::stats
