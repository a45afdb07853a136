// Signals: what one tick says about error rate, latency and custom ratios, from the judged answers.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/extensions.h"
#include "ext/sources/prometheus/answer_internal.h"
#include "ext/sources/prometheus/increase_internal.h"
#include "ext/sources/prometheus/preset_internal.h"

namespace kaizen::ext::prometheus {

// Two answers to the same query: at the earlier and at the later instant of the tick. In a baseline
// both are the one range answer.
struct Pair {
  const Answer* before = nullptr;
  const Answer* after = nullptr;
};

// The same for a custom ratio, per arm; arms that are not asked have null answers.
struct RatioAnswers {
  Pair numerator;
  Pair denominator;
};

// Everything a preset's signal reads.
struct PresetAnswers {
  const Preset* preset = nullptr;
  Pair total;  // null answers: not asked
  Pair buckets;
  const Answer* scraped = nullptr;  // null in a baseline
};

// "metric source main, errorRate (http_requests_total): what came back; the next step", of an
// answer with a fault.
std::string failed_query(const core::Question& question,
                         std::string_view what,
                         const Answer& answer);

core::SignalReading read_error_rate(const core::Question& question,
                                    const core::Signal& signal,
                                    const PresetAnswers& answers);
core::SignalReading read_latency(const core::Question& question,
                                 const core::Signal& signal,
                                 const PresetAnswers& answers);
core::SignalReading read_ratio(const core::Question& question,
                               const core::Signal& signal,
                               const RatioAnswers& stable,
                               const RatioAnswers& canary);

// True when some or every asked arm has a series at the later instant.
bool knows_any(const core::Question& question, const PresetAnswers& answers);
bool knows_all(const core::Question& question, const PresetAnswers& answers);

}  // namespace kaizen::ext::prometheus
