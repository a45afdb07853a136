#include "ext/sources/prometheus/prometheus.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "ext/sources/prometheus/answer_internal.h"
#include "ext/sources/prometheus/preset_internal.h"
#include "ext/sources/prometheus/query_internal.h"
#include "ext/sources/prometheus/signal_internal.h"

namespace kaizen::ext {
namespace {

using prometheus::Answer;
using prometheus::Pair;
using prometheus::Preset;
using prometheus::PresetAnswers;
using prometheus::Query;
using prometheus::RatioAnswers;
using prometheus::Use;

using Requests = std::vector<base::HttpRequest>;
using Responses = std::span<const base::Result<base::HttpResponse>>;

// The queries of a question beside what came back for them.
struct Dialogue {
  std::vector<Query> queries;
  std::vector<Answer> answers;
};

bool is_custom(Use use) {
  return use == Use::kNumerator || use == Use::kDenominator;
}

// Null when it was not asked.
const Answer* preset_answer(const Dialogue& dialogue, const Preset& preset, Use use, bool earlier) {
  for (size_t i = 0; i < dialogue.queries.size(); ++i) {
    const Query& query = dialogue.queries[i];
    if (query.preset == &preset && query.use == use && query.earlier == earlier) {
      return &dialogue.answers[i];
    }
  }
  return nullptr;
}

// `spans`: the answers are ranges, one serves both instants.
Pair preset_pair(const Dialogue& dialogue, const Preset& preset, Use use, bool spans) {
  const Answer* after = preset_answer(dialogue, preset, use, false);
  return {.before = spans ? after : preset_answer(dialogue, preset, use, true), .after = after};
}

PresetAnswers answers_of(const Dialogue& dialogue, const Preset& preset, bool spans) {
  return {.preset = &preset,
          .total = preset_pair(dialogue, preset, Use::kTotal, spans),
          .buckets = preset_pair(dialogue, preset, Use::kBuckets, spans),
          .scraped = preset_answer(dialogue, preset, Use::kScraped, false)};
}

RatioAnswers ratio_answers(const Dialogue& dialogue, size_t signal, bool canary, bool spans) {
  RatioAnswers out;
  for (size_t i = 0; i < dialogue.queries.size(); ++i) {
    const Query& query = dialogue.queries[i];
    if (!is_custom(query.use) || query.signal != signal || query.canary != canary) continue;
    Pair& pair = query.use == Use::kNumerator ? out.numerator : out.denominator;
    const Answer* answer = &dialogue.answers[i];
    if (query.earlier || spans) pair.before = answer;
    if (!query.earlier) pair.after = answer;
  }
  return out;
}

// MP-17: the first preset that knows one of the arms; none when no signal asks for a preset. One
// that failed to answer is not passed over: the choice is kept for the whole rollout and must not
// rest on a lost answer.
PresetAnswers chosen(const core::Question& question, const Dialogue& dialogue, bool spans) {
  PresetAnswers last;
  for (const Query& query : dialogue.queries) {
    if (query.preset == nullptr || last.preset == query.preset) continue;
    last = answers_of(dialogue, *query.preset, spans);
    const Answer* answer = last.total.after != nullptr ? last.total.after : last.buckets.after;
    if (!answer->ok() || prometheus::knows_any(question, last)) return last;
  }
  return last;
}

core::SignalReading read_signal(const core::Question& question,
                                size_t position,
                                const Dialogue& dialogue,
                                const PresetAnswers& preset,
                                bool spans) {
  const core::Signal& signal = question.signals[position];
  switch (signal.kind) {
    case core::SignalKind::kErrorRate: return prometheus::read_error_rate(question, signal, preset);
    case core::SignalKind::kLatency: return prometheus::read_latency(question, signal, preset);
    case core::SignalKind::kRatio:
      return prometheus::read_ratio(question, signal,
                                    ratio_answers(dialogue, position, false, spans),
                                    ratio_answers(dialogue, position, true, spans));
  }
  return {};
}

// The most telling first: a source that does not answer hides everything else.
int rank(std::string_view reason) {
  constexpr std::array<std::string_view, 8> kOrder = {
      core::reason::kQueryFailed,
      core::reason::kNotScraped,
      core::reason::kMultipleSeries,
      core::reason::kErrorsUnavailable,
      core::reason::kThresholdAboveBuckets,
      core::reason::kBucketsNotMonotone,
      core::reason::kNoTraffic,
      core::reason::kAvailable,
  };
  return static_cast<int>(std::ranges::find(kOrder, reason) - kOrder.begin());
}

core::Reading unreadable(const core::Question& question, std::string message) {
  core::Reading reading;
  reading.reason = core::text(core::reason::kQueryFailed);
  reading.message = std::move(message);
  for (const core::Signal& signal : question.signals) {
    core::SignalReading part;
    part.name = signal.name;
    part.reason = reading.reason;
    part.message = reading.message;
    reading.signals.push_back(std::move(part));
  }
  return reading;
}

base::Result<Requests> render(const core::Question& question) {
  KAIZEN_TRY(const std::vector<Query> queries, prometheus::tick_queries(question));
  Requests requests;
  for (const Query& query : queries) {
    KAIZEN_TRY(base::HttpRequest request, prometheus::instant_request(question, query));
    requests.push_back(std::move(request));
  }
  return requests;
}

core::Reading parse(const core::Question& question, Responses responses) {
  base::Result<std::vector<Query>> queries = prometheus::tick_queries(question);
  if (!queries.ok()) return unreadable(question, queries.error().message);
  if (queries->size() != responses.size()) {
    return unreadable(question, fmt::format("{} answers came to {} queries; the tick is dropped",
                                            responses.size(), queries->size()));
  }
  Dialogue dialogue;
  dialogue.queries = std::move(queries).value();
  for (size_t i = 0; i < responses.size(); ++i) {
    const base::Time at = dialogue.queries[i].earlier ? question.previous : question.at;
    dialogue.answers.push_back(prometheus::read_instant(responses[i], at));
  }
  const PresetAnswers preset = chosen(question, dialogue, false);
  core::Reading reading;
  if (preset.preset != nullptr) {
    reading.side = preset.preset->side;
    if (prometheus::knows_all(question, preset)) reading.preset = preset.preset->name;
  }
  reading.reason = core::text(core::reason::kAvailable);
  for (size_t i = 0; i < question.signals.size(); ++i) {
    reading.signals.push_back(read_signal(question, i, dialogue, preset, false));
    const core::SignalReading& part = reading.signals.back();
    if (rank(part.reason) >= rank(reading.reason)) continue;
    reading.reason = part.reason;
    reading.message = part.message;
  }
  return reading;
}

// ---- baseline ----

base::Result<Requests> render_baseline(const core::Question& question, base::Duration interval) {
  KAIZEN_TRY(const std::vector<Query> queries, prometheus::baseline_queries(question));
  Requests requests;
  for (const Query& query : queries) {
    KAIZEN_TRY(base::HttpRequest request, prometheus::range_request(question, query, interval));
    requests.push_back(std::move(request));
  }
  return requests;
}

// A tick without data, or without requests, is left out: it would say nothing about dispersion.
void read_ticks(const core::Question& question,
                base::Duration interval,
                size_t position,
                const Dialogue& dialogue,
                const PresetAnswers& preset,
                core::BaselineReading* out) {
  std::vector<core::Counts>& ticks = out->ticks[position];
  std::string& failure = out->failures[position];
  core::Question tick = question;
  for (int64_t i = prometheus::kBaselineTicks; i > 0; --i) {
    tick.previous = question.at - interval * i;
    tick.at = tick.previous + interval;
    const core::SignalReading reading = read_signal(tick, position, dialogue, preset, true);
    if (reading.reason == core::reason::kAvailable.name && reading.stable) {
      ticks.push_back(*reading.stable);
    }
    failure = reading.reason == core::reason::kQueryFailed.name ? reading.message : std::string();
  }
}

core::BaselineReading parse_baseline(const core::Question& question,
                                     base::Duration interval,
                                     Responses responses) {
  core::BaselineReading reading;
  reading.ticks.resize(question.signals.size());
  reading.failures.resize(question.signals.size());
  base::Result<std::vector<Query>> queries = prometheus::baseline_queries(question);
  if (!queries.ok() || queries->size() != responses.size() || !question.stable) return reading;
  core::Question stable = question;
  stable.canary.reset();
  Dialogue dialogue;
  dialogue.queries = std::move(queries).value();
  const base::Time start = question.at - interval * prometheus::kBaselineTicks;
  for (const base::Result<base::HttpResponse>& response : responses) {
    dialogue.answers.push_back(prometheus::read_range(response, start, interval));
  }
  const PresetAnswers preset = chosen(stable, dialogue, true);
  if (preset.preset != nullptr && prometheus::knows_all(stable, preset)) {
    reading.preset = preset.preset->name;
    reading.side = preset.preset->side;
  }
  for (size_t i = 0; i < question.signals.size(); ++i) {
    read_ticks(stable, interval, i, dialogue, preset, &reading);
  }
  return reading;
}

}  // namespace

const core::Source& prometheus_source() {
  static constexpr core::Source kSource = {
      .name = "prometheus",
      .render = &render,
      .parse = &parse,
      .render_baseline = &render_baseline,
      .parse_baseline = &parse_baseline,
  };
  return kSource;
}

}  // namespace kaizen::ext
