// Wasserstein-1: how far mass has to be carried, in the unit of the feature (DR-73). Pure; any
// thread.
#pragma once

#include <optional>
#include <span>

#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

inline constexpr double kMaxTruncatedMass = 0.05;  // DR-73: more is Insufficient/OpenBucket

// Where the end buckets end: the profile's smallest and largest value.
struct Range {
  std::optional<double> min = std::nullopt;
  std::optional<double> max = std::nullopt;
};

struct Wasserstein {
  double w1 = 0.0;
  double truncated_mass = 0.0;  // larger share of either side in end buckets taken as width 0
};

// Mass is uniform in each bucket. Without `min` the lowest bucket begins at 0 if its bound is above
// 0, else it has width 0; without `max` the highest has width 0. `bounds` rise strictly and are one
// fewer than the bins; kBinMismatch, kNoBins without a bound, kNonFinite, or kImplausible when they
// do not rise.
Measured<Wasserstein> wasserstein_buckets(const BinPair& bins,
                                          std::span<const double> bounds,
                                          const Range& range);

// Between two samples. kNonFinite; kEmptyReference and kNoData without samples.
Measured<double> wasserstein_samples(std::span<const double> reference,
                                     std::span<const double> window);

}  // namespace kaizen::stats
