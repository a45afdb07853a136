// Unusable: why a comparison of counts has no value. These are outcomes of data from outside, never
// a number and never an alarm (DR-60). Plain values, any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace kaizen::stats {

// DR-60's order: the first that applies is told.
enum class Unusable : uint8_t {
  kBinMismatch,        // reference and window have not the same number of bins
  kNoBins,             // nothing to compare
  kNonFinite,          // NaN or an infinity among the inputs, or a sum beyond double
  kNegative,           // a count below 0
  kEmptyReference,     // the reference holds no observation
  kNoData,             // the window holds no observation
  kNoInfBucket,        // DR-41: cumulative counts that do not end in +Inf
  kOpenBucket,         // DR-73: more than 5 % of the mass lies in an end bucket of unknown width
  kConstantReference,  // DR-73, DR-74: the reference does not vary: nothing to scale a shift by
  kNoMoments,          // DR-61: mean and variance are asked for and not known
  kImplausible,        // more favourable than all, a moment that cannot be
  kOneGroup,           // DR-101: fewer than two groups are large enough
};

// "BinMismatch": the reason a status shows.
std::string_view to_string(Unusable unusable);

template <class T>
using Measured = base::Result<T, Unusable>;

}  // namespace kaizen::stats
