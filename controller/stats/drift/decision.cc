#include "stats/drift/decision.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "base/check.h"
#include "stats/drift/multiple_testing.h"

namespace kaizen::stats {

namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();
constexpr double kSuspectShare = 0.1;        // DR-92
constexpr double kSamplingAllowance = 1.36;  // DR-113: the 5 % point of sqrt(n) times a CDF gap

double log_stake(const Stake& check) {
  return check.share > 0.0 ? std::log(check.share) + check.log_evidence : kNone;
}

// ln(u / W_c)
double log_price(const Budget& budget) {
  KAIZEN_CHECK(budget.windows_per_false_act > 0.0 && budget.clocks >= 1.0,
               "a clock has windows and a share of the budget");
  return -std::log(budget.clocks) - std::log(budget.windows_per_false_act);
}

}  // namespace

double log_ratio(std::span<const Stake> checks, const Budget& budget) {
  double largest = kNone;
  for (const Stake& check : checks) largest = std::max(largest, log_stake(check));
  if (largest == kNone) return kNone;
  double sum = 0.0;
  for (const Stake& check : checks) sum += std::exp(log_stake(check) - largest);
  return log_price(budget) + largest + std::log(sum);
}

Severity severity_of(double log_s, double false_warning_every, double false_action_every) {
  KAIZEN_CHECK(false_warning_every > 0.0 && false_warning_every <= false_action_every,
               "acts are rarer than warnings (DR-18)");
  if (log_s >= 0.0) return Severity::kAct;
  if (log_s >= std::log(false_warning_every / false_action_every)) return Severity::kWarn;
  return Severity::kNone;
}

std::vector<Blame> blame(std::span<const Stake> checks, const Budget& budget, double log_s) {
  const double count = std::log(static_cast<double>(checks.size()));
  std::vector<double> log_e;
  log_e.reserve(checks.size());
  for (const Stake& check : checks) log_e.push_back(count + log_stake(check));
  const std::vector<bool> rejected = e_bh(log_e, 1.0 / budget.windows_per_false_act).rejected;
  std::vector<Blame> result(checks.size(), Blame::kNone);
  for (size_t i = 0; i < checks.size(); ++i) {
    const double part = log_price(budget) + log_stake(checks[i]);
    if (rejected[i]) {
      result[i] = Blame::kConfirmed;
    } else if (part > kNone && part >= std::log(kSuspectShare) + log_s) {
      result[i] = Blame::kSuspect;
    }
  }
  return result;
}

double default_min_effect(double delta, double eta) {
  return delta + eta / 2.0;
}

Severity gated(Severity severity, double effect, double n, const EffectGate& gate) {
  if (severity != Severity::kAct) return severity;
  return effect >= gate.min_effect && n >= gate.min_count ? Severity::kAct : Severity::kWarn;
}

bool is_quiet(double effect, double n, double delta, double min_effect) {
  if (!(n > 0.0)) return false;
  return effect < std::max(delta, min_effect / 2.0) + kSamplingAllowance / std::sqrt(n);
}

}  // namespace kaizen::stats
