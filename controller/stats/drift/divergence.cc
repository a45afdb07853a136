#include "stats/drift/divergence.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <boost/math/special_functions/gamma.hpp>

#include "base/check.h"
#include "stats/boost_policy_internal.h"
#include "stats/drift/histogram.h"

namespace kaizen::stats {

namespace {

constexpr double kPseudo = 0.5;  // Jeffreys: keeps the null of DR-63 right, a fixed fill does not

size_t filled(const BinPair& bins) {
  size_t count = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    if (bins.reference()[i] + bins.window()[i] > 0.0) ++count;
  }
  return count;
}

// The sum of term(p~, q~) over the bins that either side fills (DR-62).
template <class Term>
double smoothed_sum(const BinPair& bins, size_t used, const Term& term) {
  const double added = kPseudo * static_cast<double>(used);
  double sum = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) {
    const double a = bins.reference()[i];
    const double b = bins.window()[i];
    if (!(a + b > 0.0)) continue;
    sum += term((b + kPseudo) / (bins.window_total() + added),
                (a + kPseudo) / (bins.reference_total() + added));
  }
  return sum;
}

// x log(x / m), 0 for x = 0.
double entropy_term(double x, double m) {
  return x > 0.0 ? x * std::log(x / m) : 0.0;
}

double distance_of(double squared) {
  return std::sqrt(std::clamp(squared, 0.0, 1.0));
}

}  // namespace

Psi psi(const BinPair& bins) {
  const size_t used = filled(bins);
  const double sum =
      smoothed_sum(bins, used, [](double p, double q) { return (p - q) * std::log(p / q); });
  Psi result{.psi = std::max(sum, 0.0),
             .bins = used,
             .df = used - 1,
             .scale = 1.0 / bins.reference_total() + 1.0 / bins.window_total()};
  result.p_value = chi_square_tail(result.psi / result.scale, result.df);
  return result;
}

double psi_critical(double reference_count, double window_count, size_t bins, double alpha) {
  KAIZEN_CHECK(alpha > 0.0 && alpha < 1.0, "a level is a probability");
  KAIZEN_CHECK(reference_count > 0.0 && window_count > 0.0, "both sides hold observations");
  if (bins <= 1) return 0.0;
  const double shape = static_cast<double>(bins - 1) / 2.0;
  const double quantile = 2.0 * boost::math::gamma_q_inv(shape, alpha, BoostPolicy());
  return (1.0 / reference_count + 1.0 / window_count) * quantile;
}

double kl(const BinPair& bins) {
  const double sum =
      smoothed_sum(bins, filled(bins), [](double p, double q) { return p * std::log(p / q); });
  return std::max(sum, 0.0);
}

double js_distance(const BinPair& bins) {
  double sum = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) {
    const double p = bins.p(i);
    const double q = bins.q(i);
    const double m = (p + q) / 2.0;
    sum += entropy_term(p, m) + entropy_term(q, m);
  }
  return distance_of(sum / 2.0 / std::log(2.0));
}

double hellinger(const BinPair& bins) {
  double sum = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) {
    const double gap = std::sqrt(bins.p(i)) - std::sqrt(bins.q(i));
    sum += gap * gap;
  }
  return distance_of(sum / 2.0);
}

double total_variation(const BinPair& bins) {
  double sum = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) sum += std::abs(bins.p(i) - bins.q(i));
  return std::min(sum / 2.0, 1.0);
}

double l_infinity(const BinPair& bins) {
  double largest = 0.0;
  for (size_t i = 0; i < bins.size(); ++i) {
    largest = std::max(largest, std::abs(bins.p(i) - bins.q(i)));
  }
  return largest;
}

double chi_square_tail(double statistic, size_t df) {
  if (df == 0) return 1.0;
  return boost::math::gamma_q(static_cast<double>(df) / 2.0, statistic / 2.0, BoostPolicy());
}

}  // namespace kaizen::stats
