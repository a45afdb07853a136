#include "stats/numerics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/special_functions/gamma.hpp>

#include "base/check.h"
#include "stats/boost_policy_internal.h"

namespace kaizen::stats {

namespace {

double log_gamma(double value) {
  return boost::math::lgamma(value, BoostPolicy());
}

}  // namespace

double clip(double rate) {
  return std::min(1.0 - kEpsilon, std::max(kEpsilon, rate));
}

double logit(double rate) {
  return std::log(rate) - std::log1p(-rate);
}

double expit(double log_odds) {
  if (log_odds >= 0.0) return 1.0 / (1.0 + std::exp(-log_odds));
  const double odds = std::exp(log_odds);
  return odds / (1.0 + odds);
}

double log_sum_exp(std::span<const double> values) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const double value : values) largest = std::max(largest, value);
  if (std::isinf(largest)) return largest;
  double sum = 0.0;
  for (const double value : values) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

double log_beta(double a, double b) {
  KAIZEN_CHECK(a > 0.0 && b > 0.0, "the beta function is used for positive arguments only");
  return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

double bernoulli_divergence(double p, double q) {
  double total = 0.0;
  if (p > 0.0) total += p * std::log(p / q);
  if (p < 1.0) total += (1.0 - p) * std::log((1.0 - p) / (1.0 - q));
  return total;
}

double clamp_log(double log_wealth) {
  KAIZEN_CHECK(!std::isnan(log_wealth), "a wealth is never NaN (ST-18)");
  return std::clamp(log_wealth, -kMaxLogWealth, kMaxLogWealth);
}

}  // namespace kaizen::stats
