#include "stats/sign.h"

#include <cmath>
#include <vector>

#include <boost/math/special_functions/beta.hpp>

#include "base/check.h"
#include "stats/boost_policy_internal.h"
#include "stats/counts.h"
#include "stats/numerics.h"

namespace kaizen::stats {

namespace {

constexpr double kSmallestTail = 1e-280;  // below it the tail is summed in logs

// log P(Bin(n, 1/2) <= k) for a far tail: its terms fall so fast towards 0 that the first hundreds
// carry the whole sum.
double log_far_tail(int64_t k, int64_t n) {
  constexpr int64_t kTerms = 4096;
  std::vector<double> terms;
  for (int64_t i = k; i >= 0 && k - i < kTerms; --i) {
    const auto successes = static_cast<double>(i);
    const auto failures = static_cast<double>(n - i);
    terms.push_back(-log_beta(successes + 1.0, failures + 1.0) -
                    std::log(static_cast<double>(n) + 1.0));
  }
  return log_sum_exp(terms) - static_cast<double>(n) * std::log(2.0);
}

// log P(Bin(pairs + 1, 1/2) <= against), by the incomplete beta function (ST-15).
double log_lower_tail(int64_t against, int64_t pairs) {
  const auto a = static_cast<double>(against) + 1.0;
  const auto b = static_cast<double>(pairs - against) + 1.0;
  const double tail = boost::math::ibetac(a, b, 0.5, BoostPolicy());
  return tail > kSmallestTail ? std::log(tail) : log_far_tail(against, pairs + 1);
}

}  // namespace

double log_sign(int64_t pairs, int64_t against) {
  KAIZEN_CHECK(plausible(Counts{.n = pairs, .x = against}), "a share of the pairs is against");
  if (pairs == 0) return 0.0;
  const auto n = static_cast<double>(pairs);
  const auto k = static_cast<double>(against);
  return (n + 1.0) * std::log(2.0) + log_beta(k + 1.0, n - k + 1.0) +
         log_lower_tail(against, pairs);
}

}  // namespace kaizen::stats
