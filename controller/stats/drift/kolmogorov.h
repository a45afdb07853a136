// Kolmogorov-Smirnov: the largest gap between two distribution functions and how often chance alone
// makes one as large (DR-68 to DR-70). For ordered bins only. Pure; any thread.
#pragma once

#include <span>

#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

struct Ks {
  double d = 0.0;           // in [0, 1]; over buckets a lower bound of the samples' D
  double d_adjusted = 0.0;  // less the rank error of a sketch
  double p_value = 1.0;     // of d_adjusted; ties and buckets make it conservative
};

// Over the finite bounds that both share. `rank_error`: of the sketch that the counts come from, as
// a share of the observations; 0 for counters (DR-70).
Ks ks_buckets(const BinPair& bins, double rank_error = 0.0);

// Over samples; NaN are dropped. kNoData when one side is empty then.
Measured<Ks> ks_samples(std::span<const double> reference, std::span<const double> window);

// P(K > lambda) of Kolmogorov's distribution; 1 below 0.2 (DR-69).
double kolmogorov_q(double lambda);

// DR-69: the asymptotic two-sample p-value with Stephens' correction.
double ks_p_value(double d, double reference_count, double window_count);

}  // namespace kaizen::stats
