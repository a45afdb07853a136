#include "stats/score.h"

#include <algorithm>
#include <cmath>

#include "stats/interval.h"

namespace kaizen::stats {

namespace {

// Not std::hypot, whose last bit depends on the library (GT-23).
double joined(double one, double other) {
  return std::sqrt(one * one + other * other);
}

}  // namespace

Interval wilson(const Share& share, double z) {
  const double n = share.n;
  const double rate = share.rate();
  const double square = z * z;
  const double scale = 1.0 + square / n;
  const double center = (rate + square / (2.0 * n)) / scale;
  const double half = z * std::sqrt(rate * (1.0 - rate) / n + square / (4.0 * n * n)) / scale;
  return {.low = share.k <= 0.0 ? 0.0 : std::max(0.0, center - half),
          .high = share.k >= n ? 1.0 : std::min(1.0, center + half)};
}

Interval newcombe(const Share& first, const Share& second, double z) {
  const Interval one = wilson(first, z);
  const Interval other = wilson(second, z);
  const double difference = second.rate() - first.rate();
  return {.low = difference - joined(second.rate() - other.low, one.high - first.rate()),
          .high = difference + joined(other.high - second.rate(), first.rate() - one.low)};
}

}  // namespace kaizen::stats
