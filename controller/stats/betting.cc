#include "stats/betting.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/check.h"
#include "stats/numerics.h"

namespace kaizen::stats {

namespace {

constexpr double kPriorRequests = 10.0;  // pseudo counts of the stable rate: mean 1 % (ST-3)
constexpr double kPriorBad = 0.1;
constexpr double kAdaptiveRequests = 10.0;   // pseudo requests of the adaptive alternative (ST-3)
constexpr double kAdaptiveMinimum = 1e-12;   // nearer to the boundary it is no alternative (R3-21)
constexpr double kCapShare = 0.7;            // one tick cannot decide, two can (ST-5)
constexpr double kDispersionPrior = 5.0;     // ST-4
constexpr double kDispersionMaximum = 10.0;  // ST-4
constexpr int kDispersionMinimumTicks = 5;   // ST-4

double decay() {
  static const double value = std::pow(0.5, 1.0 / 10.0);  // half-life of ten ticks (ST-3)
  return value;
}

struct Alternatives {
  double stable = 0.0;
  double edge = 0.0;  // the line's canary rate at `stable`
  std::array<std::optional<double>, kComponents> canary;
};

Alternatives alternatives(const Terms& terms, const Learned& learned) {
  Alternatives result;
  result.stable = clip((learned.stable_x + kPriorBad) / (learned.stable_n + kPriorRequests));
  result.edge = clip(terms.line.canary(result.stable));
  for (size_t i = 0; i < kLogOddsGrid.size(); ++i) {
    result.canary[i] = clip(expit(logit(result.edge) + terms.direction * kLogOddsGrid[i]));
  }
  const double adaptive = clip((learned.canary_x + kAdaptiveRequests * result.edge) /
                               (learned.canary_n + kAdaptiveRequests));
  if (terms.direction * (adaptive - result.edge) > kAdaptiveMinimum) {
    result.canary.back() = adaptive;
  }
  return result;
}

double log_start_share(const Terms& terms, int32_t k) {
  if (terms.restarts == 0) return 0.0;
  if (k > terms.restarts) return std::log(0.5);
  return -std::log(static_cast<double>(terms.restarts - k) + 2.0);
}

}  // namespace

Bets first_bets(const Terms& terms) {
  KAIZEN_CHECK(terms.direction == 1 || terms.direction == -1, "a process bets one way");
  KAIZEN_CHECK(terms.level > 0.0 && terms.level < 1.0, "a level is a probability");
  KAIZEN_CHECK(terms.restarts >= 0, "the number of restarts is planned");
  Bets bets;
  bets.components.fill(-std::numeric_limits<double>::infinity());
  restart(bets, terms);
  return bets;
}

void restart(Bets& bets, const Terms& terms) {
  const double wealth = log_wealth(bets);
  if (bets.k < std::numeric_limits<int32_t>::max()) ++bets.k;
  const double log_share = log_start_share(terms, bets.k);
  bets.log_reserve = log_share == 0.0 ? -std::numeric_limits<double>::infinity()
                                      : wealth + std::log1p(-std::exp(log_share));
  bets.components.fill(wealth + log_share - std::log(static_cast<double>(kComponents)));
}

double log_wealth(const Bets& bets) {
  std::array<double, kComponents + 1> terms{};
  std::copy(bets.components.begin(), bets.components.end(), terms.begin());
  terms.back() = bets.log_reserve;
  const double wealth = log_sum_exp(terms);
  KAIZEN_CHECK(std::isfinite(wealth), "a wealth is a positive number (ST-18)");
  return wealth;
}

void place(Bets& bets,
           const Terms& terms,
           const Learned& learned,
           double dispersion,
           const Batch& batch) {
  KAIZEN_CHECK(plausible(batch), "counts are integers with 0 <= x <= n < 2^53 (ST-18)");
  KAIZEN_CHECK(dispersion >= 1.0, "a dispersion never sharpens a bet (ST-4)");
  if (batch.canary.n == 0 || batch.stable.n == 0) return;
  const Alternatives against = alternatives(terms, learned);
  for (size_t i = 0; i < kComponents; ++i) {
    if (!against.canary[i] || terms.direction * (*against.canary[i] - against.edge) <= 0.0) {
      continue;
    }
    const Rates point{.canary = *against.canary[i], .stable = against.stable};
    const double growth = log_factor(batch, point, terms.line) / dispersion;
    KAIZEN_CHECK(std::isfinite(growth), "a bet on finite counts is finite (ST-18)");
    bets.components[i] += std::min(cap(terms), growth);
  }
}

double cap(const Terms& terms) {
  return kCapShare * std::log((static_cast<double>(terms.restarts) + 1.0) / terms.level);
}

void learn(Learned& learned, const Batch& batch) {
  learned.canary_n = learned.canary_n * decay() + static_cast<double>(batch.canary.n);
  learned.canary_x = learned.canary_x * decay() + static_cast<double>(batch.canary.x);
  learn_stable(learned, batch.stable);
}

void learn_stable(Learned& learned, const Counts& stable) {
  learned.stable_n = learned.stable_n * decay() + static_cast<double>(stable.n);
  learned.stable_x = learned.stable_x * decay() + static_cast<double>(stable.x);
}

Learned complement(const Learned& learned) {
  return {.canary_n = learned.canary_n,
          .canary_x = learned.canary_n - learned.canary_x,
          .stable_n = learned.stable_n,
          .stable_x = learned.stable_n - learned.stable_x};
}

double dispersion(std::span<const Counts> stable_ticks) {
  int ticks = 0;
  double n = 0.0;
  double x = 0.0;
  for (const Counts& tick : stable_ticks) {
    if (tick.n <= 0) continue;
    ++ticks;
    n += static_cast<double>(tick.n);
    x += static_cast<double>(tick.x);
  }
  if (ticks < kDispersionMinimumTicks || x <= 0.0 || x >= n) return 1.0;
  const double rate = x / n;
  double squares = 0.0;
  for (const Counts& tick : stable_ticks) {
    if (tick.n <= 0) continue;
    const double expected = static_cast<double>(tick.n) * rate;
    const double distance = static_cast<double>(tick.x) - expected;
    squares += distance * distance / (expected * (1.0 - rate));
  }
  const double ratio = (kDispersionPrior + squares) / (kDispersionPrior + ticks - 1.0);
  return std::clamp(ratio, 1.0, kDispersionMaximum);
}

}  // namespace kaizen::stats
