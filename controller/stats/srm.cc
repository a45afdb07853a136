#include "stats/srm.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "stats/numerics.h"

namespace kaizen::stats {

double share_tolerance(double weight, double relative) {
  return std::max(relative * weight, 0.01);
}

double log_share_mismatch(int64_t canary_requests,
                          int64_t stable_requests,
                          const ShareCheck& check) {
  KAIZEN_CHECK(canary_requests >= 0 && stable_requests >= 0 && canary_requests <= kMaxCount &&
                   stable_requests <= kMaxCount,
               "counts are integers below 2^53 (ST-18)");
  KAIZEN_CHECK(check.concentration > 0.0 && check.design >= 1.0 && check.tolerance >= 0.0,
               "the constants of a share check are positive");
  const auto canary = static_cast<double>(canary_requests);
  const auto stable = static_cast<double>(stable_requests);
  const double total = canary + stable;
  if (total == 0.0 || check.weight <= 0.0 || check.weight >= 1.0) return 0.0;
  const double lowest = std::max(kEpsilon, check.weight - check.tolerance);
  const double highest = std::min(1.0 - kEpsilon, check.weight + check.tolerance);
  const double share = std::min(highest, std::max(lowest, canary / total));
  const double alpha = check.concentration * check.weight;
  const double beta = check.concentration * (1.0 - check.weight);
  const double mixture = log_beta(alpha + canary, beta + stable) - log_beta(alpha, beta);
  return (mixture - canary * std::log(share) - stable * std::log(1.0 - share)) / check.design;
}

}  // namespace kaizen::stats
