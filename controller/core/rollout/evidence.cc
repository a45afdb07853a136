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
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "core/rollout/analysis_setup.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence_folding.h"
#include "core/rollout/evidence_internal.h"
#include "core/rollout/evidence_questions.h"
#include "core/rollout/evidence_report.h"
#include "core/rollout/evidence_state.h"
#include "core/rollout/snapshot.h"
#include "core/settings.h"
#include "stats/analysis.h"
#include "stats/analysis_state.h"

namespace kaizen::core {

namespace {

// One call of read_evidence.
struct Work {
  const EvidenceInput& input;
  ResolvedAnalysis resolved;
  std::optional<MetricSource> source;  // nullopt: nobody knows the name
  uint64_t digest = 0;
  TickClock clock;
  api::AnalysisStatus status;
  std::optional<stats::Analysis> analysis;
  bool changed = false;   // `analysis` is not what status holds
  std::string good_news;  // what the source is seen to do, before any tick
  Evidence out;
};

const api::ModelDeployment& object_of(const Work& work) {
  return *work.input.snapshot->object;
}

bool is_sampling(const Work& work) {
  return work.input.sampling == Sampling::kCanary || work.input.sampling == Sampling::kBake;
}

// ---- state ----

bool fits(Sampling sampling, stats::Stage stage) {
  switch (sampling) {
    case Sampling::kNone:
    case Sampling::kSettling: return true;
    case Sampling::kCanary: return stage == stats::Stage::kCanary;
    case Sampling::kBake: return stage == stats::Stage::kBake;
  }
  return false;
}

// Goes on from what is stored, or says false: it answers other questions than spec asks. In bake
// the limits stay whatever is asked; what was counted by other questions does not.
bool resume(Work& work, StoredEvidence stored) {
  const bool usable = work.resolved.problem.empty();
  const bool same = stored.digest == work.digest;
  const bool bake = stored.state.stage == stats::Stage::kBake;
  if (usable && !same && !bake) return false;
  if (usable && !same) {
    for (stats::MetricState& metric : stored.state.metrics) {
      metric.step = {};
      metric.step_ticks = 0;
    }
    work.changed = true;
  } else {
    work.digest = stored.digest;
  }
  work.analysis = stats::Analysis::resume(std::move(stored.state));
  return true;
}

// Reads the state that fits this sampling. Where it cannot be read, or asks what spec no longer
// asks, the step's evidence starts from nothing (MD-15, MP-17).
void open_state(Work& work) {
  if (!work.status.state.empty()) {
    auto loaded = load_evidence(work.status.state);
    if (loaded.ok() && fits(work.input.sampling, loaded->state.stage)) {
      if (resume(work, std::move(loaded).value())) return;
    } else {
      work.out.state_discarded = true;
      work.status.state.clear();
    }
    work.changed = true;
  }
  if (!work.resolved.problem.empty() || work.input.sampling == Sampling::kNone) return;
  work.analysis = fresh_analysis(work.resolved, object_of(work).status.steps);
  if (work.input.sampling == Sampling::kBake) begin_bake(work.resolved, *work.analysis);
  work.changed = true;
}

// ---- asking ----

const Source& asked_source(const Work& work) {
  KAIZEN_CHECK(!work.input.extensions->sources.empty(), "a release has a metric source");
  return work.input.extensions->sources.front();
}

// False: the question cannot be asked, and `invalid_query` says why.
bool plan_probe(Work& work,
                const MetricSource& source,
                std::string_view key,
                base::Time at,
                base::Result<std::vector<base::HttpRequest>> requests) {
  if (!requests.ok()) {
    work.out.invalid_query = requests.error().message;
    return false;
  }
  work.out.probes.push_back({.id = probe_id(key, at),
                             .endpoint = source.name,
                             .not_before = at + work.clock.lag,
                             .requests = std::move(requests).value()});
  return true;
}

void wake_at(Work& work, base::Time at) {
  if (at <= work.input.now) return;
  if (!work.out.next_at || at < *work.out.next_at) work.out.next_at = at;
}

// The requests of a probe are sent one after another, each with its own timeout.
base::Duration patience(const base::Result<std::vector<base::HttpRequest>>& requests) {
  const size_t count = requests.ok() ? requests->size() : 0;
  return static_cast<int64_t>(count) * Probe{}.timeout;
}

// When the question with that end may be asked or, when it is asked already, its end moves on.
void wake_for(Work& work, base::Time end, base::Duration wait) {
  const base::Time due = end + work.clock.lag;
  wake_at(work, due > work.input.now ? due : due + end_step(work.clock, wait));
}

bool wants_baseline(const Work& work) {
  if (!work.input.baseline_wanted || work.status.last_tick) return false;
  if (!work.analysis) return true;
  const stats::AnalysisState& state = work.analysis->state();
  return state.stage == stats::Stage::kCanary &&
         std::all_of(state.metrics.begin(), state.metrics.end(),
                     [](const stats::MetricState& metric) { return metric.window.empty(); });
}

// Takes the ticks; false: there are none.
bool adopt_baseline(Work& work, const BaselineReading& reading) {
  const bool some = std::any_of(reading.ticks.begin(), reading.ticks.end(),
                                [](const std::vector<Counts>& ticks) { return !ticks.empty(); });
  if (!some) return false;
  work.analysis = fresh_analysis(work.resolved, object_of(work).status.steps, reading);
  work.changed = true;
  // Not frozen yet: the first tick of both arms decides (MP-17).
  api::AnalysisSource& chosen = choose_source(object_of(work).spec, work.resolved, work.status);
  chosen.preset = reading.preset;
  chosen.side = reading.side;
  return true;
}

// What the newest answer of a baseline says of the source: RO-24, at once.
void note_source(Work& work, std::string error, bool has_ticks) {
  const bool was_failing = !work.status.last_error.empty();
  if (error.empty() && has_ticks) work.good_news = "has counts of the stable arm";
  if (error.empty() && was_failing && !has_ticks) work.good_news = "answers";
  work.status.last_error = std::move(error);
}

// The 20 ticks before the rollout, as long as nothing else was counted (R3-20). Without them the
// tests are as safe and a little less sharp, so nothing waits for the answer. A question that found
// no usable answer is asked again, once a tick: it is the first to say whether the source works.
void take_baseline(Work& work, const MetricSource& metric_source) {
  if (!wants_baseline(work)) return;
  const base::Time at = base::floor_to(object_of(work).status.started_at.value_or(work.input.now),
                                       work.clock.interval);
  const Question question = baseline_question(work.input, work.resolved, metric_source, at);
  const Source& source = asked_source(work);
  const std::string key = question_key(*work.input.snapshot, question);
  const auto requests = source.render_baseline(question, work.clock.interval);
  base::Time asked = at;  // an id names when, the question itself stays that of `at`
  const std::vector<Answered> answers = answers_to(*work.input.snapshot, key);
  if (!answers.empty()) {
    const Answered& newest = answers.back();
    const BaselineReading reading =
        source.parse_baseline(question, work.clock.interval, newest.answer->responses);
    std::string error = baseline_error(work.resolved, reading);
    const bool failed = !error.empty();
    const bool adopted = adopt_baseline(work, reading);
    note_source(work, std::move(error), adopted);
    if (adopted || !plan_probe(work, metric_source, key, newest.at, requests) || !failed) return;
    asked = tick_end(work.clock, newest.at, work.input.now, patience(requests));
    wake_for(work, asked, patience(requests));
  }
  plan_probe(work, metric_source, key, asked, requests);
}

// The instant from which the next tick counts. A gap beyond R2-11's bound is jumped over, and the
// step's samples start from nothing.
base::Time cursor(Work& work, stats::Analysis& analysis) {
  base::Time from = first_instant(work.clock, work.input.samples_from);
  if (work.status.last_tick) from = std::max(from, *work.status.last_tick);
  if (!gap_too_long(work.clock, from, work.input.now)) return from;
  from = last_instant(work.clock, work.input.now);
  work.status.last_tick = from;
  work.changed = true;
  const auto& metrics = analysis.state().metrics;
  const bool counted = std::any_of(metrics.begin(), metrics.end(),
                                   [](const auto& metric) { return metric.step_ticks > 0; });
  if (counted && work.input.sampling == Sampling::kCanary) analysis.start_step();
  return from;
}

bool is_decided(const stats::Analysis& analysis) {
  switch (analysis.state().stage) {
    case stats::Stage::kCanary: return analysis.harm_found();
    case stats::Stage::kBake: return analysis.bake_harm_found();
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
                  stats::Analysis& analysis,
                  std::vector<base::Time>& failed) {
  for (const Answered& answered : answers_to(*work.input.snapshot, key)) {
    if (answered.at <= asked.previous) continue;
    Question question = asked;
    question.at = answered.at;
    const Reading reading = asked_source(work).parse(question, answered.answer->responses);
    switch (fold_reading(work.resolved, question, reading, is_answered(*answered.answer),
                         work.status, analysis)) {
      case Folded::kTick: work.changed = true; return true;
      case Folded::kNoAnswer: failed.push_back(answered.at); break;
    }
  }
  return false;
}

// The tick that decides a step is the last one with requests of its hold or, when the hold is
// shorter than a tick, the first one. Its answer comes a scrape interval and a query after its end,
// so after the hold: until then nothing is decided. Waited for is that tick alone, and no longer
// than its requests may take.
void await_decision(Work& work,
                    base::Time previous,
                    base::Duration wait,
                    const std::vector<base::Time>& failed) {
  const std::optional<api::StepStatus>& step = object_of(work).status.step;
  if (work.input.sampling != Sampling::kCanary || !step || !step->hold_until) return;
  const base::Time first = first_instant(work.clock, work.input.samples_from);
  const base::Time last_needed = std::max(*step->hold_until, first + base::Duration(1));
  if (previous >= last_needed) return;
  const base::Time end =
      std::max(instant_from(work.clock, last_needed), previous + work.clock.length);
  const base::Time deadline = end + work.clock.lag + wait;
  if (work.input.now >= deadline || (!failed.empty() && failed.back() >= end)) return;
  work.out.awaited_until = deadline;
  wake_at(work, deadline);
}

// Names the next question. An end that had no answer stays named, so that it is not asked again;
// the next one covers its counters.
void ask_next(Work& work,
              const MetricSource& metric_source,
              Question question,
              std::string_view key,
              const std::vector<base::Time>& failed) {
  const Source& source = asked_source(work);
  base::Time from = question.previous;
  question.at = from + work.clock.interval;
  auto requests = source.render(question);
  const base::Duration wait = patience(requests);
  if (!failed.empty()) {
    from = failed.back();
    question.at = from;
    if (!plan_probe(work, metric_source, key, from, source.render(question))) return;
  }
  question.at = tick_end(work.clock, from, work.input.now, wait);
  plan_probe(work, metric_source, key, question.at, source.render(question));
  wake_for(work, question.at, wait);
  await_decision(work, question.previous, wait, failed);
}

// An answer moves the cursor, and from there the next question is asked.
void take_tick(Work& work, const MetricSource& metric_source, stats::Analysis& analysis) {
  while (!is_decided(analysis)) {
    Question question = question_for(work.input, work.resolved, metric_source, work.status);
    question.previous = cursor(work, analysis);
    const std::string key = question_key(*work.input.snapshot, question);
    std::vector<base::Time> failed;
    if (take_answers(work, question, key, analysis, failed)) continue;
    ask_next(work, metric_source, std::move(question), key, failed);
    return;
  }
}

// ---- judging ----

// noData.after, but never less than it takes for one tick to be answered (RO-22, RO-24).
void judge_missing_data(Work& work) {
  const base::Time last =
      std::max(work.status.last_data.value_or(work.input.samples_from), work.input.samples_from);
  const base::Time counted_from =
      std::max(last, first_instant(work.clock, work.input.samples_from));
  const base::Time expiry = std::max(last + work.resolved.no_data_after,
                                     counted_from + 2 * work.clock.length + work.clock.lag);
  work.out.no_data_expired = work.input.now >= expiry;
  if (!work.out.no_data_expired) wake_at(work, expiry);
  work.out.data = work.status.last_tick && work.status.last_data == work.status.last_tick &&
                  work.status.last_error.empty() && !work.out.no_data_expired;
}

void blame(Evidence& out, const stats::Analysis& analysis, size_t metric, std::string sentence) {
  out.blame = analysis.state().metrics[metric].name;
  out.harm_message = std::move(sentence);
}

void judge_canary(Work& work, const stats::Analysis& analysis) {
  Evidence& out = work.out;
  out.harm = analysis.harm_found();
  const std::optional<size_t> hard = analysis.hard_limit_broken();
  out.hard_limit = hard.has_value();
  if (out.harm) {
    const size_t metric = analysis.harm().blame.value_or(0);
    blame(out, analysis, metric, harm_sentence(analysis, metric));
  } else if (hard) {
    blame(out, analysis, *hard, hard_limit_sentence(analysis, *hard));
  }
  // While the weight settles the counts are those of the step before (A31).
  out.no_harm = work.input.sampling == Sampling::kCanary && !out.harm && !out.hard_limit &&
                !out.no_data_expired && analysis.no_harm_seen(work.resolved.min_samples);
  out.evidence = out.no_harm && analysis.evidence();
}

void judge_bake(Work& work, const stats::Analysis& analysis) {
  Evidence& out = work.out;
  out.bake_harm = analysis.bake_harm_found();
  const std::optional<size_t> hard = analysis.hard_limit_broken();
  out.hard_limit = hard.has_value();
  if (out.bake_harm) {
    const size_t metric = analysis.bake_harm().blame.value_or(0);
    blame(out, analysis, metric, bake_harm_sentence(analysis, metric));
  } else if (hard) {
    blame(out, analysis, *hard, hard_limit_sentence(analysis, *hard));
  }
  if (out.bake_harm || out.hard_limit) work.status.verdict = verdict::kFail;
}

api::Requirement requirement_now(const Work& work) {
  const api::ModelDeploymentStatus& status = object_of(work).status;
  const auto index = static_cast<size_t>(status.step ? std::max(0, status.step->index) : 0);
  return requirement_of(object_of(work).spec,
                        index < status.steps.size() ? status.steps[index] : api::CanaryStep{});
}

// A passing word needs the hold to be over as well (ST-11); before that the verdict is open.
std::string canary_verdict(const Work& work) {
  const Evidence& out = work.out;
  if (out.harm || out.hard_limit) return std::string(verdict::kFail);
  if (work.input.sampling != Sampling::kCanary) return work.status.verdict;
  if (out.no_data_expired) return std::string(verdict::kNoData);
  const api::ModelDeploymentStatus& status = object_of(work).status;
  const bool held =
      status.step && status.step->hold_until && *status.step->hold_until <= work.input.now;
  if (!held || !out.no_harm) return std::string(verdict::kInconclusive);
  return std::string(out.evidence ? verdict::kPass : verdict::kNoHarm);
}

void judge(Work& work) {
  if (is_sampling(work)) judge_missing_data(work);
  if (!work.analysis) {
    if (work.out.no_data_expired) work.status.verdict = verdict::kNoData;
    return;
  }
  if (work.input.sampling == Sampling::kNone) return;
  switch (work.analysis->state().stage) {
    case stats::Stage::kCanary:
      judge_canary(work, *work.analysis);
      work.status.verdict = canary_verdict(work);
      if (work.out.harm || work.out.hard_limit) break;
      work.out.missing =
          missing_for(work.resolved, requirement_now(work), work.clock.length, *work.analysis);
      break;
    case stats::Stage::kBake: judge_bake(work, *work.analysis); break;
  }
}

// ---- saying ----

std::string unknown_source(const Work& work) {
  std::string names;
  for (const MetricSource& source : work.input.snapshot->settings.metric_sources) {
    names += names.empty() ? "it names " : ", ";
    names += source.name;
  }
  const std::string wanted = work.status.source ? work.status.source->prometheus : std::string();
  return base::concat({"metric source \"", wanted, "\" is not in the operator's configuration (",
                       names.empty() ? "it names none" : names,
                       "); name one in spec.analysis.prometheus.source"});
}

// Facts of the metrics name the source themselves or the metric alone.
std::string of_source(const MetricSource& source, std::string_view fact) {
  constexpr std::string_view kSource = "metric source ";
  return fact.starts_with(kSource) ? std::string(fact)
                                   : base::concat({kSource, source.name, ": ", fact});
}

// No answer to show: it is on its way, or was lost with the process that waited for it.
std::string silent_source(const Work& work) {
  const base::Time since = work.status.last_data.value_or(work.input.samples_from);
  return of_source(*work.source,
                   base::concat({"no answer has arrived since ",
                                 base::format_time(std::max(since, work.input.samples_from)),
                                 "; look at kaizen_metric_queries_total{source=\"",
                                 work.source->name, "\"} of the operator"}));
}

// The condition tells of the newest answer, the first failed one included (RO-24). Where nothing
// new is known, nothing is said, and what was said stands.
void say_metrics(Work& work) {
  Evidence& out = work.out;
  const std::string_view error = work.status.last_error;
  const std::string_view why = reason_of(error);
  const std::string_view fact = base::trim(error.substr(std::min(why.size() + 1, error.size())));
  const auto say = [&out](std::string_view reason, std::string message) {
    out.metrics_reason = std::string(reason);
    out.metrics_message = std::move(message);
  };
  if (!out.invalid_query.empty()) return say(reason::kQueryFailed, out.invalid_query);
  if (!work.source) return say(reason::kNotConfigured, unknown_source(work));
  // A tick without requests is nothing to worry about until noData.after has passed.
  const bool idle = why == reason::kNoTraffic.name && !out.no_data_expired;
  if (!error.empty()) {
    return say(idle ? reason::kAvailable.name : why, of_source(*work.source, fact));
  }
  if (out.no_data_expired) return say(reason::kQueryFailed, silent_source(work));
  const std::string news = out.data ? std::string("has counts of every arm") : work.good_news;
  if (news.empty()) return;
  say(reason::kAvailable, base::concat({"metric source ", work.source->name, " ", news}));
}

void save(Work& work) {
  if (work.changed && work.analysis) {
    work.status.state = store_evidence({.digest = work.digest, .state = work.analysis->state()});
    report_analysis(work.resolved, work.clock.length, *work.analysis, work.status);
  }
  work.out.status = std::move(work.status);
}

Work begin(const EvidenceInput& input, const api::AnalysisStatus& stored) {
  const RolloutSnapshot& snapshot = *input.snapshot;
  const bool decodable = snapshot.undecodable.empty();
  const api::ModelDeploymentSpec& spec = snapshot.object->spec;
  Work work{.input = input,
            .resolved = resolve_analysis(decodable ? spec : api::ModelDeploymentSpec{}),
            .source = {},
            .clock = {},
            .status = stored,
            .analysis = {},
            .good_news = {},
            .out = {}};
  work.out.configured = true;
  if (!decodable) work.resolved.problem = snapshot.undecodable;
  work.out.invalid_query = work.resolved.problem;
  if (work.resolved.problem.empty()) choose_source(spec, work.resolved, work.status);
  const std::string name = work.status.source ? work.status.source->prometheus : std::string();
  work.digest = question_digest(work.resolved, name);
  work.source = find_source(snapshot.settings, name);
  work.clock = tick_clock(work.resolved, work.source.value_or(MetricSource{}), input.slow);
  return work;
}

}  // namespace

Evidence read_evidence(const EvidenceInput& input) {
  KAIZEN_CHECK(input.snapshot != nullptr && input.extensions != nullptr, "evidence needs both");
  const std::optional<api::AnalysisStatus>& stored = input.snapshot->object->status.analysis;
  if (!stored) return {};
  if (input.sampling == Sampling::kNone && !input.baseline_wanted) {
    Evidence out;
    out.configured = true;
    out.status = stored;
    return out;
  }
  Work work = begin(input, *stored);
  open_state(work);
  if (work.source && work.resolved.problem.empty()) {
    const MetricSource source = *work.source;
    take_baseline(work, source);
    if (is_sampling(work) && work.analysis) take_tick(work, source, *work.analysis);
  }
  judge(work);
  say_metrics(work);
  save(work);
  return std::move(work.out);
}

}  // namespace kaizen::core
