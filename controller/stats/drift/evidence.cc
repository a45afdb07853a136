#include "stats/drift/evidence.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "stats/drift/unusable.h"
#include "stats/numerics.h"

namespace kaizen::stats {

namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

// `increase` errs by about one scrape interval and a window holds at least 20 of them (DR-42), so
// two counters of the same requests may disagree by that much. When all of them are bad, "more bad
// than all" must not read as no data.
constexpr double kExcess = 1.05;

// Keeps a stored value inside float32; evidence of exp(1e30) is never told apart from more.
constexpr double kMaxStored = 1e30;

constexpr double kSmallestP = 1e-12;            // DR-86
constexpr double kSmallestPerformance = 0.005;  // DR-87: tolerance and bet of rare events
constexpr double kPerformanceTolerance = 0.25;  // ... of the baseline
constexpr double kPerformanceBet = 0.5;         // ... of the baseline
constexpr double kVarianceOfCap = 0.25;         // DR-87: `cap` is meant for a rate of one half
constexpr size_t kMaxEvents = std::numeric_limits<uint16_t>::max();

// DR-81. nullopt: no room to bet.
std::optional<Component> component(uint16_t event, Side side, double null_rate, double eta) {
  if (null_rate >= kUntestable) return std::nullopt;
  const double m = std::max(null_rate, kEpsilon);
  const double p1 = m + std::min(eta, (1.0 - m) / 2.0);
  return Component{.event = event,
                   .side = side,
                   .null_rate = m,
                   .bet_rate = p1,
                   .log_hit = std::log(p1 / m),
                   .log_miss = std::log((1.0 - p1) / (1.0 - m))};
}

// The largest rate of an event that is no drift: its rate, the tolerance, and what the reference's
// own sampling may have missed.
double null_rate(double g, double delta, double sampling_z, double reference_count) {
  return g + delta + sampling_z * std::sqrt(std::max(g * (1.0 - g), 0.0) / reference_count);
}

DriftNull bad_rate_null(double baseline,
                        double m,
                        const Sensitivity& sensitivity,
                        const PerformanceTerms& terms) {
  DriftNull null{.probabilities = {baseline},
                 .components = {},
                 .delta = sensitivity.delta,
                 .eta = sensitivity.eta,
                 .cap = terms.cap,
                 .design_effect = terms.design_effect,
                 .accumulation = terms.accumulation,
                 .effect = EffectKind::kIncrease};
  if (const std::optional<Component> bad = component(0, Side::kMore, m, sensitivity.eta)) {
    null.components.push_back(*bad);
    null.cap = terms.cap * kVarianceOfCap / (bad->null_rate * (1.0 - bad->null_rate));
  }
  return null;
}

bool is_rate(double value) {
  return value >= 0.0 && value <= 1.0;
}

Reading reading_of(const WindowCounts& window) {
  if (!std::isfinite(window.n) || window.n < 0.0) return Reading::kImplausible;
  bool any = false;
  for (const double k : window.k) {
    if (std::isnan(k)) continue;  // the window lacks this cut point
    if (k < 0.0 || k > window.n * kExcess) return Reading::kImplausible;
    any = true;
  }
  return window.n > 0.0 && any ? Reading::kEvaluated : Reading::kNoData;
}

double effect_of(const WindowCounts& window, const DriftNull& null) {
  double largest = 0.0;
  for (size_t i = 0; i < window.k.size(); ++i) {
    if (std::isnan(window.k[i])) continue;
    const double gap = std::min(window.k[i] / window.n, 1.0) - null.probabilities[i];
    switch (null.effect) {
      case EffectKind::kGap: largest = std::max(largest, std::abs(gap)); break;
      case EffectKind::kIncrease: largest = std::max(largest, gap); break;
    }
  }
  return largest;
}

double as_stored(double log_wealth) {
  if (log_wealth == kNone) return kNone;
  return static_cast<double>(static_cast<float>(std::clamp(log_wealth, -kMaxStored, kMaxStored)));
}

// ln(1 + e^x)
double log_one_plus_exp(double x) {
  return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

}  // namespace

Measured<DriftNull> event_null(std::span<const double> probabilities,
                               double reference_count,
                               const NullTerms& terms) {
  if (probabilities.empty() || probabilities.size() > kMaxEvents) return Unusable::kNoBins;
  for (const double g : probabilities) {
    if (!std::isfinite(g)) return Unusable::kNonFinite;
    if (!is_rate(g)) return Unusable::kImplausible;
  }
  if (!std::isfinite(reference_count)) return Unusable::kNonFinite;
  if (reference_count <= 0.0) return Unusable::kEmptyReference;
  DriftNull null{.probabilities = {probabilities.begin(), probabilities.end()},
                 .components = {},
                 .delta = terms.delta,
                 .eta = terms.eta,
                 .cap = terms.cap,
                 .design_effect = terms.design_effect,
                 .accumulation = terms.accumulation,
                 .effect = EffectKind::kGap};
  for (size_t i = 0; i < probabilities.size(); ++i) {
    for (const Side side : {Side::kMore, Side::kLess}) {
      const double g = side == Side::kMore ? probabilities[i] : 1.0 - probabilities[i];
      const double m = null_rate(g, terms.delta, terms.reference_z, reference_count);
      const auto bet = component(static_cast<uint16_t>(i), side, m, terms.eta);
      if (bet) null.components.push_back(*bet);
    }
  }
  return null;
}

Measured<DriftNull> performance_null(double baseline,
                                     std::optional<double> reference_count,
                                     const PerformanceTerms& terms) {
  if (!std::isfinite(baseline)) return Unusable::kNonFinite;
  if (!is_rate(baseline)) return Unusable::kImplausible;
  if (reference_count && !std::isfinite(*reference_count)) return Unusable::kNonFinite;
  if (reference_count && *reference_count <= 0.0) return Unusable::kEmptyReference;
  const double delta =
      terms.delta.value_or(std::max(kSmallestPerformance, kPerformanceTolerance * baseline));
  const double eta = terms.eta.value_or(std::max(kSmallestPerformance, kPerformanceBet * baseline));
  const double m = reference_count ? null_rate(baseline, delta, terms.reference_z, *reference_count)
                                   : baseline + delta;
  return bad_rate_null(baseline, m, {.delta = delta, .eta = eta}, terms);
}

Measured<DriftNull> quality_null(double maximum, const PerformanceTerms& terms) {
  if (!std::isfinite(maximum)) return Unusable::kNonFinite;
  if (!is_rate(maximum)) return Unusable::kImplausible;
  const double eta = terms.eta.value_or(std::max(kSmallestPerformance, kPerformanceBet * maximum));
  return bad_rate_null(maximum, maximum, {.delta = 0.0, .eta = eta}, terms);
}

std::vector<double> fresh_state(const DriftNull& null) {
  return std::vector<double>(null.components.size(), kNone);
}

Updated update(std::vector<double> state, const WindowCounts& window, const DriftNull& null) {
  KAIZEN_CHECK(state.size() == null.components.size(), "a state has one entry per component");
  KAIZEN_CHECK(window.k.size() == null.probabilities.size(), "a window counts each event");
  Updated result{.state = std::move(state), .reading = reading_of(window)};
  if (result.reading == Reading::kEvaluated) {
    result.effect = effect_of(window, null);
    accumulate(result.state, window, null);
    for (double& log_wealth : result.state) log_wealth = as_stored(log_wealth);
    if (null.components.empty()) result.reading = Reading::kNothingTestable;
  }
  result.log_evidence = log_evidence(result.state);
  return result;
}

void accumulate(std::span<double> state, const WindowCounts& window, const DriftNull& null) {
  if (!(window.n > 0.0)) return;
  const double t = std::min(1.0 / null.design_effect, null.cap / window.n);
  for (size_t i = 0; i < state.size(); ++i) {
    const Component& bet = null.components[i];
    const double counted = window.k[bet.event];
    if (std::isnan(counted)) {
      state[i] = kNone;
      continue;
    }
    const double hits = std::min(counted, window.n);
    const double k = bet.side == Side::kMore ? hits : window.n - hits;
    const double log_e = t * (k * bet.log_hit + (window.n - k) * bet.log_miss);
    state[i] = accumulated(state[i], log_e, null.accumulation);
  }
}

double accumulated(double log_wealth, double log_e, Accumulation accumulation) {
  switch (accumulation) {
    case Accumulation::kShiryaevRoberts: return log_e + log_one_plus_exp(log_wealth);
    case Accumulation::kCusum: return log_e + std::max(log_wealth, 0.0);
  }
  return kNone;
}

double log_evidence(std::span<const double> state) {
  if (state.empty()) return kNone;
  return log_sum_exp(state) - std::log(static_cast<double>(state.size()));
}

bool is_at_rest(std::span<const double> state, Accumulation accumulation) {
  switch (accumulation) {
    case Accumulation::kShiryaevRoberts: return log_evidence(state) <= 0.0;
    case Accumulation::kCusum:
      return std::all_of(state.begin(), state.end(), [](double value) { return value <= 0.0; });
  }
  return true;
}

double log_e_of_score(double score, double m, double c) {
  KAIZEN_CHECK(m > 0.0 && m < 1.0 && c > 0.0 && c < 1.0, "the bet on a score is a fraction");
  return std::log1p(c / m * (std::clamp(score, 0.0, 1.0) - m));
}

double e_of_p(double p, double kappa) {
  KAIZEN_CHECK(kappa > 0.0 && kappa < 1.0, "the exponent lies strictly between 0 and 1");
  return kappa * std::pow(std::max(p, kSmallestP), kappa - 1.0);
}

}  // namespace kaizen::stats
