// Histogram counts: what classic buckets and category counters become before anything is computed
// from them, and the pair (reference, window) that every distance is a function of. Counts are
// non-negative reals, because `increase` extrapolates; they are never rounded (DR-42). Pure; any
// thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stats/drift/unusable.h"

namespace kaizen::stats {

// One classic bucket: how many observations were at most `le`.
struct Bucket {
  double le = 0.0;  // +infinity for the last; compared as a number, so "1.0" is "1" (DR-43)
  double cumulative = 0.0;

  bool operator==(const Bucket&) const = default;
};

// A histogram in bins: counts[i] lies in (bounds[i-1], bounds[i]], the last one above all bounds.
struct Histogram {
  std::vector<double> bounds;  // finite, strictly rising
  std::vector<double> counts;  // one more than bounds

  bool operator==(const Histogram&) const = default;
};

// Per-bin counts from cumulative ones in the order of their bounds: negatives become 0, a running
// maximum mends what is not monotone, then differences (DR-41). As long as its input.
std::vector<double> bins_from_cumulative(std::span<const double> cumulative);

// DR-41 for one answer: sorted by bound; of two buckets with the same bound the larger count holds.
// kNoBins without a bucket, kNoInfBucket when none is +Inf, kNonFinite for a bound that is NaN or
// -Inf or a count that is not finite. All counts 0 is a histogram: whether it is NoTraffic the
// caller knows (DR-47).
Measured<Histogram> histogram_of(std::vector<Bucket> buckets);

// The same observations in fewer bins: only bounds that are also in `kept` (rising) stay, the
// counts between them are added up (DR-40: no interpolation).
Histogram coarsened(const Histogram& histogram, std::span<const double> kept);

// A reference and a window in the same bins, checked by DR-60's list. A view: both arrays must
// outlive it.
class BinPair {
 public:
  static Measured<BinPair> of(std::span<const double> reference, std::span<const double> window);

  size_t size() const { return reference_.size(); }

  std::span<const double> reference() const { return reference_; }

  std::span<const double> window() const { return window_; }

  double reference_total() const { return reference_total_; }  // > 0

  double window_total() const { return window_total_; }  // > 0

  // Shares of bin i.
  double q(size_t i) const { return reference_[i] / reference_total_; }

  double p(size_t i) const { return window_[i] / window_total_; }

 private:
  BinPair(std::span<const double> reference, std::span<const double> window)
      : reference_(reference), window_(window) {}

  std::span<const double> reference_;
  std::span<const double> window_;
  double reference_total_ = 0.0;
  double window_total_ = 0.0;
};

// The sum of `counts`, or what DR-60 says against them (kBinMismatch, kEmptyReference and kNoData
// excepted: 0 is a sum).
Measured<double> total_of(std::span<const double> counts);

}  // namespace kaizen::stats
