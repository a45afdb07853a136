// Bounds: how far the challenger is from the champion, and where one model stands, with one-sided
// bounds at a level alpha each (GT-10, GT-11, GT-13, GT-16, GT-17). Every kind of evidence a result
// can carry is a struct here; what is not evidence (NaN, more hits than examples) is refused with
// the name of the field (GT-20). Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace kaizen::stats::gate {

inline constexpr int64_t kFewestBlocks = 20;   // GT-11: below it, t does not hold
inline constexpr int64_t kFewestMoments = 30;  // GT-13: the mean is not normal yet

// Each end holds with probability 1 - alpha on its own.
struct Bounds {
  double estimate = 0.0;
  double lower = 0.0;
  double upper = 0.0;

  bool operator==(const Bounds&) const = default;
};

// Why there are no bounds.
struct Unbounded {
  enum class Why : uint8_t {
    kMalformed,  // the document is wrong (GT-20): nothing may be concluded from it
    kTooSmall,   // there is too little to conclude from (GT-8)
  };

  Why why = Why::kMalformed;
  std::string field;    // "b + c", "blocks[3].denA": as a result names it (RS-10)
  std::string message;  // "blocks[3].denA: -1 is below 0"

  bool operator==(const Unbounded&) const = default;
};

template <class T>
using Bounded = base::Result<T, Unbounded>;

// n examples; on b only the champion is right, on c only the challenger.
struct PairedCounts {
  int64_t n = 0;
  int64_t b = 0;
  int64_t c = 0;

  bool operator==(const PairedCounts&) const = default;
};

// One independent cluster (patient, wafer lot, day): a metric that is a ratio of sums, of both
// models. A: champion, B: challenger.
struct Block {
  double num_a = 0.0;
  double den_a = 0.0;
  double num_b = 0.0;
  double den_b = 0.0;

  bool operator==(const Block&) const = default;
};

using Blocks = std::vector<Block>;

// Of n numbers. In a comparison: of the differences challenger - champion, per example.
struct Moments {
  int64_t n = 0;
  double mean = 0.0;
  double variance = 0.0;  // with n - 1

  bool operator==(const Moments&) const = default;
};

// k of n examples are right.
struct Hits {
  int64_t k = 0;
  int64_t n = 0;

  bool operator==(const Hits&) const = default;
};

// Different examples, or nobody kept which were the same.
struct UnpairedCounts {
  Hits champion;
  Hits challenger;

  bool operator==(const UnpairedCounts&) const = default;
};

// What a comparison rests on; none: on two numbers without bounds (RS-12).
using Evidence = std::variant<std::monostate, PairedCounts, Blocks, Moments, UnpairedCounts>;

// Challenger - champion. Agresti and Min, "Simple improved confidence intervals for comparing
// matched proportions", Statistics in Medicine 24 (2005): half an example is added to each of the
// four cells (GT-10). kTooSmall for n = 0.
Bounded<Bounds> difference(const PairedCounts& counts, double alpha);

// Difference of two ratios of sums, linearised per cluster (Cochran, "Sampling Techniques", 1977,
// section 6.3), with Student's t (GT-11). kTooSmall for fewer than kFewestBlocks, and for
// denominators that sum to 0.
Bounded<Bounds> difference(const Blocks& blocks, double alpha);

// The mean with Student's t (GT-13). kTooSmall for fewer than kFewestMoments.
Bounded<Bounds> difference(const Moments& moments, double alpha);

// Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
// Medicine 17 (1998), method 10: Wilson's intervals, joined (GT-13). kTooSmall for an empty arm.
Bounded<Bounds> difference(const UnpairedCounts& counts, double alpha);

// As the alternative that is held; kTooSmall for none.
Bounded<Bounds> difference(const Evidence& evidence, double alpha);

// ln(challenger / champion) of two shares, from the delta method (GT-16). kTooSmall for a share of
// 0, for an empty arm, and for two shares of 1, whose variance nobody knows.
Bounded<Bounds> log_ratio(const UnpairedCounts& counts, double alpha);

// A share. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
// (1927) (GT-13, GT-17). kTooSmall for n = 0.
Bounded<Bounds> level(const Hits& hits, double alpha);

// The challenger's ratio of sums, as `difference` of blocks; the champion's columns do not matter.
Bounded<Bounds> level(const Blocks& blocks, double alpha);

// A mean; `moments` are those of the values themselves.
Bounded<Bounds> level(const Moments& moments, double alpha);

// GT-20 alone: the error that the functions above give, kMalformed only.
base::Result<base::Unit, Unbounded> plausible(const Evidence& evidence);
base::Result<base::Unit, Unbounded> plausible(const Hits& hits,
                                              std::string_view k_name,
                                              std::string_view n_name);

}  // namespace kaizen::stats::gate
