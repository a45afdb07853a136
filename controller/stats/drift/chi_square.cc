#include "stats/drift/chi_square.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "stats/drift/divergence.h"
#include "stats/drift/histogram.h"

namespace kaizen::stats {

namespace {

constexpr double kSmallestExpected = 5.0;  // DR-72: below it the chi-square limit is a bad guide

// The smaller of the two expected counts, per observation of both sides.
double smaller_share(const BinPair& bins) {
  const double all = bins.reference_total() + bins.window_total();
  return std::min(bins.reference_total(), bins.window_total()) / all;
}

void append(Pooled& result, double reference, double window) {
  result.reference.push_back(reference);
  result.window.push_back(window);
}

Pooled pooled_ordered(const BinPair& bins) {
  const double share = smaller_share(bins);
  Pooled result;
  double a = 0.0;
  double b = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) {
    a += bins.reference()[i];
    b += bins.window()[i];
    if ((a + b) * share < kSmallestExpected) continue;
    append(result, a, b);
    a = b = 0.0;
  }
  if (!(a + b > 0.0)) return result;
  if (result.reference.empty()) {
    append(result, a, b);
  } else {
    result.reference.back() += a;
    result.window.back() += b;
  }
  return result;
}

Pooled pooled_categorical(const BinPair& bins) {
  const double share = smaller_share(bins);
  Pooled result;
  double a = 0.0;
  double b = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) {
    if ((bins.reference()[i] + bins.window()[i]) * share >= kSmallestExpected) {
      append(result, bins.reference()[i], bins.window()[i]);
    } else {
      a += bins.reference()[i];
      b += bins.window()[i];
    }
  }
  if (!(a + b > 0.0)) return result;
  if ((a + b) * share >= kSmallestExpected || result.reference.empty()) {
    append(result, a, b);
    return result;
  }
  size_t smallest = 0;
  for (size_t i = 1; i < result.reference.size(); ++i) {
    if (result.reference[i] + result.window[i] <
        result.reference[smallest] + result.window[smallest]) {
      smallest = i;
    }
  }
  result.reference[smallest] += a;
  result.window[smallest] += b;
  return result;
}

}  // namespace

ChiSquare chi_square(const BinPair& bins, Scale scale) {
  const Pooled counts = pooled(bins, scale);
  ChiSquare result{.bins = counts.reference.size()};
  if (result.bins <= 1) return result;
  const double ratio = std::sqrt(bins.reference_total() / bins.window_total());
  for (size_t i = 0; i < result.bins; ++i) {
    const double a = counts.reference[i];
    const double b = counts.window[i];
    const double gap = ratio * b - a / ratio;
    result.statistic += gap * gap / (a + b);
  }
  result.df = result.bins - 1;
  result.p_value = chi_square_tail(result.statistic, result.df);
  result.cramers_v = std::sqrt(result.statistic / (bins.reference_total() + bins.window_total()));
  return result;
}

Pooled pooled(const BinPair& bins, Scale scale) {
  switch (scale) {
    case Scale::kOrdered: return pooled_ordered(bins);
    case Scale::kCategorical: return pooled_categorical(bins);
  }
  return {};
}

}  // namespace kaizen::stats
