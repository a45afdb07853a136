// AnalysisState: everything that the statistics of one rollout need from tick to tick, as plain
// data, and its binary form for status (R3-18). Owned by an Analysis; pure, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stats/betting.h"
#include "stats/counts.h"

namespace kaizen::stats {

enum class Direction : uint8_t {
  kHigherIsWorse,  // x counts bad requests
  kLowerIsWorse,   // x counts good ones: its complement is judged
  kBoth,
};

enum class Stage : uint8_t {
  kCanary,  // both arms have traffic: ST-1 to ST-11
  kBake,    // after promotion: one arm against a fixed limit (ST-13)
};

// Bounds of what a state may hold; together they keep it within kMaxStateBytes.
inline constexpr size_t kMaxMetrics = 20;             // MD-15
inline constexpr size_t kMaxMetricName = 40;          // bytes
inline constexpr int64_t kMaxTickCount = 4294967295;  // 2^32 - 1 requests in one tick
inline constexpr int64_t kMaxStepCount = (int64_t{1} << 49) - 1;
inline constexpr size_t kGrowths = 10;          // ST-16
inline constexpr size_t kMaxStateBytes = 9200;  // with the owner's 16: 12 KiB in base64 (R3-18)

// Counts are "oriented": x counts what is bad (for kBoth: what the metric counts).
struct MetricState {
  std::string name;
  Line line;
  double weight = 1.0;  // 0: report only
  Direction direction = Direction::kHigherIsWorse;
  std::optional<double> hard_limit;  // oriented: a rate above it is too much
  bool in_canary = true;             // has its weight before promotion
  bool in_bake = true;               // ... and in bake

  std::vector<Counts> window;  // last stable ticks, oldest first (ST-4): baseline and rollout
  Batch step;                  // sums of this step (ST-11, ST-13); in bake: canary since promotion
  int32_t step_ticks = 0;      // ticks with data in it

  // Before promotion only. Element 1 judges the complement of kBoth; unused otherwise.
  std::array<Bets, 2> harm;
  std::array<Bets, 2> no_harm;
  Learned harm_learned;
  Learned no_harm_learned;
  std::vector<int32_t> growths;  // of the no-harm wealth, last ticks, in 1e-6 nats (ST-16)

  // In bake only: the limit of the metric and of its complement; 0 = none is known.
  std::array<double, 2> bake_limits{};

  bool operator==(const MetricState&) const = default;
};

struct AnalysisState {
  Stage stage = Stage::kCanary;
  double alpha = 0.05;
  double beta = 0.05;
  int32_t restarts = 1;         // K of ST-8
  bool begun = false;           // the first step has started or has data
  int32_t bake_ticks_over = 0;  // ticks in a row at which bake found harm, at most 2 (ST-13)
  std::vector<MetricState> metrics;

  bool operator==(const AnalysisState&) const = default;
};

// The binary form: at most kMaxStateBytes. `state` must have passed `fit` after its last change.
std::string encode(const AnalysisState& state);

// The exact state that `encode` was given. Any other input, also a damaged one, is an error whose
// message starts with the reason StateDiscarded: the caller restarts the step (MD-15). A state that
// decodes is safe to go on with.
base::Result<AnalysisState> decode(std::string_view bytes);

// Drops oldest window ticks, longest window first and down to 5 each, until the state can be
// encoded (ST-4 asks for "at most 20"). Only many metrics with very large counts ever lose one.
void fit(AnalysisState& state);

// What makes `state` impossible; empty: nothing.
std::string_view problem_of(const AnalysisState& state);

}  // namespace kaizen::stats
