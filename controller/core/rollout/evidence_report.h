// Reporting: what the statistics amount to, for status and for people: rows, verdicts and
// sentences with instants and counts, never ages (R2-56). Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/model_deployment.h"
#include "base/duration.h"
#include "core/rollout/analysis_setup.h"
#include "stats/analysis.h"

namespace kaizen::core {

// The verdict words of every surface (README, ruling 4).
namespace verdict {

inline constexpr std::string_view kPass = "Pass";
inline constexpr std::string_view kNoHarm = "NoHarm";
inline constexpr std::string_view kFail = "Fail";
inline constexpr std::string_view kInconclusive = "Inconclusive";
inline constexpr std::string_view kNoData = "NoData";
inline constexpr std::string_view kSkipped = "Skipped";

}  // namespace verdict

// Rewrites the rows, the wealth, its limit and the bound. `tick` is the length of one. What a row
// says about its last answer (lastError, threshold) stays.
void report_analysis(const ResolvedAnalysis& resolved,
                     base::Duration tick,
                     const stats::Analysis& analysis,
                     api::AnalysisStatus& status);

// Why the analysis says harm: n, rates, wealth against limit (at most 512 bytes).
std::string harm_sentence(const stats::Analysis& analysis, size_t metric);
std::string hard_limit_sentence(const stats::Analysis& analysis, size_t metric);
std::string bake_harm_sentence(const stats::Analysis& analysis, size_t metric);

// What `requirement` lacks in this step (ST-11, ST-16); empty: nothing but, perhaps, the hold.
std::string missing_for(const ResolvedAnalysis& resolved,
                        api::Requirement requirement,
                        base::Duration tick,
                        const stats::Analysis& analysis);

}  // namespace kaizen::core
