// Shifts of a mean, a proportion or a quantile, as z statistics (DR-74, DR-75). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>

#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

struct Moments {
  double count = 0.0;
  double mean = 0.0;
  std::optional<double> variance = std::nullopt;  // a classic histogram has none in a window
};

struct Shift {
  double z = 0.0;        // may be infinite
  double p_value = 1.0;  // two-sided, normal
  // Mean: the shift by the reference's standard deviation, nullopt when that is 0. Proportion: p -
  // q.
  std::optional<double> effect = std::nullopt;
};

// Welch's z of the mean. A window without variance takes the reference's. Both variances 0: equal
// means give z 0, others an infinite one. kEmptyReference, kNoData, kNonFinite, kNoMoments without
// the reference's variance, kImplausible for a negative one.
Measured<Shift> mean_shift(const Moments& reference, const Moments& window);

struct Proportion {
  double hits = 0.0;
  double count = 0.0;
};

// The pooled two-proportion z. A pooled share of 0 or 1 gives z 0, p 1. kEmptyReference, kNoData,
// kNonFinite, kNegative, kImplausible for more hits than observations.
Measured<Shift> proportion_shift(const Proportion& reference, const Proportion& window);

// The same for "at most the reference's quantile": the bound whose CDF in the reference is nearest
// to `tau` (ties: the lower). kNoBins when there is no bound.
Measured<Shift> quantile_shift(const BinPair& bins, double tau);

// Both tails of the standard normal beyond |z|.
double two_sided_p(double z);

}  // namespace kaizen::stats
