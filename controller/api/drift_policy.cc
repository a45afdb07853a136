#include "api/drift_policy.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "api/object.h"
#include "base/duration.h"
#include "base/number.h"

namespace kaizen::api {

base::Duration effective_false_warning_every(const DriftPolicySpec& spec) {
  constexpr base::Duration kDefault = std::chrono::hours(720);
  return spec.false_warning_every.value_or(std::min(kDefault, spec.false_action_every));
}

std::vector<DriftClock> effective_clocks(const DriftPolicySpec& spec) {
  if (!spec.clocks.empty()) return spec.clocks;
  return {
      {.name = "fast",
       .window = std::chrono::hours(1),
       .tolerance = Decimal{0.2},
       .eta = Decimal{0.1}},
      {.name = "slow", .window = std::chrono::hours(24), .tolerance = {}, .eta = {}},
  };
}

std::vector<DriftAction> effective_actions(const DriftPolicySpec& spec) {
  if (!spec.actions.empty()) return spec.actions;
  return {{.when = {DriftWhen::kWarn, DriftWhen::kAct, DriftWhen::kBlind},
           .type = DriftActionType::kNotify,
           .checks = {},
           .training = {}}};
}

std::optional<double> baseline_of(const PerformanceSource& source) {
  return source.baseline == "FromProfile" ? std::nullopt : base::parse_decimal(source.baseline);
}

}  // namespace kaizen::api
