// Latency: how many requests of a tick were slower than a threshold, from cumulative buckets
// (MP-13, MP-15, MP-16). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/increase_internal.h"

namespace kaizen::ext::prometheus {

// `le` as a number has one text: "1", "1.0" and "1e0" are the same boundary. nullopt: not a number.
std::optional<std::string> boundary_text(std::string_view le);

struct Slow {
  std::string_view reason;  // empty: counted; else a reason of MetricsAvailable
  std::string message;
  base::Duration boundary{};  // really used: the first at or above the threshold (MP-15)
  std::optional<core::Counts> stable;
  std::optional<core::Counts> canary;
};

// The arms' increases by bucket; null: that arm is not asked. `metric` is for messages,
// `units_per_second` that of `le`.
struct LatencyInput {
  const Increase* stable = nullptr;
  const Increase* canary = nullptr;
  base::Duration threshold{};
  double units_per_second = 1;
  std::string_view metric;
};

Slow count_slow(const LatencyInput& input);

}  // namespace kaizen::ext::prometheus
