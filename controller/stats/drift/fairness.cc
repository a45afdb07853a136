#include "stats/drift/fairness.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "stats/drift/unusable.h"
#include "stats/interval.h"
#include "stats/score.h"

namespace kaizen::stats {

namespace {

constexpr double kZ = 1.959963984540054;  // 95 %, two-sided
constexpr double kFourFifths = 0.8;
constexpr double kRounding = 1e-12;  // 0.72 / 0.9 is a little below 0.8 in doubles and passes

Share share_of(const Group& group) {
  return {.k = group.favourable, .n = group.count};
}

double rate_of(const Group& group) {
  return share_of(group).rate();
}

std::vector<size_t> eligible(std::span<const Group> groups, double min_count, Fairness& result) {
  std::vector<size_t> indexes;
  for (size_t i = 0; i < groups.size(); ++i) {
    const bool enough = groups[i].count > 0.0 && groups[i].count >= min_count;
    (enough ? indexes : result.too_small).push_back(i);
  }
  return indexes;
}

}  // namespace

Measured<Fairness> fairness(std::span<const Group> groups, double min_count) {
  for (const Group& group : groups) {
    if (!std::isfinite(group.favourable + group.count)) return Unusable::kNonFinite;
    if (group.favourable < 0.0 || group.count < 0.0) return Unusable::kNegative;
    if (group.favourable > group.count) return Unusable::kImplausible;
  }
  Fairness result;
  const std::vector<size_t> chosen = eligible(groups, min_count, result);
  if (chosen.empty()) return Unusable::kNoData;
  if (chosen.size() == 1) return Unusable::kOneGroup;
  const auto below = [&](size_t a, size_t b) {
    return std::pair(rate_of(groups[a]), groups[a].name) <
           std::pair(rate_of(groups[b]), groups[b].name);
  };
  result.highest = *std::max_element(chosen.begin(), chosen.end(), below);
  result.lowest = *std::min_element(chosen.begin(), chosen.end(), below);
  const double high = rate_of(groups[result.highest]);
  const double low = rate_of(groups[result.lowest]);
  const Interval between =
      newcombe(share_of(groups[result.lowest]), share_of(groups[result.highest]), kZ);
  result.difference = high - low;
  result.difference_low = between.low;
  result.difference_high = between.high;
  if (high > 0.0) {
    result.ratio = low / high;
    result.four_fifths_pass = *result.ratio >= kFourFifths - kRounding;
  }
  return result;
}

bool is_unfair(const Fairness& measured, const FairnessLimits& limits) {
  if (measured.difference_low <= 0.0) return false;
  switch (limits.rule) {
    case FairnessRule::kDifference: return measured.difference > limits.max_difference + kRounding;
    case FairnessRule::kRatio:
      return measured.ratio && *measured.ratio < limits.min_ratio - kRounding;
  }
  return false;
}

}  // namespace kaizen::stats
