#include "stats/drift/detectors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "stats/drift/chi_square.h"
#include "stats/drift/decision.h"
#include "stats/drift/divergence.h"
#include "stats/drift/histogram.h"
#include "stats/drift/kolmogorov.h"
#include "stats/drift/shift.h"
#include "stats/drift/unusable.h"
#include "stats/drift/wasserstein.h"

namespace kaizen::stats {

namespace {

constexpr double kMedian = 0.5;

struct Bars {
  double warn;
  double act;
};

constexpr Bars kNoBars{.warn = 0.0, .act = 0.0};
constexpr Bars kPsiBars{.warn = 0.10, .act = 0.25};       // DR-63
constexpr Bars kDistanceBars{.warn = 0.10, .act = 0.20};  // DR-65, DR-66, DR-67
constexpr Bars kStandardBars{.warn = 0.10, .act = 0.25};  // DR-73, DR-74: standard deviations

Severity beyond(double effect, const Bars& bars) {
  if (bars.act > 0.0 && effect >= bars.act) return Severity::kAct;
  return bars.warn > 0.0 && effect >= bars.warn ? Severity::kWarn : Severity::kNone;
}

Measured<BinPair> pair_of(const DistributionWindow& window) {
  return BinPair::of(window.reference, window.window);
}

Measured<Shown> measure_psi(const DistributionWindow& window, double alpha) {
  KAIZEN_TRY(const BinPair bins, pair_of(window));
  const Psi value = psi(bins);
  const double chance =
      psi_critical(bins.reference_total(), bins.window_total(), value.bins, alpha);
  const Bars bars{.warn = std::max(kPsiBars.warn, chance), .act = std::max(kPsiBars.act, chance)};
  return Shown{.statistic = value.psi,
               .p_value = value.p_value,
               .effect = value.psi,
               .severity = beyond(value.psi, bars)};
}

// A distance without a p-value.
template <double (*Distance)(const BinPair&)>
Measured<Shown> measure_distance(const DistributionWindow& window, double /*alpha*/) {
  KAIZEN_TRY(const BinPair bins, pair_of(window));
  const double value = Distance(bins);
  return Shown{.statistic = value,
               .p_value = std::nullopt,
               .effect = value,
               .severity = beyond(value, kDistanceBars)};
}

Measured<Shown> measure_kl(const DistributionWindow& window, double /*alpha*/) {
  KAIZEN_TRY(const BinPair bins, pair_of(window));
  const double value = kl(bins);
  return Shown{.statistic = value, .p_value = std::nullopt, .effect = value};
}

Measured<Shown> measure_ks(const DistributionWindow& window, double /*alpha*/) {
  KAIZEN_TRY(const BinPair bins, pair_of(window));
  const Ks value = ks_buckets(bins);
  return Shown{.statistic = value.d, .p_value = value.p_value, .effect = value.d};
}

Measured<Shown> measure_chi_square(const DistributionWindow& window, double /*alpha*/) {
  KAIZEN_TRY(const BinPair bins, pair_of(window));
  const ChiSquare value = chi_square(bins, window.ordered ? Scale::kOrdered : Scale::kCategorical);
  return Shown{.statistic = value.statistic, .p_value = value.p_value, .effect = value.cramers_v};
}

Measured<Shown> measure_wasserstein(const DistributionWindow& window, double /*alpha*/) {
  KAIZEN_TRY(const BinPair bins, pair_of(window));
  KAIZEN_TRY(const Wasserstein value, wasserstein_buckets(bins, window.bounds, window.range));
  if (value.truncated_mass > kMaxTruncatedMass) return Unusable::kOpenBucket;
  if (!window.reference_moments || !window.reference_moments->variance) return Unusable::kNoMoments;
  const double variance = *window.reference_moments->variance;
  if (!std::isfinite(variance)) return Unusable::kNonFinite;
  if (variance < 0.0) return Unusable::kImplausible;
  if (variance == 0.0) return Unusable::kConstantReference;
  const double effect = value.w1 / std::sqrt(variance);
  return Shown{.statistic = value.w1,
               .p_value = std::nullopt,
               .effect = effect,
               .severity = beyond(effect, kStandardBars)};
}

Measured<Shown> measure_mean_shift(const DistributionWindow& window, double alpha) {
  if (!window.reference_moments || !window.window_moments) return Unusable::kNoMoments;
  KAIZEN_TRY(const Shift value, mean_shift(*window.reference_moments, *window.window_moments));
  if (!value.effect && value.z != 0.0) return Unusable::kConstantReference;
  Shown shown{.statistic = value.z,
              .p_value = value.p_value,
              .effect = std::abs(value.effect.value_or(0.0))};
  if (value.p_value <= alpha) shown.severity = beyond(shown.effect, kStandardBars);
  return shown;
}

Measured<Shown> measure_median_shift(const DistributionWindow& window, double /*alpha*/) {
  KAIZEN_TRY(const BinPair bins, pair_of(window));
  KAIZEN_TRY(const Shift value, quantile_shift(bins, kMedian));
  return Shown{.statistic = value.z,
               .p_value = value.p_value,
               .effect = std::abs(value.effect.value_or(0.0))};
}

constexpr std::array<ShownDetector, 11> kDetectors = {{
    {"PSI", Needs::kBins, kPsiBars.warn, kPsiBars.act, measure_psi},
    {"KL", Needs::kBins, kNoBars.warn, kNoBars.act, measure_kl},
    {"JS", Needs::kBins, kDistanceBars.warn, kDistanceBars.act, measure_distance<js_distance>},
    {"Hellinger", Needs::kBins, kDistanceBars.warn, kDistanceBars.act, measure_distance<hellinger>},
    {"TotalVariation", Needs::kBins, kDistanceBars.warn, kDistanceBars.act,
     measure_distance<total_variation>},
    {"LInfinity", Needs::kBins, kDistanceBars.warn, kDistanceBars.act,
     measure_distance<l_infinity>},
    {"KS", Needs::kOrderedBins, kNoBars.warn, kNoBars.act, measure_ks},
    {"ChiSquare", Needs::kBins, kNoBars.warn, kNoBars.act, measure_chi_square},
    {"Wasserstein", Needs::kOrderedBins, kStandardBars.warn, kStandardBars.act,
     measure_wasserstein},
    {"MeanShift", Needs::kMoments, kStandardBars.warn, kStandardBars.act, measure_mean_shift},
    {"QuantileShift", Needs::kOrderedBins, kNoBars.warn, kNoBars.act, measure_median_shift},
}};

}  // namespace

std::span<const ShownDetector> shown_detectors() {
  return kDetectors;
}

const ShownDetector* shown_detector(std::string_view name) {
  const auto* const at =
      std::find_if(kDetectors.begin(), kDetectors.end(),
                   [&](const ShownDetector& detector) { return detector.name == name; });
  return at == kDetectors.end() ? nullptr : at;
}

bool is_capable(const ShownDetector& detector, bool bins, bool ordered, bool moments) {
  switch (detector.needs) {
    case Needs::kBins: return bins;
    case Needs::kOrderedBins: return bins && ordered;
    case Needs::kMoments: return moments;
  }
  return false;
}

}  // namespace kaizen::stats
