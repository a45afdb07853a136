// Latency: from classic histogram buckets to counts of slow requests (MP-13, MP-15, ST-14). Pure;
// any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stats/counts.h"

namespace kaizen::stats {

enum class LatencyProblem : uint8_t {
  kBucketsNotMonotone,     // counts fall with growing boundary by more than scrape noise
  kThresholdAboveBuckets,  // no finite boundary at or above the threshold: the test would be
                           // vacuous
  kNoCommonBoundary,       // the arms share no boundary
  kMalformedBuckets,       // boundaries that do not rise or are not numbers, impossible counts
};

// The reason a condition shows: the enumerator without its k.
std::string_view to_string(LatencyProblem problem);

// Counter increases of one arm over one tick. `boundaries` are the finite `le` values, strictly
// rising, compared as numbers; `at_most` the requests at most that slow; `total` is the +Inf
// bucket.
struct Buckets {
  std::vector<double> boundaries;
  std::vector<int64_t> at_most;
  int64_t total = 0;

  bool operator==(const Buckets&) const = default;
};

// MP-13: each bucket raised to the largest one below it (buckets of one scrape may be read while
// requests finish). An error when what was added exceeds 1 % of the requests.
base::Result<Buckets, LatencyProblem> repaired(Buckets buckets);

// MP-13: `buckets` at the given boundaries only; they must be among its own.
Buckets restricted(const Buckets& buckets, const std::vector<double>& boundaries);

// MP-13: the boundaries that both have, rising.
base::Result<std::vector<double>, LatencyProblem> common_boundaries(const Buckets& first,
                                                                    const Buckets& second);

// MP-15: the threshold moved up to the next boundary.
base::Result<double, LatencyProblem> effective_threshold(const std::vector<double>& boundaries,
                                                         double threshold);

// Requests slower than `threshold`, the one in force: status shows it beside the wanted one.
struct SlowRequests {
  Batch batch;
  double threshold = 0.0;
};

// All of the above for one tick of both arms.
base::Result<SlowRequests, LatencyProblem> slow_requests(const Buckets& canary,
                                                         const Buckets& stable,
                                                         double threshold);

// The same for an arm without a concurrent control: in bake, and for the baseline.
struct SlowArm {
  Counts counts;
  double threshold = 0.0;
};

base::Result<SlowArm, LatencyProblem> slow_requests(const Buckets& arm, double threshold);

}  // namespace kaizen::stats
