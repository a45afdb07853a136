// Divergences between the bins of a reference and those of a window (DR-62 to DR-67). They say how
// far apart two distributions look, not whether it could be chance; PSI says both. None depends on
// the order of the bins. Pure; any thread.
#pragma once

#include <cstddef>

#include "stats/drift/histogram.h"

namespace kaizen::stats {

struct Psi {
  double psi = 0.0;      // nats, >= 0
  size_t bins = 0;       // that hold anything
  size_t df = 0;         // bins - 1
  double scale = 0.0;    // 1/n_a + 1/n_b
  double p_value = 1.0;  // of PSI / scale under chi-square with df: how often no drift looks so
};

// Population stability index over Jeffreys-smoothed shares: each bin that either side fills gets
// half an observation (DR-62, DR-63).
Psi psi(const BinPair& bins);

// The PSI that no drift exceeds with probability `alpha`; 0 for one bin.
double psi_critical(double reference_count, double window_count, size_t bins, double alpha);

// Kullback-Leibler divergence of the window from the reference in nats, smoothed as PSI (DR-64).
double kl(const BinPair& bins);

// Jensen-Shannon distance to base 2, unsmoothed, in [0, 1] (DR-65).
double js_distance(const BinPair& bins);

// Hellinger distance, unsmoothed, in [0, 1] (DR-66).
double hellinger(const BinPair& bins);

// Half the sum, and the largest, of |p - q| (DR-67).
double total_variation(const BinPair& bins);
double l_infinity(const BinPair& bins);

// P(X > statistic) of a chi-square variable; df = 0: 1.
double chi_square_tail(double statistic, size_t df);

}  // namespace kaizen::stats
