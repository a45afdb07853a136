// Fairness: how far apart the best and the worst treated group are (DR-100, DR-101). Pure; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "stats/drift/unusable.h"

namespace kaizen::stats {

struct Group {
  std::string_view name;
  double favourable = 0.0;
  double count = 0.0;
};

struct Fairness {
  size_t highest = 0;  // indexes of the input
  size_t lowest = 0;
  double difference = 0.0;  // of both groups' rates, >= 0
  // Newcombe's hybrid score interval of the two, 95 %. It ignores that they were chosen as
  // extremes.
  double difference_low = 0.0;
  double difference_high = 0.0;
  std::optional<double> ratio;  // lowest / highest; nullopt: nobody is favoured
  bool four_fifths_pass = true;
  std::vector<size_t> too_small;  // below the minimum: insufficient, never fair
};

// Groups of at least `min_count` observations (one at least) are compared. Of equal rates the
// highest is the last name and the lowest the first. kNoData without a group that is large enough,
// kOneGroup with one, kNonFinite, kNegative, kImplausible for more favourable than all.
Measured<Fairness> fairness(std::span<const Group> groups, double min_count);

enum class FairnessRule : uint8_t {
  kDifference,  // demographic parity and, on counters of truly positive cases, equal opportunity
  kRatio,       // four fifths
};

struct FairnessLimits {
  FairnessRule rule = FairnessRule::kDifference;
  double max_difference = 0.10;
  double min_ratio = 0.80;
};

// DR-101, one window: the limit is crossed (a ratio of exactly the limit passes) and the interval
// excludes equality. Two such windows in a row are a verdict.
bool is_unfair(const Fairness& measured, const FairnessLimits& limits);

}  // namespace kaizen::stats
