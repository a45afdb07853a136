// Increase: what cumulative counters of one arm grew by between two instants, per process, without
// guessing (MP-5 … MP-8). Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/time.h"
#include "core/extensions.h"

namespace kaizen::ext::prometheus {

// The counters of one process (pod and instance), by name: "total" and "errors", or the text of a
// bucket's `le`. They start anew together.
struct Process {
  std::string pod;
  std::map<std::string, double, std::less<>> counters;
};

// One arm at one instant.
struct Picture {
  std::map<std::string, Process, std::less<>> processes;
  bool broken = false;        // a value was not a number: this instant has no data
  bool unclassified = false;  // a series does not tell whether it counts errors
};

inline constexpr std::string_view kTotal = "total";
inline constexpr std::string_view kErrors = "errors";

struct Tick {
  base::Time from;
  base::Time to;
  base::Duration scrape_interval;
};

struct Increase {
  bool present = false;  // a series exists at the later instant
  bool counted = false;  // at least one process was seen at both, or began in between
  bool whole = true;     // every counter is a whole number (MP-5)
  std::map<std::string, double, std::less<>> counters;

  double of(std::string_view name) const;  // 0 when absent (MP-8)
};

Increase increase(const Picture& before,
                  const Picture& after,
                  std::span<const core::PodFact> pods,
                  const Tick& tick);

}  // namespace kaizen::ext::prometheus
