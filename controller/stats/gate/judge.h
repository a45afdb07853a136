// Judge: verdicts of the quality gate's checks from bounds or from bare numbers (GT-7, GT-8, GT-15
// to GT-18). What a gate makes of all its checks is core's. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "stats/gate/bounds.h"

namespace kaizen::stats::gate {

enum class Verdict : uint8_t { kPass, kFail, kInconclusive };

// Which way a metric is good.
enum class Direction : uint8_t { kHigher, kLower };

enum class Require : uint8_t {
  kNonInferior,  // not worse by more than the margin
  kSuperior,     // better by more than the margin
};

// "Pass", "Fail", "Inconclusive".
std::string_view to_string(Verdict verdict);

// GT-7: challenger - champion as an improvement. For kLower the sign and with it the ends change.
Bounds oriented(const Bounds& difference, Direction direction);

// GT-8's tau: what the improvement is compared with.
double threshold(Require require, double margin);

// GT-8. `improvement`: oriented; margin >= 0.
Verdict judge(const Bounds& improvement, Require require, double margin);

// ---- Slices (GT-15) ----

struct Slice {
  int64_t samples = 0;
  Evidence evidence;
};

struct SliceTerms {
  enum class Mode : uint8_t {
    kNoEvidenceOfHarm,  // can only reject: corrected for the number of slices
    kNonInferior,       // must be shown: no correction (intersection-union)
  };

  Mode mode = Mode::kNoEvidenceOfHarm;
  Direction direction = Direction::kHigher;
  double margin = 0.0;      // >= 0
  int64_t min_samples = 0;  // smaller slices are not compared and do not count
  double alpha = 0.05;      // of the whole family
};

struct JudgedSlice {
  Verdict verdict = Verdict::kInconclusive;
  std::optional<Bounds> improvement;   // oriented, at `SliceVerdicts::level`
  std::optional<Unbounded> unbounded;  // why there are none; kTooSmall also below min_samples
};

struct SliceVerdicts {
  int64_t compared = 0;  // m: slices with at least min_samples
  double level = 0.0;    // alpha / m, or alpha where nothing is corrected
  std::vector<JudgedSlice> slices;
};

SliceVerdicts judge_slices(std::span<const Slice> slices, const SliceTerms& terms);

// ---- Fairness (GT-16) ----

// The pair of groups that decided: the one that rejects, else the one that is hardest to accept.
struct Disparity {
  Verdict verdict = Verdict::kInconclusive;
  size_t pairs = 0;  // ordered ones
  size_t first = 0;  // indexes into the groups
  size_t second = 0;
  std::optional<Bounds> bounds;  // of the gap or the ratio; the rejecting end at alpha / pairs
  std::optional<Unbounded> unbounded;  // why some pair has none; kMalformed: nothing was judged
};

// share(first) - share(second) <= max_gap for every ordered pair. Groups of no example and fewer
// than two groups leave it inconclusive.
Disparity judge_gap(std::span<const Hits> groups, double max_gap, double alpha);

// share(first) / share(second) >= min_ratio > 0 for every ordered pair. A group without a hit
// leaves it inconclusive.
Disparity judge_ratio(std::span<const Hits> groups, double min_ratio, double alpha);

// ---- Floors and limits (GT-17, GT-18) ----

// What one model must reach: at least `value` or, with `is_ceiling`, at most.
struct Floor {
  double value = 0.0;
  bool is_ceiling = false;
};

Verdict judge_floor(const Bounds& level, const Floor& floor);

// By the number alone.
Verdict judge_floor(double value, const Floor& floor);

struct Limit {
  std::optional<double> max;
  std::optional<double> max_increase;  // relative to the champion
};

struct LimitInput {
  double value = 0.0;
  std::optional<double> champion;
};

struct JudgedLimit {
  Verdict verdict = Verdict::kPass;
  std::optional<double> increase;  // where the champion's value is there and not 0
};

// Never inconclusive. Without a comparable champion only `max` counts (GT-18).
JudgedLimit judge_limit(const LimitInput& input, const Limit& limit);

}  // namespace kaizen::stats::gate
