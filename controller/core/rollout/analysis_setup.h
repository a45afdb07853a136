// ResolvedAnalysis: spec.analysis with every default filled in, in the terms of stats/ and of the
// metric source. Made anew for each decision, owned by whoever asked. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_deployment.h"
#include "base/duration.h"
#include "core/extensions.h"
#include "stats/analysis.h"

namespace kaizen::core {

inline constexpr std::string_view kErrorRateMetric = "errorRate";
inline constexpr std::string_view kLatencyMetric = "latency";

struct ResolvedMetric {
  stats::MetricSetup setup;          // without a baseline
  Signal signal;                     // the same metric as a question
  std::optional<double> slo_budget;  // share of bad requests that the SLO allows (ST-13)
};

struct ResolvedAnalysis {
  base::Duration interval{};
  base::Duration no_data_after{};
  int64_t min_samples = 0;
  api::MetricSide side = api::MetricSide::kAuto;
  double alpha = 0.0;
  double beta = 0.0;
  bool bake_may_roll_back = false;  // bake.onFailure: Rollback (R2-9)
  std::vector<ResolvedMetric> metrics;
  std::string problem;  // not empty: the field that cannot be used and why (R2-3)
};

ResolvedAnalysis resolve_analysis(const api::ModelDeploymentSpec& spec);

// What stats/ starts a rollout from; K of ST-8 is counted from the holds of `steps`.
stats::AnalysisSetup stats_setup(const ResolvedAnalysis& resolved,
                                 const std::vector<api::CanaryStep>& steps);

// Tells two analyses apart that ask something different: another source, side, metric, threshold or
// query. Margins, weights and times are not in it.
uint64_t question_digest(const ResolvedAnalysis& resolved, std::string_view source);

}  // namespace kaizen::core
