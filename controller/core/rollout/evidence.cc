#include "core/rollout/evidence.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/analysis_setup.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence_folding.h"
#include "core/rollout/evidence_questions.h"
#include "core/rollout/evidence_report.h"
#include "core/rollout/evidence_state.h"
#include "core/rollout/snapshot.h"
#include "core/settings.h"
#include "stats/analysis.h"
#include "stats/numerics.h"

namespace kaizen::core {

namespace {

// One call of read_evidence.
struct Work {
  const EvidenceInput& input;
  ResolvedAnalysis resolved;
  const MetricSource* source = nullptr;  // null: nobody knows the name
  uint64_t digest = 0;
  TickClock clock;
  api::AnalysisStatus status;
  std::optional<stats::Analysis> analysis;
  bool changed = false;  // `analysis` is not what status holds
  Evidence out;
};

const api::ModelDeployment& object_of(const RolloutSnapshot& snapshot) {
  return *snapshot.object;
}

// ---- source ----

const MetricSource* find_source(const Settings& settings, std::string_view name) {
  const auto found = std::find_if(settings.metric_sources.begin(), settings.metric_sources.end(),
                                  [&](const MetricSource& source) { return source.name == name; });
  return found == settings.metric_sources.end() ? nullptr : &*found;
}

// What spec names; empty: nothing.
std::string named_source(const api::ModelDeploymentSpec& spec) {
  if (!spec.analysis || !spec.analysis->prometheus) return {};
  return spec.analysis->prometheus->source;
}

// The name in force: spec's, else the one frozen when the rollout started (R2-58).
std::string wanted_source(const api::ModelDeploymentSpec& spec, const api::AnalysisStatus& status) {
  if (std::string named = named_source(spec); !named.empty()) return named;
  return status.source ? status.source->prometheus : std::string();
}

std::string_view side_name(api::MetricSide side) {
  switch (side) {
    case api::MetricSide::kAuto: return {};
    case api::MetricSide::kServer: return "Server";
    case api::MetricSide::kRouter: return "Router";
  }
  return {};
}

// Keeps the frozen choice of preset unless spec now asks for another source or side (MP-17).
void choose_source(const api::ModelDeploymentSpec& spec,
                   const ResolvedAnalysis& resolved,
                   api::AnalysisStatus& status) {
  const std::string name = wanted_source(spec, status);
  const std::string_view side = side_name(resolved.side);
  const bool same = status.source && status.source->prometheus == name &&
                    (side.empty() || status.source->side.empty() || status.source->side == side);
  if (same) return;
  status.source =
      api::AnalysisSource{.prometheus = name, .preset = {}, .side = {}, .frozen_at = {}};
}

std::string known_sources(const Settings& settings) {
  std::vector<std::string> names;
  for (const MetricSource& source : settings.metric_sources) names.push_back(source.name);
  if (names.empty()) return "it names none";
  return base::concat({"it names ", base::join(names, ", ")});
}

// ---- state ----

// Statistics that have seen nothing. `resolved` has no problem.
stats::Analysis fresh(const ResolvedAnalysis& resolved,
                      const std::vector<api::CanaryStep>& steps,
                      const BaselineReading& baseline = {}) {
  auto started = stats::Analysis::start(with_baseline(stats_setup(resolved, steps), baseline));
  KAIZEN_CHECK(started.ok(), "the setup was tried when it was resolved");
  return std::move(started).value();
}

std::vector<std::optional<double>> budgets_of(const ResolvedAnalysis& resolved,
                                              const stats::AnalysisState& state) {
  std::vector<std::optional<double>> budgets(state.metrics.size());
  for (size_t i = 0; i < state.metrics.size(); ++i) {
    for (const ResolvedMetric& metric : resolved.metrics) {
      if (metric.setup.name == state.metrics[i].name) budgets[i] = metric.slo_budget;
    }
  }
  return budgets;
}

void begin_bake(const ResolvedAnalysis& resolved, stats::Analysis& analysis) {
  if (analysis.state().stage == stats::Stage::kBake) return;
  analysis.start_bake(budgets_of(resolved, analysis.state()));
}

// The margins of the spec, for the same questions (RO-37). What was won or lost stays; a metric's
// wealth was fair under the margin of its time, so the bound holds under the next one too.
stats::Analysis with_margins(stats::AnalysisState state, const ResolvedAnalysis& resolved) {
  stats::AnalysisState next = state;
  next.alpha = resolved.alpha;
  next.beta = resolved.beta;
  for (size_t i = 0; i < next.metrics.size() && i < resolved.metrics.size(); ++i) {
    const stats::MetricSetup& setup = resolved.metrics[i].setup;
    stats::MetricState& metric = next.metrics[i];
    metric.line = setup.line;
    metric.weight = setup.weight;
    metric.in_canary = setup.in_canary;
    metric.in_bake = setup.in_bake;
    metric.hard_limit = setup.hard_limit;
    if (metric.hard_limit) metric.hard_limit = stats::clip(*metric.hard_limit);
  }
  if (!stats::problem_of(next).empty()) next = std::move(state);
  stats::fit(next);
  return stats::Analysis::resume(std::move(next));
}

BaselineReading stored_baseline(const stats::AnalysisState& state) {
  BaselineReading baseline;
  for (const stats::MetricState& metric : state.metrics) {
    std::vector<Counts>& ticks = baseline.ticks.emplace_back();
    for (const stats::Counts& tick : metric.window) ticks.push_back({.n = tick.n, .bad = tick.x});
  }
  return baseline;
}

// The state in status; nullopt: there is none, or it is not readable or not of this sampling.
std::optional<StoredEvidence> stored_state(Work& work) {
  if (work.status.state.empty()) return std::nullopt;
  auto loaded = load_evidence(work.status.state);
  if (loaded.ok()) {
    const bool bake = loaded->state.stage == stats::Stage::kBake;
    switch (work.input.sampling) {
      case Sampling::kNone:
      case Sampling::kSettling: return std::move(loaded).value();
      case Sampling::kCanary:
        if (!bake) return std::move(loaded).value();
        break;
      case Sampling::kBake:
        if (bake) return std::move(loaded).value();
        break;
    }
  }
  work.out.state_discarded = true;
  work.status.state.clear();
  work.changed = true;
  return std::nullopt;
}

// Reads the state that fits this sampling. Where it cannot be read, or asks what spec no longer
// asks, the step's evidence starts from nothing (MD-15, MP-17).
void open_state(Work& work) {
  const RolloutSnapshot& snapshot = *work.input.snapshot;
  const auto& steps = object_of(snapshot).status.steps;
  const bool usable = work.resolved.problem.empty();
  std::optional<StoredEvidence> stored = stored_state(work);
  const bool bake =
      stored ? stored->state.stage == stats::Stage::kBake : work.input.sampling == Sampling::kBake;
  if (stored && (!usable || stored->digest == work.digest || bake)) {
    // In bake the limits stay whatever is asked; what was counted by other questions does not.
    work.analysis = stats::Analysis::resume(std::move(stored->state));
    if (bake && usable && stored->digest != work.digest) {
      stats::AnalysisState state = work.analysis->state();
      for (stats::MetricState& metric : state.metrics) {
        metric.step = {};
        metric.step_ticks = 0;
      }
      work.analysis = stats::Analysis::resume(std::move(state));
      work.changed = true;
    } else if (stored->digest != work.digest) {
      work.digest = stored->digest;
    }
    return;
  }
  if (!usable || work.input.sampling == Sampling::kNone) return;
  work.analysis = fresh(work.resolved, steps);
  if (bake) begin_bake(work.resolved, *work.analysis);
  work.changed = true;
}

// ---- asking ----

const Source& source_of(const Extensions& extensions) {
  KAIZEN_CHECK(!extensions.sources.empty(), "a release has a metric source");
  return extensions.sources.front();
}

// False: the question cannot be asked, and `invalid_query` says why.
bool plan_probe(Work& work,
                std::string_view key,
                base::Time at,
                base::Result<std::vector<base::HttpRequest>> requests) {
  if (!requests.ok()) {
    work.out.invalid_query = requests.error().message;
    return false;
  }
  work.out.probes.push_back({.id = probe_id(key, at),
                             .endpoint = work.source->name,
                             .not_before = at + work.clock.lag,
                             .requests = std::move(requests).value()});
  return true;
}

void wake_at(Work& work, base::Time at) {
  if (at <= work.input.now) return;
  if (!work.out.next_at || at < *work.out.next_at) work.out.next_at = at;
}

// The 20 ticks before the rollout, once, as long as nothing else was counted (R3-20). Without them
// the tests are as safe and a little less sharp, so nothing waits for the answer.
void take_baseline(Work& work) {
  if (!work.input.baseline_wanted || work.status.last_tick) return;
  if (work.analysis) {
    if (work.analysis->state().stage == stats::Stage::kBake) return;
    for (const stats::MetricState& metric : work.analysis->state().metrics) {
      if (!metric.window.empty()) return;
    }
  }
  const api::ModelDeploymentStatus& status = object_of(*work.input.snapshot).status;
  const base::Time at =
      base::floor_to(status.started_at.value_or(work.input.now), work.clock.interval);
  const Question question = baseline_question(work.input, work.resolved, *work.source, at);
  const Source& source = source_of(*work.input.extensions);
  const std::string key = question_key(*work.input.snapshot, question);
  for (const Answered& answered : answers_to(*work.input.snapshot, key)) {
    if (answered.at != at) continue;
    const BaselineReading reading =
        source.parse_baseline(question, work.clock.interval, answered.answer->responses);
    const bool some = std::any_of(reading.ticks.begin(), reading.ticks.end(),
                                  [](const std::vector<Counts>& ticks) { return !ticks.empty(); });
    if (!some) continue;
    work.analysis = fresh(work.resolved, status.steps, reading);
    work.changed = true;
    // Not frozen yet: the first tick of both arms decides (MP-17).
    if (!work.status.source) work.status.source.emplace();
    work.status.source->preset = reading.preset;
    work.status.source->side = reading.side;
    return;
  }
  plan_probe(work, key, at, source.render_baseline(question, work.clock.interval));
}

// The instant from which the next tick counts. A gap beyond R2-11's bound is jumped over, and the
// step's samples start from nothing.
base::Time cursor(Work& work) {
  base::Time from = first_instant(work.clock, work.input.samples_from);
  if (work.status.last_tick) from = std::max(from, *work.status.last_tick);
  if (!gap_too_long(work.clock, from, work.input.now)) return from;
  from = last_instant(work.clock, work.input.now);
  work.status.last_tick = from;
  const auto& metrics = work.analysis->state().metrics;
  const bool counted = std::any_of(metrics.begin(), metrics.end(),
                                   [](const auto& metric) { return metric.step_ticks > 0; });
  if (counted && work.input.sampling == Sampling::kCanary && !work.analysis->harm_found()) {
    work.analysis->start_step();
  }
  work.changed = true;
  return from;
}

bool is_decided(const Work& work) {
  switch (work.analysis->state().stage) {
    case stats::Stage::kCanary: return work.analysis->harm_found();
    case stats::Stage::kBake: return work.analysis->bake_harm_found();
  }
  return false;
}

// A source that is down can be asked for the same counters later; one that answers with something
// else will give the same again.
bool is_answered(const Answer& answer) {
  return std::all_of(answer.responses.begin(), answer.responses.end(), [](const auto& response) {
    return response.ok() && response->status >= 200 && response->status < 300;
  });
}

// True: a tick was folded. `failed`: ends whose question found no answer.
bool take_answers(Work& work,
                  const Question& asked,
                  std::string_view key,
                  std::vector<base::Time>& failed) {
  const Source& source = source_of(*work.input.extensions);
  for (const Answered& answered : answers_to(*work.input.snapshot, key)) {
    if (answered.at <= asked.previous) continue;
    Question question = asked;
    question.at = answered.at;
    const Reading reading = source.parse(question, answered.answer->responses);
    switch (fold_reading(work.resolved, question, reading, is_answered(*answered.answer),
                         work.status, *work.analysis)) {
      case Folded::kTick: work.changed = true; return true;
      case Folded::kNoAnswer: failed.push_back(answered.at); break;
    }
  }
  return false;
}

void take_tick(Work& work) {
  if (is_decided(work)) return;
  const Source& source = source_of(*work.input.extensions);
  std::vector<base::Time> failed;
  // At most twice: an answer moves the cursor, and from there the next question is asked.
  for (bool folded = true; folded && !is_decided(work);) {
    Question question = question_for(work.input, work.resolved, *work.source, work.status);
    question.previous = cursor(work);
    const std::string key = question_key(*work.input.snapshot, question);
    failed.clear();
    folded = take_answers(work, question, key, failed);
    if (folded) continue;
    question.at = tick_end(work.clock, question.previous, work.input.now);
    if (!plan_probe(work, key, question.at, source.render(question))) return;
    wake_at(work, question.at + work.clock.lag);
    if (std::find(failed.begin(), failed.end(), question.at) == failed.end()) return;
    // Kept named, so that it is not asked again; the next end covers the same counters.
    question.at = next_end(work.clock, question.at);
    plan_probe(work, key, question.at, source.render(question));
    wake_at(work, question.at + work.clock.lag);
  }
}

// ---- judging ----

// noData.after, but never less than it takes for one tick to be answered (RO-22, RO-24).
void judge_missing_data(Work& work) {
  const base::Time last = work.status.last_data
                              ? std::max(*work.status.last_data, work.input.samples_from)
                              : work.input.samples_from;
  const base::Duration after =
      std::max(work.resolved.no_data_after, 2 * work.clock.length + work.clock.lag);
  work.out.no_data_expired = work.input.now >= last + after;
  if (!work.out.no_data_expired) wake_at(work, last + after);
  work.out.data = work.status.last_tick && work.status.last_data == work.status.last_tick &&
                  work.status.last_error.empty() && !work.out.no_data_expired;
}

void judge_canary(Work& work) {
  const stats::Analysis& analysis = *work.analysis;
  Evidence& out = work.out;
  out.harm = analysis.harm_found();
  const std::optional<size_t> hard = analysis.hard_limit_broken();
  out.hard_limit = hard.has_value();
  if (out.harm) {
    const size_t metric = analysis.harm().blame.value_or(0);
    out.blame = analysis.state().metrics[metric].name;
    out.harm_message = harm_sentence(analysis, metric);
  } else if (hard) {
    out.blame = analysis.state().metrics[*hard].name;
    out.harm_message = hard_limit_sentence(analysis, *hard);
  }
  // While the weight settles the counts are those of the step before (A31).
  out.no_harm = work.input.sampling == Sampling::kCanary && !out.harm && !out.hard_limit &&
                !out.no_data_expired && analysis.no_harm_seen(work.resolved.min_samples);
  out.evidence = out.no_harm && analysis.evidence();
}

void judge_bake(Work& work) {
  const stats::Analysis& analysis = *work.analysis;
  Evidence& out = work.out;
  out.bake_harm = analysis.bake_harm_found();
  const std::optional<size_t> hard = analysis.hard_limit_broken();
  out.hard_limit = hard.has_value();
  if (out.bake_harm) {
    const size_t metric = analysis.bake_harm().blame.value_or(0);
    out.blame = analysis.state().metrics[metric].name;
    out.harm_message = bake_harm_sentence(analysis, metric);
  } else if (hard) {
    out.blame = analysis.state().metrics[*hard].name;
    out.harm_message = hard_limit_sentence(analysis, *hard);
  }
  if (out.bake_harm || out.hard_limit) work.status.verdict = verdict::kFail;
}

api::Requirement requirement_now(const Work& work) {
  const api::ModelDeployment& object = object_of(*work.input.snapshot);
  const api::ModelDeploymentStatus& status = object.status;
  const auto index = static_cast<size_t>(status.step ? std::max(0, status.step->index) : 0);
  return requirement_of(object.spec,
                        index < status.steps.size() ? status.steps[index] : api::CanaryStep{});
}

// A passing word needs the hold to be over as well (ST-11); before that the verdict is open.
std::string canary_verdict(const Work& work) {
  const Evidence& out = work.out;
  if (out.harm || out.hard_limit) return std::string(verdict::kFail);
  if (work.input.sampling != Sampling::kCanary) return work.status.verdict;
  if (out.no_data_expired) return std::string(verdict::kNoData);
  const api::ModelDeploymentStatus& status = object_of(*work.input.snapshot).status;
  const bool held =
      status.step && status.step->hold_until && *status.step->hold_until <= work.input.now;
  if (!held || !out.no_harm) return std::string(verdict::kInconclusive);
  return std::string(out.evidence ? verdict::kPass : verdict::kNoHarm);
}

void say_metrics(Work& work) {
  Evidence& out = work.out;
  const std::string_view error = work.status.last_error;
  const std::string_view why = reason_of(error);
  const std::string_view fact = base::trim(error.substr(std::min(why.size() + 1, error.size())));
  if (!out.invalid_query.empty()) {
    out.metrics_reason = text(reason::kQueryFailed);
    out.metrics_message = out.invalid_query;
  } else if (work.source == nullptr) {
    out.metrics_reason = text(reason::kNotConfigured);
  } else if (!error.empty() && (why != reason::kNoTraffic.name || out.no_data_expired)) {
    out.metrics_reason = std::string(why);
    out.metrics_message = std::string(fact);
  } else if (out.no_data_expired) {
    out.metrics_reason = text(reason::kQueryFailed);
    out.metrics_message = base::concat(
        {"metric source ", work.source->name, " has given no answer; look at the operator's log"});
  } else if (work.status.last_tick) {
    out.metrics_reason = text(reason::kAvailable);
    out.metrics_message =
        error.empty()
            ? base::concat({"metric source ", work.source->name, " has counts of every arm"})
            : std::string(fact);
  }
}

void judge(Work& work) {
  const bool sampling =
      work.input.sampling == Sampling::kCanary || work.input.sampling == Sampling::kBake;
  if (sampling) judge_missing_data(work);
  if (!work.analysis || work.input.sampling == Sampling::kNone) {
    if (work.input.sampling == Sampling::kCanary && work.out.no_data_expired) {
      work.status.verdict = verdict::kNoData;
    }
    return;
  }
  switch (work.analysis->state().stage) {
    case stats::Stage::kCanary:
      judge_canary(work);
      work.status.verdict = canary_verdict(work);
      if (!work.out.harm && !work.out.hard_limit) {
        work.out.missing =
            missing_for(work.resolved, requirement_now(work), work.clock.length, *work.analysis);
      }
      break;
    case stats::Stage::kBake: judge_bake(work); break;
  }
}

void save(Work& work) {
  if (work.changed && work.analysis) {
    work.status.state = store_evidence({.digest = work.digest, .state = work.analysis->state()});
    report_analysis(work.resolved, work.clock.length, *work.analysis, work.status);
  }
  work.out.status = std::move(work.status);
}

std::string unknown_source(const Work& work) {
  const std::string name = work.status.source ? work.status.source->prometheus : std::string();
  return base::concat({"metric source \"", name, "\" is not in the operator's configuration (",
                       known_sources(work.input.snapshot->settings),
                       "); name one in spec.analysis.prometheus.source"});
}

Work begin(const EvidenceInput& input) {
  const RolloutSnapshot& snapshot = *input.snapshot;
  const api::ModelDeployment& object = object_of(snapshot);
  Work work{.input = input,
            .resolved = resolve_analysis(object.spec),
            .clock = {},
            .status = *object.status.analysis,
            .analysis = {},
            .out = {}};
  work.out.configured = true;
  if (!snapshot.undecodable.empty()) {
    work.resolved = resolve_analysis({});
    work.resolved.problem = snapshot.undecodable;
  }
  if (work.resolved.problem.empty()) {
    choose_source(object.spec, work.resolved, work.status);
  } else {
    work.out.invalid_query = work.resolved.problem;
  }
  const std::string name = work.status.source ? work.status.source->prometheus : std::string();
  work.digest = question_digest(work.resolved, name);
  work.source = find_source(snapshot.settings, name);
  work.clock = tick_clock(work.resolved, work.source ? *work.source : MetricSource{}, input.slow);
  return work;
}

}  // namespace

Evidence read_evidence(const EvidenceInput& input) {
  KAIZEN_CHECK(input.snapshot != nullptr && input.extensions != nullptr, "evidence needs both");
  const std::optional<api::AnalysisStatus>& stored = object_of(*input.snapshot).status.analysis;
  if (!stored) return {};
  if (input.sampling == Sampling::kNone && !input.baseline_wanted) {
    Evidence out;
    out.configured = true;
    out.status = stored;
    return out;
  }
  Work work = begin(input);
  open_state(work);
  const bool may_ask = work.source != nullptr && work.resolved.problem.empty();
  if (may_ask) {
    take_baseline(work);
    const bool sampling = input.sampling == Sampling::kCanary || input.sampling == Sampling::kBake;
    if (sampling && work.analysis) take_tick(work);
  }
  judge(work);
  say_metrics(work);
  if (work.source == nullptr) work.out.metrics_message = unknown_source(work);
  save(work);
  return std::move(work.out);
}

std::optional<api::AnalysisStatus> start_analysis(const RolloutSnapshot& snapshot) {
  std::string name = named_source(object_of(snapshot).spec);
  if (name.empty()) name = snapshot.settings.default_metric_source;
  if (name.empty()) return std::nullopt;
  api::AnalysisStatus status;
  status.verdict = verdict::kInconclusive;
  status.source =
      api::AnalysisSource{.prometheus = std::move(name), .preset = {}, .side = {}, .frozen_at = {}};
  return status;
}

void start_step(api::AnalysisStatus& analysis,
                const RolloutSnapshot& snapshot,
                const std::vector<api::CanaryStep>& steps) {
  analysis.verdict = verdict::kInconclusive;
  const ResolvedAnalysis resolved = resolve_analysis(object_of(snapshot).spec);
  if (!snapshot.undecodable.empty() || !resolved.problem.empty()) return;
  choose_source(object_of(snapshot).spec, resolved, analysis);
  const uint64_t digest = question_digest(resolved, analysis.source->prometheus);
  const auto stored = load_evidence(analysis.state);
  const bool same = stored.ok() && stored->digest == digest &&
                    stored->state.stage == stats::Stage::kCanary &&
                    stored->state.metrics.size() == resolved.metrics.size();
  std::optional<stats::Analysis> next;
  if (same && stored->state.begun) {
    next = with_margins(stored->state, resolved);
  } else if (same) {
    // Only the baseline is in it: bet from the start with the margins and steps of now.
    next = fresh(resolved, steps, stored_baseline(stored->state));
  } else {
    next = fresh(resolved, steps);
  }
  if (!next->harm_found()) next->start_step();
  for (api::MetricStatus& row : analysis.metrics) row.last_error.clear();
  analysis.last_error.clear();
  analysis.state = store_evidence({.digest = digest, .state = next->state()});
  report_analysis(resolved, resolved.interval, *next, analysis);
}

void start_bake(api::AnalysisStatus& analysis, const RolloutSnapshot& snapshot) {
  const ResolvedAnalysis resolved = resolve_analysis(object_of(snapshot).spec);
  if (!snapshot.undecodable.empty() || !resolved.problem.empty()) return;
  choose_source(object_of(snapshot).spec, resolved, analysis);
  const auto stored = load_evidence(analysis.state);
  const uint64_t digest = question_digest(resolved, analysis.source->prometheus);
  stats::Analysis next = stored.ok() ? stats::Analysis::resume(stored->state)
                                     : fresh(resolved, object_of(snapshot).status.steps);
  begin_bake(resolved, next);
  for (api::MetricStatus& row : analysis.metrics) row.last_error.clear();
  analysis.last_error.clear();
  analysis.state =
      store_evidence({.digest = stored.ok() ? stored->digest : digest, .state = next.state()});
  report_analysis(resolved, resolved.interval, next, analysis);
}

void close_analysis(api::AnalysisStatus& analysis, std::string_view verdict) {
  KAIZEN_CHECK(verdict == verdict::kSkipped || verdict == verdict::kInconclusive,
               "an analysis that was cut short never passes (RO-18)");
  if (analysis.verdict != verdict::kFail) analysis.verdict = verdict;
  close_analysis(analysis);
}

void close_analysis(api::AnalysisStatus& analysis) {
  analysis.state.clear();
}

}  // namespace kaizen::core
