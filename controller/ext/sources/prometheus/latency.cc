#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/duration.h"
#include "base/number.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "ext/sources/prometheus/increase_internal.h"
#include "ext/sources/prometheus/latency_internal.h"

namespace kaizen::ext::prometheus {
namespace {

constexpr std::string_view kInfinity = "+Inf";
constexpr double kRepairLimit = 0.01;  // MP-13: of the requests of the tick

using Buckets = std::map<double, double>;  // boundary, cumulative count of the tick

double boundary_of(const std::string& text) {
  if (text == kInfinity) return std::numeric_limits<double>::infinity();
  const std::optional<double> value = base::parse_decimal(text);
  KAIZEN_CHECK(value.has_value(), "pictures hold boundaries in the form of boundary_text()");
  return *value;
}

Buckets buckets_of(const Increase& increase) {
  Buckets buckets;
  for (const auto& [name, count] : increase.counters) buckets[boundary_of(name)] += count;
  return buckets;
}

// MP-13: cumulative counts do not fall. What is raised to make them so, as a share of all requests.
double repair(Buckets* buckets) {
  double raised = 0;
  double highest = 0;
  for (auto& [boundary, count] : *buckets) {
    raised += std::max(0.0, highest - count);
    highest = std::max(highest, count);
    count = highest;
  }
  return highest > 0 ? raised / highest : 0;
}

std::vector<double> finite_boundaries(const Buckets& buckets) {
  std::vector<double> finite;
  for (const auto& [boundary, count] : buckets) {
    if (std::isfinite(boundary)) finite.push_back(boundary);
  }
  return finite;
}

core::Counts counts_of(const Buckets& buckets, double boundary) {
  const int64_t all = std::llround(buckets.rbegin()->second);
  return {.n = all, .bad = all - std::llround(buckets.at(boundary))};
}

Slow problem(std::string_view reason, std::string message) {
  Slow slow;
  slow.reason = reason;
  slow.message = std::move(message);
  return slow;
}

// Buckets of one arm, repaired; a Slow with a reason when they cannot be used.
std::optional<Slow> read_arm(const LatencyInput& input,
                             const Increase& increase,
                             std::string_view arm,
                             Buckets* out) {
  *out = buckets_of(increase);
  if (out->empty() || std::isfinite(out->rbegin()->first)) {
    return problem(core::reason::kQueryFailed,
                   base::concat({input.metric, " of ", arm,
                                 " has no bucket le=\"+Inf\"; the exporter is not a histogram"}));
  }
  const double repaired = repair(out);
  if (repaired <= kRepairLimit) return std::nullopt;
  return problem(core::reason::kBucketsNotMonotone,
                 base::concat({"buckets of ", input.metric, " of ", arm, " fall with growing le (",
                               base::format_percent(repaired),
                               " of the requests); the tick is dropped, look at the exporter"}));
}

}  // namespace

std::optional<std::string> boundary_text(std::string_view le) {
  if (le == kInfinity || le == "Inf") return std::string(kInfinity);
  const std::optional<double> value = base::parse_decimal(le);
  if (!value) return std::nullopt;
  return base::format_decimal(*value, 17);  // digits enough for every double
}

Slow count_slow(const LatencyInput& input) {
  Buckets stable;
  Buckets canary;
  if (input.stable != nullptr) {
    if (auto bad = read_arm(input, *input.stable, "stable", &stable)) return *std::move(bad);
  }
  if (input.canary != nullptr) {
    if (auto bad = read_arm(input, *input.canary, "canary", &canary)) return *std::move(bad);
  }
  std::vector<double> common = finite_boundaries(input.stable != nullptr ? stable : canary);
  if (input.stable != nullptr && input.canary != nullptr) {
    std::erase_if(common, [&](double boundary) { return !canary.contains(boundary); });
  }
  if (common.empty()) {
    return problem(core::reason::kQueryFailed,
                   base::concat({"the arms have no bucket boundary of ", input.metric,
                                 " in common; let both revisions use the same buckets"}));
  }
  const double threshold =
      static_cast<double>(input.threshold.count()) / 1e6 * input.units_per_second;
  // The same number written with other units must not miss its boundary by one rounding.
  const auto used = std::ranges::lower_bound(common, threshold * (1 - 1e-9));
  if (used == common.end()) {
    return problem(core::reason::kThresholdAboveBuckets,
                   base::concat({"the latency threshold ", base::format_duration(input.threshold),
                                 " is above the last bucket of ", input.metric, ", ",
                                 base::format_decimal(common.back()),
                                 "; lower the threshold or add buckets"}));
  }
  Slow slow;
  slow.boundary = base::Duration(std::llround(*used / input.units_per_second * 1e6));
  if (input.stable != nullptr) slow.stable = counts_of(stable, *used);
  if (input.canary != nullptr) slow.canary = counts_of(canary, *used);
  return slow;
}

}  // namespace kaizen::ext::prometheus
