// Multiple testing: which of many checks drifted, at one stated level (DR-90, DR-91). Pure; any
// thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kaizen::stats {

struct Adjusted {
  std::vector<double> p;       // adjusted, in the order of the input
  std::vector<bool> rejected;  // p <= level
};

// Benjamini and Hochberg's step-up: bounds the expected share of false rejections of one window,
// for p-values that are independent or positively dependent. Not over time (DR-90).
Adjusted benjamini_hochberg(std::span<const double> p, double level);

// Bounds the chance of any false rejection of one window, whatever the dependence.
Adjusted bonferroni(std::span<const double> p, double level);

struct EBh {
  size_t k = 0;                // rejections
  std::vector<bool> rejected;  // in the order of the input
};

// e-BH (Wang, Ramdas, "False discovery rate control with e-values", 2022): with e sorted downwards,
// k = max{k : k * e_(k) >= K / level}, the top k are rejected (ties: the first). Valid under any
// dependence. Takes ln e: evidence outgrows a double; -infinity is e = 0.
EBh e_bh(std::span<const double> log_e, double level);

}  // namespace kaizen::stats
