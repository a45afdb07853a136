// Combination of the metrics' processes into one decision (ST-10). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace kaizen::stats {

struct Weighted {
  double log_wealth = 0.0;
  double weight = 0.0;  // >= 0; 0 = report only
};

struct Combination {
  double log_wealth = 0.0;      // of the weighted mean; 0 (wealth 1) when nothing has weight
  std::optional<size_t> blame;  // the largest weight * wealth; the first of equals
};

// Harm: the weighted mean of the wealths. A mean of e-values needs no independence.
Combination combine(std::span<const Weighted> metrics);

// Evidence: every metric with weight has wealth >= 1/level. Without such a metric there is none:
// nothing measured is never a pass.
bool all_evident(std::span<const Weighted> metrics, double level);

}  // namespace kaizen::stats
