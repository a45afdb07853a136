#include "stats/latency.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace kaizen::stats {

namespace {

constexpr int64_t kRepairShare = 100;  // MP-13: at most 1/100 of the requests

bool rising(const std::vector<double>& boundaries) {
  for (size_t i = 0; i < boundaries.size(); ++i) {
    if (!std::isfinite(boundaries[i])) return false;
    if (i > 0 && boundaries[i] <= boundaries[i - 1]) return false;
  }
  return true;
}

bool well_formed(const Buckets& buckets) {
  return buckets.boundaries.size() == buckets.at_most.size() && rising(buckets.boundaries) &&
         std::all_of(buckets.at_most.begin(), buckets.at_most.end(),
                     [](int64_t count) { return 0 <= count && count <= kMaxCount; }) &&
         0 <= buckets.total && buckets.total <= kMaxCount;
}

Counts slower_than(const Buckets& buckets, double boundary) {
  const auto at = std::lower_bound(buckets.boundaries.begin(), buckets.boundaries.end(), boundary);
  KAIZEN_CHECK(at != buckets.boundaries.end() && *at == boundary, "the boundary is a common one");
  const auto index = static_cast<size_t>(std::distance(buckets.boundaries.begin(), at));
  return {.n = buckets.total, .x = buckets.total - buckets.at_most[index]};
}

}  // namespace

std::string_view to_string(LatencyProblem problem) {
  switch (problem) {
    case LatencyProblem::kBucketsNotMonotone: return "BucketsNotMonotone";
    case LatencyProblem::kThresholdAboveBuckets: return "ThresholdAboveBuckets";
    case LatencyProblem::kNoCommonBoundary: return "NoCommonBoundary";
    case LatencyProblem::kMalformedBuckets: return "MalformedBuckets";
  }
  return "Unknown";
}

base::Result<Buckets, LatencyProblem> repaired(Buckets buckets) {
  if (!well_formed(buckets)) return LatencyProblem::kMalformedBuckets;
  int64_t largest = 0;
  int64_t added = 0;
  const auto raise = [&](int64_t& count) {
    if (count < largest) {
      added = std::min(kMaxCount, added + (largest - count));
      count = largest;
    }
    largest = count;
  };
  for (int64_t& count : buckets.at_most) raise(count);
  raise(buckets.total);
  if (added > buckets.total / kRepairShare) return LatencyProblem::kBucketsNotMonotone;
  return buckets;
}

Buckets restricted(const Buckets& buckets, const std::vector<double>& boundaries) {
  Buckets result{.boundaries = boundaries, .at_most = {}, .total = buckets.total};
  for (const double boundary : boundaries) {
    result.at_most.push_back(buckets.total - slower_than(buckets, boundary).x);
  }
  return result;
}

base::Result<std::vector<double>, LatencyProblem> common_boundaries(const Buckets& first,
                                                                    const Buckets& second) {
  std::vector<double> common;
  std::set_intersection(first.boundaries.begin(), first.boundaries.end(), second.boundaries.begin(),
                        second.boundaries.end(), std::back_inserter(common));
  if (common.empty()) return LatencyProblem::kNoCommonBoundary;
  return common;
}

base::Result<double, LatencyProblem> effective_threshold(const std::vector<double>& boundaries,
                                                         double threshold) {
  const auto at = std::lower_bound(boundaries.begin(), boundaries.end(), threshold);
  if (at == boundaries.end()) return LatencyProblem::kThresholdAboveBuckets;
  return *at;
}

base::Result<SlowRequests, LatencyProblem> slow_requests(const Buckets& canary,
                                                         const Buckets& stable,
                                                         double threshold) {
  KAIZEN_TRY(const Buckets canary_fixed, repaired(canary));
  KAIZEN_TRY(const Buckets stable_fixed, repaired(stable));
  KAIZEN_TRY(const std::vector<double> common, common_boundaries(canary_fixed, stable_fixed));
  KAIZEN_TRY(const double boundary, effective_threshold(common, threshold));
  return SlowRequests{.batch = {.canary = slower_than(canary_fixed, boundary),
                                .stable = slower_than(stable_fixed, boundary)},
                      .threshold = boundary};
}

base::Result<SlowArm, LatencyProblem> slow_requests(const Buckets& arm, double threshold) {
  KAIZEN_TRY(const Buckets fixed, repaired(arm));
  KAIZEN_TRY(const double boundary, effective_threshold(fixed.boundaries, threshold));
  return SlowArm{.counts = slower_than(fixed, boundary), .threshold = boundary};
}

}  // namespace kaizen::stats
