#include "core/rollout/evidence_folding.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/duration.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "core/rollout/analysis_setup.h"
#include "core/rollout/status_text.h"
#include "stats/analysis.h"
#include "stats/analysis_state.h"
#include "stats/betting.h"
#include "stats/counts.h"

namespace kaizen::core {

namespace {

constexpr size_t kMaxRowError = 120;  // of each of 20 metrics: the whole status has 32 KiB

// What one metric of the state got; in the order of the state. Empty `error`: counts with requests
// in every arm that was asked.
struct Sample {
  std::string name;
  const Signal* signal = nullptr;  // null: spec no longer has the metric
  std::optional<stats::Counts> canary;
  std::optional<stats::Counts> stable;
  std::string error;
};

bool from_preset(const Sample& sample) {
  return sample.signal != nullptr && sample.signal->kind != SignalKind::kRatio;
}

bool is_missing(const Question& question, const Sample& sample) {
  return (question.canary && !sample.canary) || (question.stable && !sample.stable);
}

std::string error_text(std::string_view reason, std::string_view message) {
  return shown(base::concat({reason, ": ", message}));
}

const SignalReading* find_signal(const Reading& reading, std::string_view name) {
  const auto found = std::find_if(reading.signals.begin(), reading.signals.end(),
                                  [&](const SignalReading& signal) { return signal.name == name; });
  return found == reading.signals.end() ? nullptr : &*found;
}

// Empty when every arm has requests.
std::string no_traffic(const Sample& sample) {
  const bool canary = sample.canary && sample.canary->n == 0;
  const bool stable = sample.stable && sample.stable->n == 0;
  if (!canary && !stable) return {};
  const std::string_view where = canary && stable ? "either arm"
                                 : canary         ? "the canary"
                                                  : "the stable arm";
  return error_text(reason::kNoTraffic, base::concat({sample.name, ": no request in ", where,
                                                      " at the last tick; send traffic"}));
}

std::string why_missing(const Sample& sample, std::string_view reason, std::string_view message) {
  const bool named = !reason.empty() && reason != reason::kAvailable.name;
  return error_text(named ? reason : reason::kQueryFailed.name,
                    message.empty() ? base::concat({sample.name, ": no counts came back"})
                                    : std::string(message));
}

Sample sample_of(std::string_view name,
                 const ResolvedAnalysis& resolved,
                 const Question& question,
                 const Reading& reading) {
  Sample sample;
  sample.name = std::string(name);
  for (const ResolvedMetric& metric : resolved.metrics) {
    if (metric.signal.name == name) sample.signal = &metric.signal;
  }
  if (sample.signal == nullptr) {
    sample.error = error_text(reason::kNotConfigured,
                              base::concat({sample.name, ": spec.analysis no longer has it"}));
    return sample;
  }
  const SignalReading* read = find_signal(reading, name);
  if (read == nullptr) {
    sample.error = why_missing(sample, reading.reason, reading.message);
    return sample;
  }
  const auto counts = [](const Counts& given) {
    return stats::Counts{.n = given.n, .x = given.bad};
  };
  if (read->canary) sample.canary = counts(*read->canary);
  if (read->stable) sample.stable = counts(*read->stable);
  sample.error = is_missing(question, sample) ? why_missing(sample, read->reason, read->message)
                                              : no_traffic(sample);
  return sample;
}

// Evidence of two sources is never mixed (MP-17): what another preset than the frozen one gave is
// no data, and nothing of a preset counts before one is frozen.
void keep_to_source(const Reading& reading,
                    const api::AnalysisSource& source,
                    std::vector<Sample>& samples) {
  const bool frozen = source.frozen_at.has_value();
  if (frozen && (reading.preset.empty() || reading.preset == source.preset)) return;
  for (Sample& sample : samples) {
    if (!from_preset(sample)) continue;
    sample.canary.reset();
    sample.stable.reset();
    if (!frozen) continue;
    sample.error = error_text(
        reason::kQueryFailed,
        base::concat({sample.name, ": preset ", reading.preset,
                      " answered, but the evidence of this rollout comes from ", source.preset}));
  }
}

// The first sample with requests in every arm freezes preset and side (MP-17). A baseline that
// another preset gave is forgotten.
void freeze_source(const Question& question,
                   const Reading& reading,
                   const std::vector<Sample>& samples,
                   api::AnalysisSource& source,
                   stats::Analysis& analysis) {
  const bool first = std::any_of(samples.begin(), samples.end(), [](const Sample& sample) {
    return from_preset(sample) && sample.error.empty();
  });
  if (!first || reading.preset.empty()) return;
  const bool other_baseline =
      !source.preset.empty() && (source.preset != reading.preset || source.side != reading.side);
  source.preset = reading.preset;
  source.side = reading.side;
  source.frozen_at = question.at;
  if (!other_baseline) return;
  stats::AnalysisState state = analysis.state();
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!from_preset(samples[i])) continue;
    state.metrics[i].window.clear();
    state.metrics[i].harm_learned = {};
    state.metrics[i].no_harm_learned = {};
  }
  analysis = stats::Analysis::resume(std::move(state));
}

std::vector<stats::Fate> feed(const Question& question,
                              const std::vector<Sample>& samples,
                              stats::Analysis& analysis) {
  if (!question.stable) {
    std::vector<std::optional<stats::Counts>> counts;
    counts.reserve(samples.size());
    for (const Sample& sample : samples) counts.push_back(sample.canary);
    return analysis.tick_bake(counts);
  }
  std::vector<std::optional<stats::Batch>> batches(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    if (sample.canary && sample.stable) {
      batches[i] = stats::Batch{.canary = *sample.canary, .stable = *sample.stable};
    }
  }
  return analysis.tick(batches);
}

// The error that the condition shows: of a metric with a say, and a broken query before missing
// traffic. Without such a metric the analysis only reports, and one that has data is enough.
std::string worst_error(const stats::Analysis& analysis, const std::vector<Sample>& samples) {
  std::string worst;
  bool judged = false;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!has_say(analysis.state(), i)) continue;
    judged = true;
    const std::string& error = samples[i].error;
    if (error.empty()) continue;
    if (worst.empty() || (reason_of(worst) == reason::kNoTraffic.name &&
                          reason_of(error) != reason::kNoTraffic.name)) {
      worst = error;
    }
  }
  if (judged || samples.empty()) return worst;
  const bool any_data = std::any_of(samples.begin(), samples.end(),
                                    [](const Sample& sample) { return sample.error.empty(); });
  return any_data ? std::string() : samples.front().error;
}

api::MetricStatus& row_of(api::AnalysisStatus& status, std::string_view name) {
  for (api::MetricStatus& row : status.metrics) {
    if (row.name == name) return row;
  }
  api::MetricStatus& row = status.metrics.emplace_back();
  row.name = std::string(name);
  return row;
}

// MP-15: the threshold that was wanted and, when no bucket ends there, the one that was judged.
std::string threshold_text(const Signal& signal, const Reading& reading) {
  std::string wanted = base::format_duration(signal.threshold);
  const SignalReading* read = find_signal(reading, signal.name);
  if (read == nullptr || !read->threshold_used || *read->threshold_used == signal.threshold) {
    return wanted;
  }
  return base::concat({wanted, ", judged at ", base::format_duration(*read->threshold_used)});
}

void write_errors(const Reading& reading,
                  const std::vector<Sample>& samples,
                  const stats::Analysis& analysis,
                  api::AnalysisStatus& status) {
  for (const Sample& sample : samples) {
    api::MetricStatus& row = row_of(status, sample.name);
    row.last_error = shown(sample.error, kMaxRowError);
    const bool latency = sample.signal != nullptr && sample.signal->kind == SignalKind::kLatency;
    // A tick without data does not say which boundary would have been used.
    if (latency && (row.threshold.empty() || sample.error.empty())) {
      row.threshold = threshold_text(*sample.signal, reading);
    }
  }
  status.last_error = worst_error(analysis, samples);
}

}  // namespace

Folded fold_reading(const ResolvedAnalysis& resolved,
                    const Question& question,
                    const Reading& reading,
                    bool answered,
                    api::AnalysisStatus& status,
                    stats::Analysis& analysis) {
  std::vector<Sample> samples;
  for (const stats::MetricState& metric : analysis.state().metrics) {
    samples.push_back(sample_of(metric.name, resolved, question, reading));
  }
  const bool nothing_read = std::all_of(samples.begin(), samples.end(), [](const Sample& sample) {
    return !sample.canary && !sample.stable;
  });
  if (nothing_read && !answered) {
    write_errors(reading, samples, analysis, status);
    return Folded::kNoAnswer;
  }
  if (!status.source) status.source.emplace();
  if (!status.source->frozen_at) {
    freeze_source(question, reading, samples, *status.source, analysis);
  }
  keep_to_source(reading, *status.source, samples);
  const std::vector<stats::Fate> fates = feed(question, samples, analysis);
  for (size_t i = 0; i < samples.size(); ++i) {
    if (fates[i] != stats::Fate::kImplausible) continue;
    samples[i].error =
        error_text(reason::kQueryFailed,
                   base::concat({samples[i].name,
                                 ": the counts that came back are impossible; correct the query"}));
  }
  write_errors(reading, samples, analysis, status);
  status.last_tick = question.at;
  if (status.last_error.empty()) status.last_data = question.at;
  return Folded::kTick;
}

std::string baseline_error(const ResolvedAnalysis& resolved, const BaselineReading& baseline) {
  const size_t metrics = std::min(resolved.metrics.size(), baseline.failures.size());
  bool judged = false;
  bool any_answer = false;
  std::string_view first;
  for (size_t i = 0; i < metrics; ++i) {
    const stats::MetricSetup& setup = resolved.metrics[i].setup;
    const std::string& failure = baseline.failures[i];
    const bool says = setup.weight > 0.0 && setup.in_canary;
    judged = judged || says;
    any_answer = any_answer || failure.empty();
    if (says && !failure.empty()) return error_text(reason::kQueryFailed, failure);
    if (first.empty()) first = failure;
  }
  // Nothing is judged, only reported: one metric that has an answer is enough.
  return judged || any_answer || first.empty() ? "" : error_text(reason::kQueryFailed, first);
}

bool has_say(const stats::AnalysisState& state, size_t metric) {
  const stats::MetricState& of = state.metrics[metric];
  switch (state.stage) {
    case stats::Stage::kCanary: return of.weight > 0.0 && of.in_canary;
    case stats::Stage::kBake: return of.weight > 0.0 && of.in_bake;
  }
  return false;
}

stats::AnalysisSetup with_baseline(stats::AnalysisSetup setup, const BaselineReading& baseline) {
  const size_t metrics = std::min(setup.metrics.size(), baseline.ticks.size());
  for (size_t i = 0; i < metrics; ++i) {
    std::vector<stats::Counts>& into = setup.metrics[i].baseline;
    into.clear();
    for (const Counts& tick : baseline.ticks[i]) {
      const stats::Counts counts{.n = tick.n, .x = tick.bad};
      if (stats::plausible(counts, stats::kMaxTickCount)) into.push_back(counts);
    }
    const size_t room = stats::kWindow;
    if (into.size() > room) into.erase(into.begin(), into.end() - static_cast<ptrdiff_t>(room));
  }
  return setup;
}

std::string_view reason_of(std::string_view last_error) {
  return last_error.substr(0, last_error.find(':'));
}

}  // namespace kaizen::core
