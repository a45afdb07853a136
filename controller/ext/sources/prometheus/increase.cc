#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/time.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/increase_internal.h"

namespace kaizen::ext::prometheus {
namespace {

double value_of(const Process& process, std::string_view name) {
  const auto found = process.counters.find(name);
  return found == process.counters.end() ? 0 : found->second;
}

const core::PodFact* fact_of(std::span<const core::PodFact> pods, const std::string& name) {
  const auto found = std::ranges::find(pods, name, &core::PodFact::name);
  return name.empty() || found == pods.end() ? nullptr : &*found;
}

// MP-7. A start is in the samples one scrape later, so the span that is looked at lags by as much;
// ticks that follow each other then cover every start once.
bool restarted(const core::PodFact* pod, const Tick& tick) {
  if (pod == nullptr || !pod->restarted) return false;
  const base::Time seen = *pod->restarted + tick.scrape_interval;
  return seen > tick.from && seen <= tick.to;
}

// A counter that fell began anew, and so did the others of its process.
bool has_fallen(const Process& before, const Process& after) {
  return std::ranges::any_of(after.counters, [&](const auto& counter) {
    return counter.second < value_of(before, counter.first);
  });
}

bool is_whole(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53 (ST-18)
  return value < kExact && value == std::floor(value);
}

void add(const Process& after, const Process* base_line, Increase* out) {
  out->counted = true;
  for (const auto& [name, value] : after.counters) {
    out->counters[name] += base_line == nullptr ? value : value - value_of(*base_line, name);
  }
}

}  // namespace

double Increase::of(std::string_view name) const {
  const auto found = counters.find(name);
  return found == counters.end() ? 0 : found->second;
}

Increase increase(const Picture& before,
                  const Picture& after,
                  std::span<const core::PodFact> pods,
                  const Tick& tick) {
  Increase out;
  for (const auto& [key, process] : after.processes) {
    out.present = true;
    for (const auto& [name, value] : process.counters) {
      out.whole = out.whole && is_whole(value);
      out.counters.try_emplace(name, 0);
    }
    const core::PodFact* pod = fact_of(pods, process.pod);
    const auto earlier = before.processes.find(key);
    if (earlier == before.processes.end()) {
      // MP-6: whoever began in this tick counted all of it from 0; of others the past is unknown.
      if (pod != nullptr && pod->created > tick.from) add(process, nullptr, &out);
      continue;
    }
    const bool anew = restarted(pod, tick) || has_fallen(earlier->second, process);
    add(process, anew ? nullptr : &earlier->second, &out);
  }
  return out;
}

}  // namespace kaizen::ext::prometheus
