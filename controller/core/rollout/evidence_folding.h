// Folding: one answer becomes one tick of the statistics, or nothing. Changes the status of the
// analysis and its processes together, so that both go into one status write (A30). Pure, any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/model_deployment.h"
#include "core/extensions.h"
#include "core/rollout/analysis_setup.h"
#include "stats/analysis.h"

namespace kaizen::core {

enum class Folded : uint8_t {
  kTick,      // the cursor stands at the question's end
  kNoAnswer,  // the source did not answer: nothing moved, the same counters are asked for later
};

// Takes the counts of (question.previous, question.at]. Metrics without counts stay as they are
// (RO-19); their rows and `last_error` say why. The first data freezes preset and side (MP-17).
// `answered`: the source gave an answer to every request, whatever it says.
Folded fold_reading(const ResolvedAnalysis& resolved,
                    const Question& question,
                    const Reading& reading,
                    bool answered,
                    api::AnalysisStatus& status,
                    stats::Analysis& analysis);

// The setup with the stable ticks from before the rollout (R3-20); what cannot be counts is left
// out. Unchanged when there are none.
stats::AnalysisSetup with_baseline(stats::AnalysisSetup setup, const BaselineReading& baseline);

// Why the source did not answer for a metric with a say, as `last_error` has it; empty: it did.
std::string baseline_error(const ResolvedAnalysis& resolved, const BaselineReading& baseline);

// The metric has weight in the state's stage.
bool has_say(const stats::AnalysisState& state, size_t metric);

// "NoTraffic: …" → "NoTraffic".
std::string_view reason_of(std::string_view last_error);

}  // namespace kaizen::core
