#include "stats/drift/shift.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

namespace {

std::optional<Unusable> trouble_of(const Moments& reference, const Moments& window) {
  if (!std::isfinite(reference.count + reference.mean + window.count + window.mean) ||
      !std::isfinite(reference.variance.value_or(0.0) + window.variance.value_or(0.0))) {
    return Unusable::kNonFinite;
  }
  if (reference.count < 0.0 || window.count < 0.0) return Unusable::kNegative;
  if (reference.count <= 0.0) return Unusable::kEmptyReference;
  if (window.count <= 0.0) return Unusable::kNoData;
  if (!reference.variance) return Unusable::kNoMoments;
  if (*reference.variance < 0.0 || window.variance.value_or(0.0) < 0.0) {
    return Unusable::kImplausible;
  }
  return std::nullopt;
}

std::optional<Unusable> trouble_of(const Proportion& reference, const Proportion& window) {
  if (!std::isfinite(reference.hits + reference.count + window.hits + window.count)) {
    return Unusable::kNonFinite;
  }
  if (reference.hits < 0.0 || reference.count < 0.0 || window.hits < 0.0 || window.count < 0.0) {
    return Unusable::kNegative;
  }
  if (reference.count <= 0.0) return Unusable::kEmptyReference;
  if (window.count <= 0.0) return Unusable::kNoData;
  if (reference.hits > reference.count || window.hits > window.count) {
    return Unusable::kImplausible;
  }
  return std::nullopt;
}

Shift without_variance(double shift) {
  if (shift == 0.0) return {};
  return {.z = std::copysign(std::numeric_limits<double>::infinity(), shift),
          .p_value = 0.0,
          .effect = std::nullopt};
}

}  // namespace

Measured<Shift> mean_shift(const Moments& reference, const Moments& window) {
  if (const auto trouble = trouble_of(reference, window)) return *trouble;
  const double v_a = *reference.variance;
  const double v_b = window.variance.value_or(v_a);
  const double shift = window.mean - reference.mean;
  const double error = v_a / reference.count + v_b / window.count;
  if (error == 0.0) return without_variance(shift);
  const double z = shift / std::sqrt(error);
  Shift result{.z = z, .p_value = two_sided_p(z), .effect = std::nullopt};
  if (v_a > 0.0) result.effect = shift / std::sqrt(v_a);
  return result;
}

Measured<Shift> proportion_shift(const Proportion& reference, const Proportion& window) {
  if (const auto trouble = trouble_of(reference, window)) return *trouble;
  const double pooled = (reference.hits + window.hits) / (reference.count + window.count);
  if (pooled <= 0.0 || pooled >= 1.0) return Shift{.z = 0.0, .p_value = 1.0, .effect = 0.0};
  const double gap = window.hits / window.count - reference.hits / reference.count;
  const double error =
      std::sqrt(pooled * (1.0 - pooled) * (1.0 / reference.count + 1.0 / window.count));
  const double z = gap / error;
  return Shift{.z = z, .p_value = two_sided_p(z), .effect = gap};
}

Measured<Shift> quantile_shift(const BinPair& bins, double tau) {
  if (bins.size() < 2) return Unusable::kNoBins;
  Proportion reference{.count = bins.reference_total()};
  Proportion window{.count = bins.window_total()};
  double below_reference = 0.0;
  double below_window = 0.0;
  double nearest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i + 1 < bins.size(); ++i) {
    below_reference += bins.reference()[i];
    below_window += bins.window()[i];
    const double distance = std::abs(below_reference / reference.count - tau);
    if (distance >= nearest) continue;
    nearest = distance;
    reference.hits = below_reference;
    window.hits = below_window;
  }
  return proportion_shift(reference, window);
}

double two_sided_p(double z) {
  return std::erfc(std::abs(z) / std::sqrt(2.0));
}

}  // namespace kaizen::stats
