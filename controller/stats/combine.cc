#include "stats/combine.h"

#include <cmath>
#include <vector>

#include "base/check.h"
#include "stats/numerics.h"

namespace kaizen::stats {

Combination combine(std::span<const Weighted> metrics) {
  Combination result;
  double total_weight = 0.0;
  double largest = 0.0;
  std::vector<double> terms;
  for (size_t i = 0; i < metrics.size(); ++i) {
    KAIZEN_CHECK(metrics[i].weight >= 0.0 && std::isfinite(metrics[i].weight),
                 "a weight is a non-negative number");
    if (metrics[i].weight <= 0.0) continue;
    const double term = std::log(metrics[i].weight) + metrics[i].log_wealth;
    if (!result.blame || term > largest) {
      result.blame = i;
      largest = term;
    }
    total_weight += metrics[i].weight;
    terms.push_back(term);
  }
  if (result.blame) result.log_wealth = log_sum_exp(terms) - std::log(total_weight);
  return result;
}

bool all_evident(std::span<const Weighted> metrics, double level) {
  bool any = false;
  for (const Weighted& metric : metrics) {
    if (metric.weight <= 0.0) continue;
    if (metric.log_wealth < -std::log(level)) return false;
    any = true;
  }
  return any;
}

}  // namespace kaizen::stats
