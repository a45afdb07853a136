#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/number.h"
#include "base/text.h"
#include "core/reasons.h"
#include "core/training/gate/checks_internal.h"
#include "core/training/gate/gate.h"
#include "core/training/result.h"
#include "stats/gate/bounds.h"
#include "stats/gate/judge.h"

namespace kaizen::core {

namespace {

namespace gate = stats::gate;

// Beyond it a bound is noise, and the last bits of a logarithm may differ between machines (GT-23).
constexpr int kShownDigits = 6;

std::optional<api::Decimal> shown(double value) {
  const auto rounded = base::parse_decimal(fmt::format("{:.{}e}", value, kShownDigits - 1));
  if (!rounded) return std::nullopt;
  return api::Decimal{*rounded};
}

std::string shown_text(std::string_view text) {
  return base::truncate_utf8(base::without_controls(text), api::training_limits::kDetail);
}

gate::Direction direction_of(api::MetricGoal goal) {
  switch (goal) {
    case api::MetricGoal::kHigher: return gate::Direction::kHigher;
    case api::MetricGoal::kLower: return gate::Direction::kLower;
  }
  return gate::Direction::kHigher;
}

gate::Require require_of(api::GateRequire require) {
  switch (require) {
    case api::GateRequire::kNonInferior: return gate::Require::kNonInferior;
    case api::GateRequire::kSuperior: return gate::Require::kSuperior;
  }
  return gate::Require::kSuperior;
}

gate::SliceTerms::Mode mode_of(api::SliceMode mode) {
  switch (mode) {
    case api::SliceMode::kNoEvidenceOfHarm: return gate::SliceTerms::Mode::kNoEvidenceOfHarm;
    case api::SliceMode::kNonInferior: return gate::SliceTerms::Mode::kNonInferior;
  }
  return gate::SliceTerms::Mode::kNonInferior;
}

std::string_view method_of(const gate::Evidence& evidence) {
  if (std::holds_alternative<gate::PairedCounts>(evidence)) return "PairedCounts";
  if (std::holds_alternative<gate::Blocks>(evidence)) return "Blocks";
  if (std::holds_alternative<gate::Moments>(evidence)) return "Moments";
  if (std::holds_alternative<gate::UnpairedCounts>(evidence)) return "UnpairedCounts";
  return "Point";
}

void set_verdict(GateCheck& check, gate::Verdict verdict) {
  switch (verdict) {
    case gate::Verdict::kPass:
      check.evidence.verdict = api::CheckVerdict::kPass;
      check.effect = GateEffect::kNone;
      return;
    case gate::Verdict::kFail:
      check.evidence.verdict = api::CheckVerdict::kFail;
      check.effect = GateEffect::kFail;
      return;
    case gate::Verdict::kInconclusive:
      check.evidence.verdict = api::CheckVerdict::kInconclusive;
      check.effect = GateEffect::kInconclusive;
      return;
  }
}

void set_too_small(GateCheck& check, GateEffect effect, std::string detail) {
  check.evidence.verdict = api::CheckVerdict::kTooSmall;
  check.effect = effect;
  check.detail = std::move(detail);
}

void set_bounds(GateCheck& check, const gate::Bounds& bounds) {
  check.evidence.lower = shown(bounds.lower);
  check.evidence.upper = shown(bounds.upper);
}

// What the two reported numbers say, as an improvement.
std::optional<double> reported_gain(const ReportedComparison& reported, gate::Direction direction) {
  if (!reported.champion) return std::nullopt;
  const double difference = reported.challenger - *reported.champion;
  return direction == gate::Direction::kLower ? -difference : difference;
}

// Swapped or empty counts are an easy mistake, and would promote exactly the worse models: where
// the two numbers speak against what the counts show, nobody is sure.
void doubt_contradiction(GateCheck& check,
                         const gate::Bounds& improvement,
                         std::optional<double> gain) {
  if (check.evidence.verdict != api::CheckVerdict::kPass || !gain) return;
  if (*gain >= check.evidence.threshold->value || *gain >= improvement.lower) return;
  set_verdict(check, gate::Verdict::kInconclusive);
  check.detail = "champion and challenger contradict the evidence";
}

// Moments are of differences, except where nothing is compared: then of the challenger's values,
// whose mean is the reported number.
bool moments_are_of_challenger(const ReportedComparison& reported) {
  constexpr double kRounding = 1e-6;
  return reported.moments && !reported.champion &&
         std::fabs(reported.moments->mean - reported.challenger) <=
             kRounding * std::max(1.0, std::fabs(reported.challenger));
}

class CheckRun {
 public:
  CheckRun(const api::Gate& terms,
           const ResultDocument& document,
           const GateSubject& subject,
           bool counts_since_onset)
      : terms_(terms),
        document_(document),
        evaluation_(*document.evaluation),
        subject_(subject),
        counts_since_onset_(counts_since_onset),
        alpha_(1.0 - terms.confidence.value) {}

  GateChecks run();

 private:
  struct Where {
    std::string_view check;  // "primary"
    std::string path;        // "gate.primary"
    std::string_view slice = kAllExamples;
  };

  void compare(const Where& where, const api::GateComparison& terms);
  void compare_slices(const api::GateSlices& terms);
  void compare_since_onset();
  void check_floor(const api::GateFloor& terms, size_t index);
  void check_fairness(const api::GateFairness& terms, size_t index);
  void check_limit(const api::GateLimit& terms, size_t index);

  void judge_floor_by_bound(GateCheck& check,
                            const ReportedComparison& reported,
                            const gate::Floor& floor);
  void finish_slice(GateCheck check,
                    const ReportedComparison& reported,
                    const gate::JudgedSlice& judged,
                    const gate::SliceTerms& terms);

  const ReportedComparison* find(std::string_view metric, std::string_view slice) const;
  std::optional<double> metric_value(std::string_view metric) const;
  GateCheck check_of(std::string_view name, const ReportedComparison& reported) const;
  std::string_view slices_metric(const api::GateSlices& terms) const;
  gate::Direction goal_of(std::string_view metric) const;
  bool is_ordinary_slice(const ReportedComparison& reported, std::string_view metric) const;
  void missing(std::string what);
  void malformed(const ReportedComparison& reported, const gate::Unbounded& trouble);

  const api::Gate& terms_;
  const ResultDocument& document_;
  const ReportedEvaluation& evaluation_;
  const GateSubject& subject_;
  bool counts_since_onset_;
  double alpha_;
  GateChecks result_;
  std::vector<std::string> missing_;
};

GateChecks CheckRun::run() {
  if (subject_.champion) {
    if (terms_.primary) {
      compare({.check = "primary", .path = "gate.primary"}, *terms_.primary);
      compare_since_onset();
    }
    for (size_t i = 0; i < terms_.budgets.size(); ++i) {
      compare({.check = "budget", .path = fmt::format("gate.budgets[{}]", i)}, terms_.budgets[i]);
    }
    if (terms_.slices) compare_slices(*terms_.slices);
  }
  for (size_t i = 0; i < terms_.floors.size(); ++i) check_floor(terms_.floors[i], i);
  for (size_t i = 0; i < terms_.fairness.size(); ++i) check_fairness(terms_.fairness[i], i);
  for (size_t i = 0; i < terms_.limits.size(); ++i) check_limit(terms_.limits[i], i);
  if (!result_.problem && !missing_.empty()) {
    result_.problem = ResultProblem{
        .reason = &reason::kResultMissing,
        .message = base::truncate_utf8(base::join(missing_, "; "), api::training_limits::kDetail)};
  }
  return std::move(result_);
}

void CheckRun::compare(const Where& where, const api::GateComparison& terms) {
  const ReportedComparison* reported = find(terms.metric, where.slice);
  if (reported == nullptr) {
    missing(fmt::format("evaluation.comparisons: {} on {} is missing ({})", terms.metric,
                        where.slice, where.path));
    return;
  }
  GateCheck check = check_of(where.check, *reported);
  const gate::Direction direction = direction_of(terms.direction);
  const gate::Require require = require_of(terms.require);
  const gate::Evidence evidence = evidence_of(*reported);
  const std::optional<double> gain = reported_gain(*reported, direction);
  check.evidence.method = method_of(evidence);
  check.evidence.threshold = api::Decimal{gate::threshold(require, terms.margin.value)};
  const auto bounds = gate::difference(evidence, alpha_);
  if (!bounds.ok() && bounds.error().why == gate::Unbounded::Why::kMalformed) {
    malformed(*reported, bounds.error());
    return;
  }
  if (samples_of(*reported) < terms.min_samples) {
    set_too_small(
        check, GateEffect::kInconclusive,
        fmt::format("n: {}, at least {} are wanted", samples_of(*reported), terms.min_samples));
  } else if (!bounds.ok() && !std::holds_alternative<std::monostate>(evidence)) {
    set_too_small(check, GateEffect::kInconclusive, bounds.error().message);
  } else if (!bounds.ok()) {
    check.detail = reported->interval ? "an interval alone is not judged by this version"
                                      : bounds.error().message;
    set_verdict(check, gate::Verdict::kInconclusive);
  }
  if (!bounds.ok()) {
    if (gain) check.evidence.delta = shown(*gain);
    result_.checks.push_back(std::move(check));
    return;
  }
  const gate::Bounds improvement = gate::oriented(*bounds, direction);
  check.evidence.delta = shown(improvement.estimate);
  set_bounds(check, improvement);
  if (check.detail.empty()) {
    set_verdict(check, gate::judge(improvement, require, terms.margin.value));
    doubt_contradiction(check, improvement, gain);
  }
  result_.checks.push_back(std::move(check));
}

// R2-21: counts only from a set that nothing was learned from; absent or too small, that is said
// and nothing more, because labels may come months later.
void CheckRun::compare_since_onset() {
  if (!subject_.is_drift) return;
  if (find(terms_.primary->metric, kSinceOnset) == nullptr) {
    result_.notes.emplace_back("the slice since-onset is not reported");
    return;
  }
  if (!counts_since_onset_) {
    result_.notes.emplace_back("the slice since-onset is not of a data set that may judge");
    return;
  }
  constexpr int64_t kFewest = 100;  // the fewest that GT-10's bounds were simulated with
  api::GateComparison terms = *terms_.primary;
  terms.require = api::GateRequire::kNonInferior;
  terms.min_samples = terms_.slices ? terms_.slices->min_samples : kFewest;
  compare({.check = "since-onset", .path = "gate.primary", .slice = kSinceOnset}, terms);
  if (result_.problem) return;
  GateCheck& check = result_.checks.back();
  if (check.evidence.verdict == api::CheckVerdict::kTooSmall) {
    check.effect = GateEffect::kNone;
    result_.notes.push_back(base::concat({"since-onset: ", check.detail}));
  }
}

void CheckRun::compare_slices(const api::GateSlices& terms) {
  const std::string_view metric = slices_metric(terms);
  for (const std::string& slice : terms.required) {
    if (find(metric, slice) == nullptr) {
      missing(fmt::format("evaluation.comparisons: {} on {} is missing (gate.slices.required)",
                          metric, shown_text(slice)));
    }
  }
  std::vector<const ReportedComparison*> reported;
  std::vector<gate::Slice> slices;
  for (const ReportedComparison& comparison : evaluation_.comparisons) {
    if (!is_ordinary_slice(comparison, metric)) continue;
    reported.push_back(&comparison);
    slices.push_back({.samples = samples_of(comparison), .evidence = evidence_of(comparison)});
  }
  const gate::SliceTerms how{.mode = mode_of(terms.mode),
                             .direction = goal_of(metric),
                             .margin = terms.margin.value,
                             .min_samples = terms.min_samples,
                             .alpha = alpha_};
  const gate::SliceVerdicts verdicts = gate::judge_slices(slices, how);
  for (size_t i = 0; i < slices.size(); ++i) {
    GateCheck check = check_of("slice", *reported[i]);
    check.evidence.method = method_of(slices[i].evidence);
    check.evidence.threshold = api::Decimal{-terms.margin.value};
    finish_slice(std::move(check), *reported[i], verdicts.slices[i], how);
  }
}

void CheckRun::finish_slice(GateCheck check,
                            const ReportedComparison& reported,
                            const gate::JudgedSlice& judged,
                            const gate::SliceTerms& terms) {
  const std::optional<double> gain = reported_gain(reported, terms.direction);
  if (judged.improvement) {
    check.evidence.delta = shown(judged.improvement->estimate);
    set_bounds(check, *judged.improvement);
    set_verdict(check, judged.verdict);
    doubt_contradiction(check, *judged.improvement, gain);
  } else if (judged.unbounded->why == gate::Unbounded::Why::kMalformed) {
    malformed(reported, *judged.unbounded);
    return;
  } else if (check.evidence.method == "Point" && samples_of(reported) >= terms.min_samples) {
    if (gain) check.evidence.delta = shown(*gain);
    check.detail = judged.unbounded->message;
    set_verdict(check, gate::Verdict::kInconclusive);
  } else {
    GateEffect effect = GateEffect::kNone;
    switch (terms_.slices->on_too_small) {
      case api::OnTooSmall::kIgnore: break;
      case api::OnTooSmall::kRequireApproval: effect = GateEffect::kAskForSmall; break;
      case api::OnTooSmall::kReject: effect = GateEffect::kRejectSmall; break;
    }
    set_too_small(check, effect, judged.unbounded->message);
  }
  result_.checks.push_back(std::move(check));
}

void CheckRun::check_floor(const api::GateFloor& terms, size_t index) {
  const ReportedComparison* reported = find(terms.metric, terms.slice);
  std::optional<double> value;
  if (reported != nullptr) value = reported->challenger;
  if (!value && terms.slice == kAllExamples) value = metric_value(terms.metric);
  if (!value) {
    missing(fmt::format("evaluation.comparisons: {} on {} is missing (gate.floors[{}])",
                        terms.metric, shown_text(terms.slice), index));
    return;
  }
  const gate::Floor floor{.value = terms.min ? terms.min->value : terms.max->value,
                          .is_ceiling = !terms.min};
  GateCheck check;
  if (reported != nullptr) check = check_of("floor", *reported);
  check.evidence.check = "floor";
  check.evidence.metric = terms.metric;
  check.evidence.slice = shown_text(terms.slice);
  check.evidence.champion = std::nullopt;  // a floor is about one model
  check.evidence.challenger = api::Decimal{*value};
  check.evidence.threshold = api::Decimal{floor.value};
  check.evidence.method = "Point";
  set_verdict(check, gate::judge_floor(*value, floor));
  if (terms.mode == api::FloorMode::kBound && reported != nullptr) {
    judge_floor_by_bound(check, *reported, floor);
  }
  if (!result_.problem) result_.checks.push_back(std::move(check));
}

// Leaves the verdict by the number where there is nothing better (GT-17).
void CheckRun::judge_floor_by_bound(GateCheck& check,
                                    const ReportedComparison& reported,
                                    const gate::Floor& floor) {
  std::optional<gate::Bounded<gate::Bounds>> level;
  if (reported.challenger_hits) {
    check.evidence.method = "Wilson";
    level = gate::level(*reported.challenger_hits, alpha_);
  } else if (!reported.blocks.empty()) {
    check.evidence.method = "Blocks";
    level = gate::level(reported.blocks, alpha_);
  } else if (moments_are_of_challenger(reported)) {
    check.evidence.method = "Moments";
    level = gate::level(*reported.moments, alpha_);
  }
  if (!level) return;
  if (level->ok()) {
    set_bounds(check, **level);
    set_verdict(check, gate::judge_floor(**level, floor));
  } else if (level->error().why == gate::Unbounded::Why::kMalformed) {
    malformed(reported, level->error());
  } else {
    set_too_small(check, GateEffect::kInconclusive, level->error().message);
  }
}

void CheckRun::check_fairness(const api::GateFairness& terms, size_t index) {
  std::vector<gate::Hits> hits;
  std::vector<std::string_view> names;
  for (const ReportedGroup& group : evaluation_.groups) {
    if (group.metric != terms.metric || group.dimension != terms.dimension) continue;
    hits.push_back(group.hits);
    names.emplace_back(group.group);
  }
  if (hits.empty()) {
    missing(fmt::format("evaluation.groups: {} by {} is missing (gate.fairness[{}])", terms.metric,
                        shown_text(terms.dimension), index));
    return;
  }
  const gate::Disparity disparity = terms.max_gap
                                        ? gate::judge_gap(hits, terms.max_gap->value, alpha_)
                                        : gate::judge_ratio(hits, terms.min_ratio->value, alpha_);
  GateCheck check;
  check.evidence.check = "fairness";
  check.evidence.metric = terms.metric;
  check.evidence.slice = shown_text(terms.dimension);
  check.evidence.method = terms.max_gap ? "Newcombe" : "LogRatio";
  check.evidence.threshold = terms.max_gap ? terms.max_gap : terms.min_ratio;
  if (disparity.bounds) {
    check.evidence.slice = shown_text(
        fmt::format("{}: {}/{}", terms.dimension, names[disparity.first], names[disparity.second]));
    check.evidence.samples = std::min(hits[disparity.first].n, hits[disparity.second].n);
    check.evidence.delta = shown(disparity.bounds->estimate);
    set_bounds(check, *disparity.bounds);
  }
  if (disparity.unbounded) check.detail = disparity.unbounded->message;
  set_verdict(check, disparity.verdict);
  if (hits.size() < 2) set_too_small(check, GateEffect::kInconclusive, std::move(check.detail));
  result_.checks.push_back(std::move(check));
}

// One check per bound: of `maxIncrease`, delta is the relative increase.
void CheckRun::check_limit(const api::GateLimit& terms, size_t index) {
  const ReportedComparison* reported = find(terms.metric, kAllExamples);
  std::optional<double> value = metric_value(terms.metric);
  if (reported != nullptr) value = reported->challenger;
  if (!value) {
    missing(fmt::format("metrics: {} is missing (gate.limits[{}])", terms.metric, index));
    return;
  }
  GateCheck check;
  check.evidence.check = "limit";
  check.evidence.metric = terms.metric;
  check.evidence.slice = std::string(kAllExamples);
  check.evidence.method = "Point";
  check.evidence.challenger = api::Decimal{*value};
  if (terms.max) {
    GateCheck most = check;
    most.evidence.threshold = terms.max;
    const gate::Limit limit{.max = terms.max->value, .max_increase = std::nullopt};
    set_verdict(most,
                gate::judge_limit({.value = *value, .champion = std::nullopt}, limit).verdict);
    result_.checks.push_back(std::move(most));
  }
  if (!terms.max_increase) return;
  const bool is_compared = subject_.champion && reported != nullptr;
  const gate::Limit limit{.max = std::nullopt, .max_increase = terms.max_increase->value};
  const gate::JudgedLimit judged = gate::judge_limit(
      {.value = *value, .champion = is_compared ? reported->champion : std::nullopt}, limit);
  if (!judged.increase) {
    result_.notes.push_back(
        fmt::format("{}: without the champion's value only max counts", terms.metric));
    return;
  }
  check.evidence.method = "PointIncrease";
  check.evidence.champion = api::Decimal{*reported->champion};
  check.evidence.delta = shown(*judged.increase);
  check.evidence.threshold = terms.max_increase;
  set_verdict(check, judged.verdict);
  result_.checks.push_back(std::move(check));
}

const ReportedComparison* CheckRun::find(std::string_view metric, std::string_view slice) const {
  const auto at = std::find_if(
      evaluation_.comparisons.begin(), evaluation_.comparisons.end(),
      [&](const ReportedComparison& c) { return c.metric == metric && c.slice == slice; });
  return at == evaluation_.comparisons.end() ? nullptr : &*at;
}

std::optional<double> CheckRun::metric_value(std::string_view metric) const {
  const auto at = document_.metrics.find(metric);
  if (at == document_.metrics.end()) return std::nullopt;
  return at->second;
}

GateCheck CheckRun::check_of(std::string_view name, const ReportedComparison& reported) const {
  GateCheck check;
  check.evidence.check = std::string(name);
  check.evidence.metric = reported.metric;
  check.evidence.slice = shown_text(reported.slice);
  if (reported.champion) check.evidence.champion = api::Decimal{*reported.champion};
  check.evidence.challenger = api::Decimal{reported.challenger};
  check.evidence.samples = samples_of(reported);
  return check;
}

std::string_view CheckRun::slices_metric(const api::GateSlices& terms) const {
  return terms.metric.empty() ? std::string_view(terms_.primary->metric) : terms.metric;
}

// slices has no direction of its own: that of the comparison of the same metric.
gate::Direction CheckRun::goal_of(std::string_view metric) const {
  if (terms_.primary && terms_.primary->metric == metric) {
    return direction_of(terms_.primary->direction);
  }
  for (const api::GateComparison& budget : terms_.budgets) {
    if (budget.metric == metric) return direction_of(budget.direction);
  }
  return gate::Direction::kHigher;
}

bool CheckRun::is_ordinary_slice(const ReportedComparison& reported,
                                 std::string_view metric) const {
  const bool is_elsewhere = !reported.dataset.empty() && reported.dataset != evaluation_.dataset;
  return reported.metric == metric && reported.slice != kAllExamples && !is_elsewhere &&
         !(subject_.is_drift && reported.slice == kSinceOnset);
}

void CheckRun::missing(std::string what) {
  missing_.push_back(std::move(what));
}

void CheckRun::malformed(const ReportedComparison& reported, const gate::Unbounded& trouble) {
  if (result_.problem) return;
  const auto index = &reported - evaluation_.comparisons.data();
  result_.problem = ResultProblem{
      .reason = &reason::kResultMalformed,
      .message = fmt::format("evaluation.comparisons[{}].{}", index, trouble.message)};
}

std::optional<std::string> comparison_trouble(const api::GateComparison& terms) {
  if (!(terms.margin.value >= 0.0) || std::isinf(terms.margin.value)) {
    return "margin is a number from 0";
  }
  return std::nullopt;
}

std::optional<std::string> fairness_trouble(const api::GateFairness& terms) {
  if (terms.max_gap.has_value() == terms.min_ratio.has_value()) {
    return "exactly one of maxGap and minRatio";
  }
  const double limit = terms.max_gap ? terms.max_gap->value : terms.min_ratio->value;
  if (!(limit >= 0.0 && limit <= 1.0)) return "maxGap and minRatio lie in [0, 1]";
  if (terms.min_ratio && limit == 0.0) return "minRatio is above 0";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> gate_trouble(const api::Gate& gate) {
  if (!(gate.confidence.value > 0.5 && gate.confidence.value < 1.0)) {
    return "gate.confidence: lies inside (0.5, 1)";
  }
  if (!gate.primary && gate.floors.empty()) return "gate: primary or floors is needed";
  if (gate.primary) {
    if (const auto why = comparison_trouble(*gate.primary))
      return base::concat({"gate.primary: ", *why});
  }
  for (size_t i = 0; i < gate.budgets.size(); ++i) {
    const auto why = comparison_trouble(gate.budgets[i]);
    if (why) return fmt::format("gate.budgets[{}]: {}", i, *why);
  }
  for (size_t i = 0; i < gate.floors.size(); ++i) {
    if (gate.floors[i].min.has_value() == gate.floors[i].max.has_value()) {
      return fmt::format("gate.floors[{}]: exactly one of min and max", i);
    }
  }
  if (gate.slices) {
    if (!(gate.slices->margin.value >= 0.0) || std::isinf(gate.slices->margin.value)) {
      return "gate.slices: margin is a number from 0";
    }
    if (gate.slices->metric.empty() && !gate.primary) {
      return "gate.slices: metric is needed without primary";
    }
  }
  for (size_t i = 0; i < gate.fairness.size(); ++i) {
    const auto why = fairness_trouble(gate.fairness[i]);
    if (why) return fmt::format("gate.fairness[{}]: {}", i, *why);
  }
  for (size_t i = 0; i < gate.limits.size(); ++i) {
    if (!gate.limits[i].max && !gate.limits[i].max_increase) {
      return fmt::format("gate.limits[{}]: max or maxIncrease is needed", i);
    }
  }
  return std::nullopt;
}

GateChecks run_checks(const api::Gate& gate,
                      const ResultDocument& document,
                      const GateSubject& subject,
                      bool counts_since_onset) {
  return CheckRun(gate, document, subject, counts_since_onset).run();
}

}  // namespace kaizen::core
