#include "base/backoff.h"

#include <algorithm>
#include <cstdint>

#include "base/duration.h"

namespace kaizen::base {

Duration backoff(const BackoffPolicy& policy, int64_t failures) {
  Duration span = policy.first;
  for (int64_t i = 0; i < failures && span < policy.cap; ++i) {
    span = span > policy.cap / 2 ? policy.cap : span * 2;
  }
  return std::min(span, policy.cap);
}

Duration full_jitter(Duration span, double unit) {
  const auto us = static_cast<int64_t>(static_cast<double>(span.count()) * (1.0 - unit));
  return Duration(std::max<int64_t>(1, us));
}

Duration stable_jitter(Duration span, double share, uint64_t hash) {
  const double unit = static_cast<double>(hash >> 11U) * 0x1.0p-53;  // [0, 1)
  const double factor = 1.0 + share * (2.0 * unit - 1.0);
  return Duration(static_cast<int64_t>(static_cast<double>(span.count()) * factor));
}

}  // namespace kaizen::base
