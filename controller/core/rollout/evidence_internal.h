// What read_evidence and the functions that begin a stage share: the choice of the metric source
// and statistics that have seen nothing yet. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_deployment.h"
#include "core/extensions.h"
#include "core/rollout/analysis_setup.h"
#include "core/settings.h"
#include "stats/analysis.h"

namespace kaizen::core {

// nullopt: nobody knows that name.
std::optional<MetricSource> find_source(const Settings& settings, std::string_view name);

// The source of this analysis: what spec names, else what was frozen when the rollout started
// (R2-58). The frozen choice of preset stays unless spec now asks for another source or side
// (MP-17).
api::AnalysisSource& choose_source(const api::ModelDeploymentSpec& spec,
                                   const ResolvedAnalysis& resolved,
                                   api::AnalysisStatus& status);

// `resolved` has no problem.
stats::Analysis fresh_analysis(const ResolvedAnalysis& resolved,
                               const std::vector<api::CanaryStep>& steps,
                               const BaselineReading& baseline = {});

// Nothing when bake has begun already.
void begin_bake(const ResolvedAnalysis& resolved, stats::Analysis& analysis);

}  // namespace kaizen::core
