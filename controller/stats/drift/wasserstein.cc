#include "stats/drift/wasserstein.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

namespace {

// The area between two lines over a width: d0 and d1 are their gaps at both ends.
double area(double width, double d0, double d1) {
  const double sum = std::abs(d0) + std::abs(d1);
  if (d0 * d1 >= 0.0) return width * sum / 2.0;
  return width * (d0 * d0 + d1 * d1) / (2.0 * sum);
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(),
                     [](double value) { return std::isfinite(value); });
}

}  // namespace

Measured<Wasserstein> wasserstein_buckets(const BinPair& bins,
                                          std::span<const double> bounds,
                                          const Range& range) {
  if (bins.size() != bounds.size() + 1) return Unusable::kBinMismatch;
  if (bounds.empty()) return Unusable::kNoBins;
  if (!all_finite(bounds) || (range.min && !std::isfinite(*range.min)) ||
      (range.max && !std::isfinite(*range.max))) {
    return Unusable::kNonFinite;
  }
  if (std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) != bounds.end()) {
    return Unusable::kImplausible;
  }
  std::optional<double> lowest = range.min;
  if (!lowest && bounds.front() > 0.0) lowest = 0.0;
  Wasserstein result;
  double before = 0.0;  // the gap of both distribution functions at the lower edge
  double below_p = 0.0;
  double below_q = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) {
    const bool first = i == 0;
    const bool last = i + 1 == bins.size();
    const double low = first ? std::min(lowest.value_or(bounds[0]), bounds[0]) : bounds[i - 1];
    const double high =
        last ? std::max(range.max.value_or(bounds[i - 1]), bounds[i - 1]) : bounds[i];
    below_p += bins.p(i);
    below_q += bins.q(i);
    const double after = last ? 0.0 : below_p - below_q;
    if (high > low) result.w1 += area(high - low, before, after);
    before = after;
    if ((first && !lowest) || (last && !range.max)) {
      result.truncated_mass = std::max({result.truncated_mass, bins.p(i), bins.q(i)});
    }
  }
  return result;
}

Measured<double> wasserstein_samples(std::span<const double> reference,
                                     std::span<const double> window) {
  if (!all_finite(reference) || !all_finite(window)) return Unusable::kNonFinite;
  if (reference.empty()) return Unusable::kEmptyReference;
  if (window.empty()) return Unusable::kNoData;
  std::vector<double> x(reference.begin(), reference.end());
  std::vector<double> y(window.begin(), window.end());
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  double total = 0.0;
  double at = std::min(x.front(), y.front());
  size_t i = 0;
  size_t j = 0;
  while (i < x.size() || j < y.size()) {
    const double next = std::min(i < x.size() ? x[i] : y[j], j < y.size() ? y[j] : x[i]);
    const double gap = static_cast<double>(i) / static_cast<double>(x.size()) -
                       static_cast<double>(j) / static_cast<double>(y.size());
    total += (next - at) * std::abs(gap);
    at = next;
    while (i < x.size() && x[i] <= at) ++i;
    while (j < y.size() && y[j] <= at) ++j;
  }
  return total;
}

}  // namespace kaizen::stats
