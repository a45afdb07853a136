// Chi-square: are the counts of a reference and a window drawn alike (DR-71, DR-72)? Pure; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stats/drift/histogram.h"

namespace kaizen::stats {

enum class Scale : uint8_t {
  kOrdered,      // bins of a number: small ones join their neighbours
  kCategorical,  // small ones join `other`
};

struct ChiSquare {
  double statistic = 0.0;
  size_t df = 0;
  double p_value = 1.0;
  double cramers_v = 0.0;  // the effect: sqrt(statistic / (n_a + n_b))
  size_t bins = 1;         // after pooling; with one there is nothing to tell apart
};

// Two-sample homogeneity without continuity correction, after pooling.
ChiSquare chi_square(const BinPair& bins, Scale scale);

struct Pooled {
  std::vector<double> reference;
  std::vector<double> window;
};

// DR-72: until min(n_a, n_b) * (a_i + b_i) / (n_a + n_b), the smaller expected count of each bin,
// is at least 5. kOrdered: left to right, the remainder joins the last bin. kCategorical: all small
// ones become one bin at the end; if that is still small it joins the smallest kept one (ties: the
// first).
Pooled pooled(const BinPair& bins, Scale scale);

}  // namespace kaizen::stats
