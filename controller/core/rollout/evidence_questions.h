// The questions of an analysis: at which instants counters are read, what is asked there, and how
// an answer is known again. An instant is a wall-clock multiple of the interval (R3-21); the counts
// of a tick are those of (previous, at]. Plain values, pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/rollout/analysis_setup.h"
#include "core/rollout/evidence.h"
#include "core/rollout/snapshot.h"

namespace kaizen::core {

// R2-11: a longer gap is not one tick; the cursor jumps over it.
inline constexpr int64_t kMaxGapTicks = 20;

// The times of one analysis.
struct TickClock {
  base::Duration interval{};
  base::Duration length{};  // of a tick: the interval, or more once Held for 1 h (R2-56)
  base::Duration lag{};     // a counter's value at an instant is complete that much later (MP-11)
};

TickClock tick_clock(const ResolvedAnalysis& resolved, const MetricSource& source, bool slow);

// The first instant that is not before `time`.
base::Time instant_from(const TickClock& clock, base::Time time);

// Where counting may begin: the first instant whose counters hold no request from before
// `samples_from` (RO-25), also when they were scraped just before the instant.
base::Time first_instant(const TickClock& clock, base::Time samples_from);

// The end of a tick: the next instant after `from` (where the tick begins, or an end that had no
// answer) or, when that is overdue, the last one that is complete at `now` (R2-11). An overdue end
// moves on only after `patience`, the time in which an answer under way arrives or fails.
base::Time tick_end(const TickClock& clock,
                    base::Time from,
                    base::Time now,
                    base::Duration patience);

// How far an overdue end moves at once.
base::Duration end_step(const TickClock& clock, base::Duration patience);

bool gap_too_long(const TickClock& clock, base::Time previous, base::Time now);

// The last instant that is complete at `now`.
base::Time last_instant(const TickClock& clock, base::Time now);

// Everything but the instants.
Question question_for(const EvidenceInput& input,
                      const ResolvedAnalysis& resolved,
                      const MetricSource& source,
                      const api::AnalysisStatus& analysis);

// The same without the candidate: the 20 ticks before the rollout (R3-20).
Question baseline_question(const EvidenceInput& input,
                           const ResolvedAnalysis& resolved,
                           const MetricSource& source,
                           base::Time at);

// Names everything in the question but its end; the end follows in the probe's id.
std::string question_key(const RolloutSnapshot& snapshot, const Question& question);

std::string probe_id(std::string_view question_key, base::Time at);

// Answers to questions with that key, by their end, earliest first.
struct Answered {
  base::Time at;
  const Answer* answer = nullptr;
};

std::vector<Answered> answers_to(const RolloutSnapshot& snapshot, std::string_view question_key);

}  // namespace kaizen::core
