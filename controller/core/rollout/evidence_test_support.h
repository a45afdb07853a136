// A rollout as evidence sees it, for tests: an object, a clock, and a metric source that gives the
// readings a test wrote down. Each decision's status goes through its JSON form, as it does in a
// cluster. One test, one Story; not for threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "api/tables.h"
#include "base/number.h"
#include "base/ref.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/rollout/evidence.h"
#include "core/rollout/snapshot.h"
#include "schema/bounds.h"
#include "schema/codec.h"

namespace kaizen::core::testing_support {

// ---- the scripted source: a response's body is the number of a reading ----

struct Script {
  std::vector<Reading> readings;
  std::vector<BaselineReading> baselines;
  std::vector<Question> parsed;  // every question whose answer was read
};

inline Script& script() {
  static Script the_script;
  return the_script;
}

inline base::Result<std::vector<base::HttpRequest>> render_tick(const Question& question) {
  for (const Signal& signal : question.signals) {
    if (signal.numerator.find("${nonsense}") != std::string::npos) {
      return base::invalid("spec.analysis.metrics: " + signal.name +
                           ": placeholder ${nonsense} is not known");
    }
  }
  base::HttpRequest request;
  request.target = "/tick?from=" + std::to_string(question.previous.unix_s()) +
                   "&to=" + std::to_string(question.at.unix_s());
  return std::vector<base::HttpRequest>{request};
}

inline std::optional<size_t> number_of(
    std::span<const base::Result<base::HttpResponse>> responses) {
  if (responses.size() != 1 || !responses.front().ok()) return std::nullopt;
  const auto number = base::parse_int(responses.front()->body);
  if (!number) return std::nullopt;
  return static_cast<size_t>(*number);
}

inline Reading parse_tick(const Question& question,
                          std::span<const base::Result<base::HttpResponse>> responses) {
  script().parsed.push_back(question);
  if (const auto number = number_of(responses)) return script().readings.at(*number);
  Reading reading;
  reading.reason = "QueryFailed";
  reading.message = responses.front().ok() ? "not a number" : responses.front().error().message;
  return reading;
}

inline base::Result<std::vector<base::HttpRequest>> render_range(const Question& question,
                                                                 base::Duration) {
  base::HttpRequest request;
  request.target = "/range?to=" + std::to_string(question.at.unix_s());
  return std::vector<base::HttpRequest>{request};
}

inline BaselineReading parse_range(const Question& question,
                                   base::Duration,
                                   std::span<const base::Result<base::HttpResponse>> responses) {
  script().parsed.push_back(question);
  if (const auto number = number_of(responses)) return script().baselines.at(*number);
  BaselineReading reading;
  reading.ticks.resize(question.signals.size());
  for (const Signal& signal : question.signals) {
    reading.failures.push_back("metric source " + question.source.name + ", " + signal.name +
                               ": the source answers HTTP 503; look at the source's own log");
  }
  return reading;
}

inline constexpr Source kScripted = {.name = "scripted",
                                     .render = render_tick,
                                     .parse = parse_tick,
                                     .render_baseline = render_range,
                                     .parse_baseline = parse_range};

// ---- readings ----

inline SignalReading counts_of(const std::string& name, Counts stable, Counts canary) {
  SignalReading signal;
  signal.name = name;
  signal.stable = stable;
  signal.canary = canary;
  signal.reason = "Available";
  return signal;
}

inline Reading reading_of(std::vector<SignalReading> signals) {
  Reading reading;
  reading.preset = "http";
  reading.side = "Server";
  reading.reason = "Available";
  reading.signals = std::move(signals);
  return reading;
}

// Errors of both arms in one tick.
inline Reading errors(Counts stable, Counts canary) {
  return reading_of({counts_of("errorRate", stable, canary)});
}

// 0.5 % of errors in both arms, and 5 % in the canary.
inline Reading healthy_tick() {
  return errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 1});
}

inline Reading sick_tick() {
  return errors({.n = 2700, .bad = 14}, {.n = 300, .bad = 15});
}

// Why nothing was counted, from both arms.
inline Reading nothing(const std::string& reason, const std::string& message = "fact") {
  Reading reading;
  reading.reason = reason;
  reading.message = message;
  SignalReading signal;
  signal.name = "errorRate";
  signal.reason = reason;
  signal.message = message;
  reading.signals.push_back(std::move(signal));
  return reading;
}

// ---- the rollout ----

inline base::Time at_second(int64_t seconds) {
  return base::Time::from_unix_s(1'784'000'100 + seconds);  // a multiple of 30 s and of 5 min
}

class Story {
 public:
  explicit Story(const std::string& spec = "{}") {
    script() = {};
    object.metadata.name = "ranker";
    object.metadata.ns = "shop";
    object.metadata.uid = *base::parse_uid("01234567-89ab-cdef-0123-456789abcdef");
    set_spec(spec);
    object.status.phase = api::Phase::kProgressing;
    object.status.started_at = at_second(-300);
    object.status.steps = {step(10, 300), step(50, 300)};
    object.status.step = api::StepStatus{};
    snapshot.settings.metric_sources = {source("main"), source("other")};
    snapshot.settings.default_metric_source = "main";
    extensions.sources = std::span<const Source>(&kScripted, 1);
    input.sampling = Sampling::kCanary;
    input.stable_revision = "4be2a9905d";
    input.candidate_revision = "9f2c4e1ab7";
    input.samples_from = at_second(0);
    now = at_second(0);
  }

  static MetricSource source(const std::string& name) {
    MetricSource made;
    made.name = name;
    return made;
  }

  static api::CanaryStep step(int32_t weight, int64_t hold_s) {
    api::CanaryStep made;
    made.weight = weight;
    made.hold = std::chrono::seconds(hold_s);
    return made;
  }

  void set_spec(const std::string& json) {
    auto spec = schema::decode<api::ModelDeploymentSpec>(json);
    ASSERT_TRUE(spec.ok()) << spec.error().message;
    object.spec = std::move(spec).value();
  }

  // Start and first step, as advance does it.
  void begin() {
    freeze();
    object.status.analysis = start_analysis(snapshot);
    begin_step();
  }

  void begin_step() {
    freeze();
    start_step(*object.status.analysis, snapshot, object.status.steps);
  }

  void begin_bake() {
    freeze();
    start_bake(*object.status.analysis, snapshot);
    input.sampling = Sampling::kBake;
    input.candidate_revision = "9f2c4e1ab7";
    input.stable_revision.clear();
    input.samples_from = now;
  }

  // One decision at `now`; what it wants written is written.
  const Evidence& decide() {
    freeze();
    input.snapshot = &snapshot;
    input.extensions = &extensions;
    input.now = now;
    last = read_evidence(input);
    object.status.analysis = last.status;
    through_json();
    return last;
  }

  // Answers the probe with that number once it may be asked, and decides then.
  const Evidence& answer(size_t probe, const Reading& reading) {
    script().readings.push_back(reading);
    return respond(probe, std::to_string(script().readings.size() - 1));
  }

  const Evidence& answer_baseline(const BaselineReading& reading) {
    script().baselines.push_back(reading);
    return respond(0, std::to_string(script().baselines.size() - 1));
  }

  // The source is down: 503 to everything.
  const Evidence& fail(size_t probe) { return respond(probe, "down", 503); }

  const Evidence& respond(size_t probe, const std::string& body, int32_t code = 200) {
    const Probe asked = last.probes.at(probe);
    now = std::max(now, asked.not_before);
    base::HttpResponse response;
    response.status = code;
    response.body = body;
    snapshot.answers.push_back({.id = asked.id, .responses = {response}});
    decide();
    forget_unnamed();
    return last;
  }

  // One scheduled tick: decide, wait until the question may be asked, answer, decide. Nothing when
  // nothing is asked any more.
  const Evidence& tick(const Reading& reading) {
    decide();
    if (last.probes.empty()) return last;
    return answer(last.probes.size() - 1, reading);
  }

  const Evidence& ticks(int count, const Reading& reading) {
    for (int i = 0; i < count; ++i) tick(reading);
    return last;
  }

  const api::AnalysisStatus& status() const { return *object.status.analysis; }

  const api::MetricStatus& row(const std::string& name) const {
    for (const api::MetricStatus& metric : status().metrics) {
      if (metric.name == name) return metric;
    }
    ADD_FAILURE() << "no row " << name;
    static const api::MetricStatus kNone;
    return kNone;
  }

  // As the probe machine does: an answer lives as long as plans name it.
  void forget_unnamed() {
    std::erase_if(snapshot.answers, [&](const Answer& held) {
      return std::none_of(last.probes.begin(), last.probes.end(),
                          [&](const Probe& probe) { return probe.id == held.id; });
    });
  }

  api::ModelDeployment object;
  RolloutSnapshot snapshot;
  Extensions extensions;
  EvidenceInput input;
  base::Time now;
  Evidence last;

 private:
  void freeze() { snapshot.object = base::make_ref(object); }

  void through_json() {
    const auto back = schema::decode<api::ModelDeploymentStatus>(schema::encode(object.status));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, object.status) << "status must survive its JSON form";
    for (const std::string& broken : schema::broken_bounds(object.status)) {
      ADD_FAILURE() << "SEC-46: " << broken;
    }
    object.status = *back;
  }
};

}  // namespace kaizen::core::testing_support
