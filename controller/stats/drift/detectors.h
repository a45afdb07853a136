// The detectors of one window that are computed and shown beside the one that decides (DR-61 to
// DR-75): a name, what it needs, and a function. Their verdicts are advice with fixed limits; none
// has a stated error rate over time (DR-97). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "stats/drift/decision.h"
#include "stats/drift/shift.h"
#include "stats/drift/unusable.h"
#include "stats/drift/wasserstein.h"

namespace kaizen::stats {

// What is known about one check: its reference and its window. What a source does not give is
// empty.
struct DistributionWindow {
  // Counts of the same bins, in the order of `bounds`; a category's bins have no order.
  std::span<const double> reference;
  std::span<const double> window;
  bool ordered = false;            // bins of a number
  std::span<const double> bounds;  // one fewer than the bins; ordered only
  Range range;                     // of the reference
  std::optional<Moments> reference_moments = std::nullopt;
  std::optional<Moments> window_moments = std::nullopt;  // the variance may be missing (DR-74)
};

// DR-61: what a detector reads. A source that lacks it cannot have that detector.
enum class Needs : uint8_t {
  kBins,         // buckets or category counters
  kOrderedBins,  // buckets
  kMoments,      // _sum and _count
};

struct Shown {
  double statistic = 0.0;
  std::optional<double> p_value = std::nullopt;
  double effect = 0.0;                  // the size of the shift, whatever the counts are
  Severity severity = Severity::kNone;  // by the limits below; kNone also where there are none
};

struct ShownDetector {
  std::string_view name;  // as in spec: "PSI"
  Needs needs = Needs::kBins;
  // Limits of `effect`: act needs at least `act`, warn at least `warn`; 0: none. PSI and MeanShift
  // ask for chance as well: PSI's limit is at least its critical value at `alpha` (DR-63),
  // MeanShift's p-value at most `alpha` (DR-74).
  double warn = 0.0;
  double act = 0.0;
  // `alpha` in (0, 1) is `decision.alpha`. Unusable: DR-60's list and what the detector adds.
  Measured<Shown> (*measure)(const DistributionWindow&, double alpha) = nullptr;
};

// PSI, KL, JS, Hellinger, TotalVariation, LInfinity, KS, ChiSquare, Wasserstein, MeanShift,
// QuantileShift (of the median).
std::span<const ShownDetector> shown_detectors();

// nullptr: there is none of that name.
const ShownDetector* shown_detector(std::string_view name);

// Does a source that gives these have what the detector reads? `bins`: buckets or category
// counters.
bool is_capable(const ShownDetector& detector, bool bins, bool ordered, bool moments);

}  // namespace kaizen::stats
