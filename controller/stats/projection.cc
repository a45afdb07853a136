#include "stats/projection.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "stats/numerics.h"

namespace kaizen::stats {

namespace {

constexpr int kBisections = 100;

}  // namespace

double project(double canary_weight, double stable_weight, const Rates& point, const Line& line) {
  double low = std::max(kEpsilon, (kEpsilon - line.a) / line.b);
  double high = std::min(1.0 - kEpsilon, (1.0 - kEpsilon - line.a) / line.b);
  KAIZEN_CHECK(low < high, "the margin line lies outside the unit square");
  const auto derivative = [&](double s) {
    const double c = line.canary(s);
    return canary_weight * line.b * (c - point.canary) / (c * (1.0 - c)) +
           stable_weight * (s - point.stable) / (s * (1.0 - s));
  };
  if (derivative(low) >= 0.0) return low;
  if (derivative(high) <= 0.0) return high;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;  // neighbours: further steps change nothing
    (derivative(middle) < 0.0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double log_factor(const Batch& batch, const Rates& point, const Line& line) {
  if (batch.canary.n <= 0 || batch.stable.n <= 0) return 0.0;
  const auto canary_n = static_cast<double>(batch.canary.n);
  const auto canary_x = static_cast<double>(batch.canary.x);
  const auto stable_n = static_cast<double>(batch.stable.n);
  const auto stable_x = static_cast<double>(batch.stable.x);
  const double s = project(canary_n, stable_n, point, line);
  const double c = line.canary(s);
  return canary_x * std::log(point.canary / c) +
         (canary_n - canary_x) * std::log((1.0 - point.canary) / (1.0 - c)) +
         stable_x * std::log(point.stable / s) +
         (stable_n - stable_x) * std::log((1.0 - point.stable) / (1.0 - s));
}

}  // namespace kaizen::stats
