#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "ext/sources/prometheus/answer_internal.h"
#include "ext/sources/prometheus/increase_internal.h"
#include "ext/sources/prometheus/latency_internal.h"
#include "ext/sources/prometheus/picture_internal.h"
#include "ext/sources/prometheus/preset_internal.h"
#include "ext/sources/prometheus/signal_internal.h"

namespace kaizen::ext::prometheus {
namespace {

namespace reason = core::reason;

// Why an arm or a signal has no counts. An empty reason: it has.
struct Lack {
  std::string_view reason;
  std::string message;

  bool any() const { return !reason.empty(); }
};

Lack lack(std::string_view why, std::string message) {
  return {why, std::move(message)};
}

// An arm of the question and what it grew by.
struct ArmGrowth {
  const core::Arm* arm = nullptr;
  bool canary = false;
  Increase increase{};
};

std::vector<ArmGrowth> arms_of(const core::Question& question) {
  std::vector<ArmGrowth> arms;
  for (const core::Arm* arm : asked_arms(question)) {
    arms.push_back({.arm = arm, .canary = question.canary && arm == &*question.canary});
  }
  return arms;
}

// "errorRate (http_requests_total)".
std::string query_name(const core::Signal& signal, std::string_view metric) {
  return base::concat({signal.name, " (", metric, ")"});
}

std::string_view role(const ArmGrowth& arm) {
  return arm.canary ? "canary" : "stable";
}

Tick tick_of(const core::Question& question) {
  return {.from = question.previous,
          .to = question.at,
          .scrape_interval = question.source.scrape_interval};
}

// MP-12: both answers, or nothing.
Lack check_answers(const core::Question& question, const Pair& pair, std::string_view what) {
  for (const Answer* answer : {pair.before, pair.after}) {
    if (!answer->ok()) return lack(reason::kQueryFailed, failed_query(question, what, *answer));
  }
  return {};
}

Lack check_whole(const ArmGrowth& arm, std::string_view what) {
  if (arm.increase.whole) return {};
  return lack(reason::kQueryFailed, base::concat({what, " of ", role(arm),
                                                  " is not a whole number; only counters can be "
                                                  "compared exactly, not rates or increase()"}));
}

Lack check_counted(const ArmGrowth& arm, std::string_view what) {
  if (arm.increase.counted) return {};
  return lack(reason::kNoTraffic,
              base::concat({what, " of ", role(arm),
                            " is seen for the first time; it counts from the next tick on"}));
}

// A tick in which an arm answered nobody says nothing about it.
Lack check_traffic(const core::SignalReading& reading) {
  const auto is_idle = [](const std::optional<core::Counts>& counts) {
    return counts && counts->n == 0;
  };
  if (!is_idle(reading.stable) && !is_idle(reading.canary)) return {};
  return lack(reason::kNoTraffic,
              base::concat({"no request was counted for ",
                            is_idle(reading.canary) ? "canary" : "stable", " in this tick"}));
}

// ---- why a preset has no series of an arm (MP-19) ----

Lack not_scraped_by_router(const core::Question& question,
                           const PresetAnswers& answers,
                           const ArmGrowth& arm) {
  if (answers.scraped->ok() && answers.scraped->series.empty()) {
    return lack(reason::kNotScraped,
                base::concat({"metric source ", question.source.name, " has no series of ",
                              answers.preset->name, " at all; ", answers.preset->advice}));
  }
  return lack(
      reason::kNoTraffic,
      base::concat({answers.preset->name, " has counted no request for Service ", question.ns, "/",
                    arm.arm->service, " yet; send traffic, or ", answers.preset->advice}));
}

// Pods too young to have been scraped twice prove nothing.
bool has_grown_pod(const core::Question& question, const core::Arm& arm) {
  const base::Time settled = question.at - 2 * question.source.scrape_interval;
  return std::ranges::any_of(arm.known_pods,
                             [&](const core::PodFact& pod) { return pod.created <= settled; });
}

Lack not_scraped_pods(const core::Question& question,
                      const PresetAnswers& answers,
                      const ArmGrowth& arm) {
  const std::string pods = base::concat({"pods ", arm.arm->workload, "-*"});
  if (!answers.scraped->ok() || !has_grown_pod(question, *arm.arm)) {
    return lack(reason::kNoTraffic,
                base::concat({"metric source ", question.source.name, " has no series ",
                              answers.preset->total, " of ", pods, " yet"}));
  }
  bool is_up = false;
  bool is_target = false;
  for (const Series& series : answers.scraped->series) {
    if (!answers.preset->belongs_to(question, *arm.arm, series.labels)) continue;
    is_target = true;
    is_up = is_up || series.points.front().value > 0;
  }
  if (!is_target) {
    return lack(reason::kNotScraped,
                base::concat({"metric source ", question.source.name, " does not scrape ", pods,
                              " (no series up); ", answers.preset->advice}));
  }
  if (!is_up) {
    return lack(reason::kNotScraped,
                base::concat({"metric source ", question.source.name, " scrapes ", pods,
                              " in vain (up is 0); ", answers.preset->advice}));
  }
  return lack(reason::kNoTraffic,
              base::concat({pods, " are scraped and have no series ", answers.preset->total,
                            "; send traffic, or let the model server export it"}));
}

Lack check_present(const core::Question& question,
                   const PresetAnswers& answers,
                   const ArmGrowth& arm,
                   std::string_view metric) {
  if (arm.increase.present) return {};
  if (answers.scraped == nullptr) return lack(reason::kNoTraffic, "");
  // The other family is there: the exporter lacks this one.
  if (metric == answers.preset->latency && knows_all(question, answers)) {
    return lack(reason::kNoTraffic,
                base::concat({"there is no histogram ", metric, " of ", role(arm),
                              " with classic buckets; let the exporter have one"}));
  }
  return answers.preset->side == kRouter ? not_scraped_by_router(question, answers, arm)
                                         : not_scraped_pods(question, answers, arm);
}

// ---- reading ----

core::SignalReading reading_of(const core::Signal& signal, const Lack& what) {
  core::SignalReading reading;
  reading.name = signal.name;
  reading.reason = what.any() ? what.reason : std::string_view(reason::kAvailable);
  reading.message = what.message;
  return reading;
}

View view_of(const core::Question& question,
             const PresetAnswers& answers,
             const ArmGrowth& arm,
             base::Time at) {
  return {.question = &question, .preset = answers.preset, .arm = arm.arm, .at = at};
}

core::Counts counts_of(const Increase& increase) {
  return {.n = std::llround(increase.of(kTotal)), .bad = std::llround(increase.of(kErrors))};
}

void set_counts(const ArmGrowth& arm, const core::Counts& counts, core::SignalReading* reading) {
  (arm.canary ? reading->canary : reading->stable) = counts;
}

// The last word on a reading that has counts.
core::SignalReading judged(core::SignalReading reading) {
  const Lack idle = check_traffic(reading);
  if (idle.any()) {
    reading.reason = idle.reason;
    reading.message = idle.message;
  }
  return reading;
}

Lack broken_lack(std::string_view what) {
  return lack(reason::kQueryFailed, base::concat({what, " has a value that is not a number"}));
}

Lack grow_total(const core::Question& question, const PresetAnswers& answers, ArmGrowth* arm) {
  const Picture before = total_picture(view_of(question, answers, *arm, question.previous),
                                       answers.total.before->series);
  const Picture after =
      total_picture(view_of(question, answers, *arm, question.at), answers.total.after->series);
  if (before.broken || after.broken) return broken_lack(answers.preset->total);
  arm->increase = increase(before, after, arm->arm->known_pods, tick_of(question));
  if (const Lack absent = check_present(question, answers, *arm, answers.preset->total);
      absent.any()) {
    return absent;
  }
  if (after.unclassified) {
    return lack(reason::kErrorsUnavailable,
                base::concat({answers.preset->total, " of ", role(*arm),
                              " has none of the labels code, status, status_code; errors cannot be "
                              "told, export one of them"}));
  }
  if (const Lack whole = check_whole(*arm, answers.preset->total); whole.any()) return whole;
  return check_counted(*arm, answers.preset->total);
}

Lack grow_buckets(const core::Question& question, const PresetAnswers& answers, ArmGrowth* arm) {
  Picture before;
  Picture after;
  std::string fault = bucket_picture(view_of(question, answers, *arm, question.previous),
                                     answers.buckets.before->series, &before);
  if (fault.empty()) {
    fault = bucket_picture(view_of(question, answers, *arm, question.at),
                           answers.buckets.after->series, &after);
  }
  if (!fault.empty()) {
    return lack(reason::kQueryFailed, base::concat({answers.preset->latency, ": ", fault}));
  }
  if (before.broken || after.broken) return broken_lack(answers.preset->latency);
  arm->increase = increase(before, after, arm->arm->known_pods, tick_of(question));
  if (const Lack absent = check_present(question, answers, *arm, answers.preset->latency);
      absent.any()) {
    return absent;
  }
  if (const Lack whole = check_whole(*arm, answers.preset->latency); whole.any()) return whole;
  return check_counted(*arm, answers.preset->latency);
}

// A series that stands for several pods falls when one of them goes: what it grew by is unknown.
Lack check_fallen(const Picture& before, const Picture& after, std::string_view field) {
  const auto earlier = before.processes.find("");
  const auto later = after.processes.find("");
  if (earlier == before.processes.end() || later == after.processes.end()) return {};
  const double was = earlier->second.counters.begin()->second;
  const double is = later->second.counters.begin()->second;
  if (is >= was) return {};
  return lack(reason::kQueryFailed,
              base::concat({field,
                            " fell: a pod went or began anew; the tick has no data, write sum by "
                            "(pod) (...) so that pods can be told apart"}));
}

// The growth of one counter of a ratio.
Lack grow_custom(const core::Question& question,
                 const Pair& pair,
                 const std::string& field,
                 ArmGrowth* arm) {
  if (const Lack failed = check_answers(question, pair, field); failed.any()) return failed;
  const std::optional<Picture> before =
      custom_picture(question, question.previous, pair.before->series);
  const std::optional<Picture> after = custom_picture(question, question.at, pair.after->series);
  if (!before || !after) {
    const size_t count = std::max(pair.before->series.size(), pair.after->series.size());
    return lack(reason::kMultipleSeries,
                fmt::format("{} of {} gives {} series; it must give one, or one for each pod: "
                            "aggregate it",
                            field, role(*arm), count));
  }
  if (before->broken || after->broken) return broken_lack(field);
  if (const Lack fallen = check_fallen(*before, *after, field); fallen.any()) return fallen;
  arm->increase = increase(*before, *after, arm->arm->known_pods, tick_of(question));
  if (!arm->increase.present) {
    return lack(reason::kNoTraffic, base::concat({field, " of ", role(*arm),
                                                  " gives no series (MP-4); send traffic, or "
                                                  "correct the query"}));
  }
  if (const Lack whole = check_whole(*arm, field); whole.any()) return whole;
  return check_counted(*arm, field);
}

}  // namespace

std::string failed_query(const core::Question& question,
                         std::string_view what,
                         const Answer& answer) {
  return base::concat({"metric source ", question.source.name, ", ", what, ": ", answer.fault, "; ",
                       answer.advice});
}

core::SignalReading read_error_rate(const core::Question& question,
                                    const core::Signal& signal,
                                    const PresetAnswers& answers) {
  const std::string what = query_name(signal, answers.preset->total);
  if (const Lack failed = check_answers(question, answers.total, what); failed.any()) {
    return reading_of(signal, failed);
  }
  core::SignalReading reading = reading_of(signal, {});
  for (ArmGrowth& arm : arms_of(question)) {
    const Lack missing = grow_total(question, answers, &arm);
    if (missing.any()) return reading_of(signal, missing);
    set_counts(arm, counts_of(arm.increase), &reading);
  }
  return judged(std::move(reading));
}

core::SignalReading read_latency(const core::Question& question,
                                 const core::Signal& signal,
                                 const PresetAnswers& answers) {
  const std::string what = query_name(signal, answers.preset->latency);
  if (const Lack failed = check_answers(question, answers.buckets, what); failed.any()) {
    return reading_of(signal, failed);
  }
  std::vector<ArmGrowth> arms = arms_of(question);
  LatencyInput input = {.threshold = signal.threshold,
                        .units_per_second = answers.preset->units_per_second,
                        .metric = answers.preset->latency};
  for (ArmGrowth& arm : arms) {
    const Lack missing = grow_buckets(question, answers, &arm);
    if (missing.any()) return reading_of(signal, missing);
    (arm.canary ? input.canary : input.stable) = &arm.increase;
  }
  const Slow slow = count_slow(input);
  if (!slow.reason.empty()) return reading_of(signal, {slow.reason, slow.message});
  core::SignalReading reading = reading_of(signal, {});
  reading.stable = slow.stable;
  reading.canary = slow.canary;
  reading.threshold_used = slow.boundary;
  return judged(std::move(reading));
}

core::SignalReading read_ratio(const core::Question& question,
                               const core::Signal& signal,
                               const RatioAnswers& stable,
                               const RatioAnswers& canary) {
  core::SignalReading reading = reading_of(signal, {});
  for (const ArmGrowth& arm : arms_of(question)) {
    const RatioAnswers& answers = arm.canary ? canary : stable;
    ArmGrowth part = arm;
    ArmGrowth whole = arm;
    if (const Lack missing = grow_custom(question, answers.denominator,
                                         base::concat({signal.name, ".denominator"}), &whole);
        missing.any()) {
      return reading_of(signal, missing);
    }
    if (const Lack missing = grow_custom(question, answers.numerator,
                                         base::concat({signal.name, ".numerator"}), &part);
        missing.any()) {
      return reading_of(signal, missing);
    }
    const int64_t n = std::llround(whole.increase.of(kTotal));
    const int64_t hits = std::llround(part.increase.of(kTotal));
    if (hits > n) {
      return reading_of(
          signal,
          lack(reason::kQueryFailed,
               base::concat({signal.name, ".numerator of ", role(arm),
                             " grew by more than its denominator; the first must count a part of "
                             "the second"})));
    }
    set_counts(arm, {.n = n, .bad = signal.complement ? n - hits : hits}, &reading);
  }
  return judged(std::move(reading));
}

bool knows_any(const core::Question& question, const PresetAnswers& answers) {
  const Answer* answer =
      answers.total.after != nullptr ? answers.total.after : answers.buckets.after;
  return std::ranges::any_of(asked_arms(question), [&](const core::Arm* arm) {
    return std::ranges::any_of(answer->series, [&](const Series& series) {
      return answers.preset->belongs_to(question, *arm, series.labels);
    });
  });
}

bool knows_all(const core::Question& question, const PresetAnswers& answers) {
  const Answer* answer =
      answers.total.after != nullptr ? answers.total.after : answers.buckets.after;
  return std::ranges::all_of(asked_arms(question), [&](const core::Arm* arm) {
    return std::ranges::any_of(answer->series, [&](const Series& series) {
      return answers.preset->belongs_to(question, *arm, series.labels);
    });
  });
}

}  // namespace kaizen::ext::prometheus
