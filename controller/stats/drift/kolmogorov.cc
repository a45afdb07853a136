#include "stats/drift/kolmogorov.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

namespace {

constexpr double kSurely = 0.2;  // DR-69: below it Q differs from 1 by less than 1e-12
constexpr int kMaxTerms = 100;   // at 0.2 the terms fall below 1e-16 after 22
constexpr double kSmallTerm = 1e-16;

std::vector<double> sorted_without_nan(std::span<const double> samples) {
  std::vector<double> result;
  result.reserve(samples.size());
  for (const double sample : samples) {
    if (!std::isnan(sample)) result.push_back(sample);
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

Ks ks_buckets(const BinPair& bins, double rank_error) {
  double below_reference = 0.0;
  double below_window = 0.0;
  Ks result;
  for (size_t i = 0; i + 1 < bins.size(); ++i) {
    below_reference += bins.reference()[i];
    below_window += bins.window()[i];
    const double gap =
        std::abs(below_reference / bins.reference_total() - below_window / bins.window_total());
    result.d = std::max(result.d, gap);
  }
  result.d = std::min(result.d, 1.0);
  result.d_adjusted = std::max(result.d - rank_error, 0.0);
  result.p_value = ks_p_value(result.d_adjusted, bins.reference_total(), bins.window_total());
  return result;
}

Measured<Ks> ks_samples(std::span<const double> reference, std::span<const double> window) {
  const std::vector<double> x = sorted_without_nan(reference);
  const std::vector<double> y = sorted_without_nan(window);
  if (x.empty() || y.empty()) return Unusable::kNoData;
  const auto n = static_cast<double>(x.size());
  const auto m = static_cast<double>(y.size());
  Ks result;
  size_t i = 0;
  size_t j = 0;
  while (i < x.size() && j < y.size()) {
    const double at = std::min(x[i], y[j]);  // both functions step after their last `at`
    while (i < x.size() && x[i] <= at) ++i;
    while (j < y.size() && y[j] <= at) ++j;
    result.d =
        std::max(result.d, std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m));
  }
  result.d_adjusted = result.d;
  result.p_value = ks_p_value(result.d, n, m);
  return result;
}

double kolmogorov_q(double lambda) {
  if (!(lambda >= kSurely)) return 1.0;
  double sum = 0.0;
  for (int k = 1; k <= kMaxTerms; ++k) {
    const double term = std::exp(-2.0 * k * k * lambda * lambda);
    sum += k % 2 == 1 ? term : -term;
    if (term < kSmallTerm) break;
  }
  return std::clamp(2.0 * sum, 0.0, 1.0);
}

double ks_p_value(double d, double reference_count, double window_count) {
  const double root = std::sqrt(reference_count / (reference_count + window_count) * window_count);
  return kolmogorov_q((root + 0.12 + 0.11 / root) * d);
}

}  // namespace kaizen::stats
