#include "stats/gate/judge.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "stats/gate/bounds.h"

namespace kaizen::stats::gate {

namespace {

JudgedSlice judge_slice(const Slice& slice, const SliceTerms& terms, double level) {
  JudgedSlice judged;
  if (slice.samples < terms.min_samples) {
    judged.unbounded = Unbounded{
        .why = Unbounded::Why::kTooSmall,
        .field = "n",
        .message = fmt::format("n: {}, at least {} are wanted", slice.samples, terms.min_samples)};
    return judged;
  }
  auto bounds = difference(slice.evidence, level);
  if (!bounds.ok()) {
    judged.unbounded = std::move(bounds).error();
    return judged;
  }
  judged.improvement = oriented(*bounds, terms.direction);
  switch (terms.mode) {
    case SliceTerms::Mode::kNonInferior:
      judged.verdict = judge(*judged.improvement, Require::kNonInferior, terms.margin);
      break;
    case SliceTerms::Mode::kNoEvidenceOfHarm:
      judged.verdict = judged.improvement->upper < -terms.margin ? Verdict::kFail : Verdict::kPass;
      break;
  }
  return judged;
}

// One way to compare two groups, such that more is worse.
struct Comparison {
  Bounded<Bounds> (*bounds)(const UnpairedCounts&, double) = nullptr;
  double limit = 0.0;  // the largest value that is fair
};

struct Pair {
  size_t first = 0;
  size_t second = 0;
  Bounds bounds;  // the lower one at alpha / pairs, the upper one at alpha
};

struct Worst {
  std::optional<Pair> by_lower;  // rejects, if any does
  std::optional<Pair> by_upper;  // keeps from passing, if any does
  std::optional<Unbounded> unbounded;
};

// Of a pair: "k1", "n1" are the second one's, which the first is compared with.
Unbounded about_pair(size_t first, size_t second, const Unbounded& trouble) {
  return {.why = trouble.why,
          .field = fmt::format("groups[{}]", trouble.field.ends_with('1') ? second : first),
          .message = fmt::format("groups[{}] and groups[{}]: {}", first, second, trouble.message)};
}

void take_pair(Worst& worst, const Pair& pair) {
  if (!worst.by_lower || pair.bounds.lower > worst.by_lower->bounds.lower) worst.by_lower = pair;
  if (!worst.by_upper || pair.bounds.upper > worst.by_upper->bounds.upper) worst.by_upper = pair;
}

Worst worst_pairs(std::span<const Hits> groups, const Comparison& comparison, double alpha) {
  Worst worst;
  const auto pairs = static_cast<double>(groups.size() * (groups.size() - 1));
  for (size_t a = 0; a < groups.size(); ++a) {
    for (size_t b = 0; b < groups.size(); ++b) {
      if (a == b) continue;
      // What is called champion is what the other is compared with.
      const UnpairedCounts arms{.champion = groups[b], .challenger = groups[a]};
      const auto accepting = comparison.bounds(arms, alpha);
      const auto rejecting = comparison.bounds(arms, alpha / pairs);
      if (!accepting.ok() || !rejecting.ok()) {
        if (!worst.unbounded) worst.unbounded = about_pair(a, b, accepting.error());
        continue;
      }
      take_pair(worst, {.first = a,
                        .second = b,
                        .bounds = {.estimate = accepting->estimate,
                                   .lower = rejecting->lower,
                                   .upper = accepting->upper}});
    }
  }
  return worst;
}

std::optional<Unbounded> unusable_groups(std::span<const Hits> groups) {
  if (groups.size() < 2) {
    return Unbounded{.why = Unbounded::Why::kTooSmall,
                     .field = "groups",
                     .message = fmt::format("groups: {}, at least 2 are needed", groups.size())};
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto plain = plausible(groups[i], "k", "n");
    if (plain.ok()) continue;
    return Unbounded{.why = plain.error().why,
                     .field = fmt::format("groups[{}].{}", i, plain.error().field),
                     .message = fmt::format("groups[{}].{}", i, plain.error().message)};
  }
  return std::nullopt;
}

Disparity judge_pairs(std::span<const Hits> groups, const Comparison& comparison, double alpha) {
  Disparity result;
  result.unbounded = unusable_groups(groups);
  if (result.unbounded) return result;
  result.pairs = groups.size() * (groups.size() - 1);
  const Worst worst = worst_pairs(groups, comparison, alpha);
  result.unbounded = worst.unbounded;
  if (!worst.by_lower) return result;
  const bool fails = worst.by_lower->bounds.lower > comparison.limit;
  const bool passes = !worst.unbounded && worst.by_upper->bounds.upper <= comparison.limit;
  const Pair& shown = fails ? *worst.by_lower : *worst.by_upper;
  if (fails) result.verdict = Verdict::kFail;
  if (passes) result.verdict = Verdict::kPass;
  result.first = shown.first;
  result.second = shown.second;
  result.bounds = shown.bounds;
  return result;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return "Pass";
    case Verdict::kFail: return "Fail";
    case Verdict::kInconclusive: return "Inconclusive";
  }
  return {};
}

Bounds oriented(const Bounds& difference, Direction direction) {
  switch (direction) {
    case Direction::kHigher: return difference;
    case Direction::kLower:
      return {
          .estimate = -difference.estimate, .lower = -difference.upper, .upper = -difference.lower};
  }
  return difference;
}

double threshold(Require require, double margin) {
  switch (require) {
    case Require::kNonInferior: return -margin;
    case Require::kSuperior: return margin;
  }
  return margin;
}

Verdict judge(const Bounds& improvement, Require require, double margin) {
  KAIZEN_CHECK(margin >= 0.0, "a margin is not negative");
  const double tau = threshold(require, margin);
  if (improvement.upper < tau) return Verdict::kFail;
  const bool passes =
      require == Require::kSuperior ? improvement.lower > tau : improvement.lower >= tau;
  return passes ? Verdict::kPass : Verdict::kInconclusive;
}

SliceVerdicts judge_slices(std::span<const Slice> slices, const SliceTerms& terms) {
  KAIZEN_CHECK(terms.margin >= 0.0, "a margin is not negative");
  SliceVerdicts verdicts;
  for (const Slice& slice : slices) {
    if (slice.samples >= terms.min_samples) ++verdicts.compared;
  }
  verdicts.level = terms.alpha;
  if (terms.mode == SliceTerms::Mode::kNoEvidenceOfHarm && verdicts.compared > 1) {
    verdicts.level /= static_cast<double>(verdicts.compared);
  }
  verdicts.slices.reserve(slices.size());
  for (const Slice& slice : slices) {
    verdicts.slices.push_back(judge_slice(slice, terms, verdicts.level));
  }
  return verdicts;
}

Disparity judge_gap(std::span<const Hits> groups, double max_gap, double alpha) {
  return judge_pairs(groups, {.bounds = difference, .limit = max_gap}, alpha);
}

Disparity judge_ratio(std::span<const Hits> groups, double min_ratio, double alpha) {
  KAIZEN_CHECK(min_ratio > 0.0, "a ratio of shares is positive");
  // a / b >= min for every ordered pair is the same as b / a <= 1 / min: there more is worse.
  Disparity result =
      judge_pairs(groups, {.bounds = log_ratio, .limit = -std::log(min_ratio)}, alpha);
  if (result.bounds) {
    std::swap(result.first, result.second);
    result.bounds = Bounds{.estimate = std::exp(-result.bounds->estimate),
                           .lower = std::exp(-result.bounds->upper),
                           .upper = std::exp(-result.bounds->lower)};
  }
  return result;
}

Verdict judge_floor(const Bounds& level, const Floor& floor) {
  if (floor.is_ceiling ? level.upper <= floor.value : level.lower >= floor.value) {
    return Verdict::kPass;
  }
  if (floor.is_ceiling ? level.lower > floor.value : level.upper < floor.value) {
    return Verdict::kFail;
  }
  return Verdict::kInconclusive;
}

Verdict judge_floor(double value, const Floor& floor) {
  const bool passes = floor.is_ceiling ? value <= floor.value : value >= floor.value;
  return passes ? Verdict::kPass : Verdict::kFail;
}

JudgedLimit judge_limit(const LimitInput& input, const Limit& limit) {
  JudgedLimit judged;
  const bool within = !limit.max || input.value <= *limit.max;
  if (!within) judged.verdict = Verdict::kFail;
  if (!limit.max_increase || !input.champion || *input.champion == 0.0) return judged;
  judged.increase = (input.value - *input.champion) / std::fabs(*input.champion);
  if (!(*judged.increase <= *limit.max_increase)) judged.verdict = Verdict::kFail;
  return judged;
}

}  // namespace kaizen::stats::gate
