#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "stats/analysis_state.h"
#include "stats/numerics.h"

namespace kaizen::stats {

namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kSmallestWindow = 5;  // with fewer ticks ST-4 sees no dispersion at all
constexpr int32_t kMaxGrowth = (1 << 23) - 1;
constexpr double kMaxWeight = 1e6;
constexpr double kMaxTolerance = 0.999;
constexpr double kMaxSlope = 1e3;
constexpr double kMaxLog = 1e300;

constexpr uint8_t kHasHardLimit = 4;
constexpr uint8_t kInCanary = 8;
constexpr uint8_t kInBake = 16;

size_t processes(const MetricState& metric) {
  return metric.direction == Direction::kBoth ? 2 : 1;
}

class Writer {
 public:
  void byte(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }

  void fixed(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) byte(static_cast<uint8_t>(value >> (8 * i)));
  }

  void number(double value) { fixed(std::bit_cast<uint64_t>(value), 8); }

  void varint(int64_t value) {
    auto rest = static_cast<uint64_t>(value);
    for (; rest >= 0x80; rest >>= 7) byte(static_cast<uint8_t>(rest | 0x80));
    byte(static_cast<uint8_t>(rest));
  }

  void text(std::string_view value) {
    byte(static_cast<uint8_t>(value.size()));
    bytes_ += value;
  }

  // `width` low bits, at most 32; `flush_bits` ends the run on a byte.
  void bits(uint64_t value, int width) {
    pending_ |= value << pending_bits_;
    pending_bits_ += width;
    for (; pending_bits_ >= 8; pending_bits_ -= 8, pending_ >>= 8) {
      byte(static_cast<uint8_t>(pending_));
    }
  }

  void flush_bits() {
    if (pending_bits_ > 0) byte(static_cast<uint8_t>(pending_));
    pending_ = 0;
    pending_bits_ = 0;
  }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  uint64_t pending_ = 0;
  int pending_bits_ = 0;
};

// Reads what Writer wrote; past the end it returns zeros and `ok` stays false from then on.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }

  bool at_end() const { return rest_.empty(); }

  uint8_t byte() {
    if (rest_.empty()) {
      ok_ = false;
      return 0;
    }
    const auto value = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  uint64_t fixed(int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value |= uint64_t{byte()} << (8 * i);
    return value;
  }

  double number() { return std::bit_cast<double>(fixed(8)); }

  int64_t varint(int64_t max) {
    uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      const uint8_t next = byte();
      value |= uint64_t{next & 0x7fU} << shift;
      if (next < 0x80) {
        const bool shortest = next != 0 || shift == 0;
        if (!shortest || value > static_cast<uint64_t>(max)) break;
        return static_cast<int64_t>(value);
      }
    }
    ok_ = false;
    return 0;
  }

  std::string text() {
    const size_t size = byte();
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }

  uint64_t bits(int width) {
    while (pending_bits_ < width) {
      pending_ |= uint64_t{byte()} << pending_bits_;
      pending_bits_ += 8;
    }
    const uint64_t value = pending_ & ((uint64_t{1} << width) - 1);
    pending_ >>= width;
    pending_bits_ -= width;
    return value;
  }

  void flush_bits() {
    if (pending_ != 0) ok_ = false;  // the filling of the last byte is zero
    pending_ = 0;
    pending_bits_ = 0;
  }

 private:
  std::string_view rest_;
  uint64_t pending_ = 0;
  int pending_bits_ = 0;
  bool ok_ = true;
};

int width_of(int64_t value) {
  return static_cast<int>(std::bit_width(static_cast<uint64_t>(value)));
}

void write_window(Writer& out, const std::vector<Counts>& window) {
  Counts largest;
  for (const Counts& tick : window) {
    largest = {.n = std::max(largest.n, tick.n), .x = std::max(largest.x, tick.x)};
  }
  out.byte(static_cast<uint8_t>(window.size()));
  out.byte(static_cast<uint8_t>(width_of(largest.n)));
  out.byte(static_cast<uint8_t>(width_of(largest.x)));
  for (const Counts& tick : window) {
    out.bits(static_cast<uint64_t>(tick.n), width_of(largest.n));
    out.bits(static_cast<uint64_t>(tick.x), width_of(largest.x));
  }
  out.flush_bits();
}

bool read_window(Reader& in, std::vector<Counts>& window) {
  const size_t size = in.byte();
  const int n_width = in.byte();
  const int x_width = in.byte();
  if (size > kWindow || n_width > 32 || x_width > n_width) return false;
  for (size_t i = 0; i < size; ++i) {
    const auto n = static_cast<int64_t>(in.bits(n_width));
    const auto x = static_cast<int64_t>(in.bits(x_width));
    window.push_back({.n = n, .x = x});
  }
  in.flush_bits();
  return in.ok();
}

void write_learned(Writer& out, const Learned& learned) {
  out.number(learned.canary_n);
  out.number(learned.canary_x);
  out.number(learned.stable_n);
  out.number(learned.stable_x);
}

Learned read_learned(Reader& in) {
  Learned learned;
  learned.canary_n = in.number();
  learned.canary_x = in.number();
  learned.stable_n = in.number();
  learned.stable_x = in.number();
  return learned;
}

// The processes of one metric. The no-harm bets have no reserve and are never restarted (ST-9), and
// both harm processes restart together, so neither is written twice.
void write_bets(Writer& out, const MetricState& metric) {
  out.varint(metric.harm[0].k);
  for (size_t i = 0; i < processes(metric); ++i) {
    out.number(metric.harm[i].log_reserve);
    for (const double component : metric.harm[i].components) out.number(component);
    for (const double component : metric.no_harm[i].components) out.number(component);
  }
  write_learned(out, metric.harm_learned);
  write_learned(out, metric.no_harm_learned);
  out.byte(static_cast<uint8_t>(metric.growths.size()));
  for (const int32_t growth : metric.growths) {
    out.fixed(static_cast<uint64_t>(static_cast<int64_t>(growth) + kMaxGrowth), 3);
  }
}

bool read_bets(Reader& in, MetricState& metric) {
  const auto k = static_cast<int32_t>(in.varint(std::numeric_limits<int32_t>::max()));
  for (size_t i = 0; i < processes(metric); ++i) {
    metric.harm[i].k = k;
    metric.harm[i].log_reserve = in.number();
    for (double& component : metric.harm[i].components) component = in.number();
    metric.no_harm[i].k = 1;
    metric.no_harm[i].log_reserve = -std::numeric_limits<double>::infinity();
    for (double& component : metric.no_harm[i].components) component = in.number();
  }
  metric.harm_learned = read_learned(in);
  metric.no_harm_learned = read_learned(in);
  const size_t growths = in.byte();
  if (growths > kGrowths) return false;
  for (size_t i = 0; i < growths; ++i) {
    metric.growths.push_back(static_cast<int32_t>(static_cast<int64_t>(in.fixed(3)) - kMaxGrowth));
  }
  return in.ok();
}

void write_metric(Writer& out, const MetricState& metric, Stage stage) {
  out.text(metric.name);
  auto flags = static_cast<uint8_t>(metric.direction);
  if (metric.hard_limit) flags |= kHasHardLimit;
  if (metric.in_canary) flags |= kInCanary;
  if (metric.in_bake) flags |= kInBake;
  out.byte(flags);
  out.number(metric.line.a);
  out.number(metric.line.b);
  out.number(metric.weight);
  if (metric.hard_limit) out.number(*metric.hard_limit);
  write_window(out, metric.window);
  for (const Counts& counts : {metric.step.canary, metric.step.stable}) {
    out.varint(counts.n);
    out.varint(counts.x);
  }
  out.varint(metric.step_ticks);
  switch (stage) {
    case Stage::kCanary: write_bets(out, metric); break;
    case Stage::kBake:
      out.number(metric.bake_limits[0]);
      out.number(metric.bake_limits[1]);
      break;
  }
}

bool read_metric(Reader& in, MetricState& metric, Stage stage) {
  metric.name = in.text();
  const uint8_t flags = in.byte();
  if ((flags & 3U) > static_cast<uint8_t>(Direction::kBoth)) return false;
  if ((flags & ~uint32_t{3 | kHasHardLimit | kInCanary | kInBake}) != 0) return false;
  metric.direction = static_cast<Direction>(flags & 3U);
  metric.in_canary = (flags & kInCanary) != 0;
  metric.in_bake = (flags & kInBake) != 0;
  metric.line.a = in.number();
  metric.line.b = in.number();
  metric.weight = in.number();
  if ((flags & kHasHardLimit) != 0) metric.hard_limit = in.number();
  if (!read_window(in, metric.window)) return false;
  for (Counts* counts : {&metric.step.canary, &metric.step.stable}) {
    counts->n = in.varint(kMaxStepCount);
    counts->x = in.varint(kMaxStepCount);
  }
  metric.step_ticks = static_cast<int32_t>(in.varint(std::numeric_limits<int32_t>::max()));
  switch (stage) {
    case Stage::kCanary: return read_bets(in, metric);
    case Stage::kBake:
      metric.bake_limits[0] = in.number();
      metric.bake_limits[1] = in.number();
      return in.ok();
  }
  return false;
}

std::string encode_unbounded(const AnalysisState& state) {
  Writer out;
  out.byte(kVersion);
  out.byte(static_cast<uint8_t>(state.stage));
  out.byte(state.begun ? 1 : 0);
  out.byte(static_cast<uint8_t>(state.bake_ticks_over));
  out.number(state.alpha);
  out.number(state.beta);
  out.varint(state.restarts);
  out.byte(static_cast<uint8_t>(state.metrics.size()));
  for (const MetricState& metric : state.metrics) write_metric(out, metric, state.stage);
  return out.take();
}

bool is_level(double value) {
  return value > 0.0 && value < 1.0;
}  // also false for NaN

bool is_rate(double value) {
  return kEpsilon <= value && value <= 1.0 - kEpsilon;
}

bool possible(const Learned& learned) {
  constexpr double kMax = 16.0 * static_cast<double>(kMaxTickCount);  // sum of 2^(-i/10) < 16
  return learned.canary_n >= 0.0 && learned.canary_n <= kMax && learned.canary_x >= 0.0 &&
         learned.canary_x <= learned.canary_n && learned.stable_n >= 0.0 &&
         learned.stable_n <= kMax && learned.stable_x >= 0.0 &&
         learned.stable_x <= learned.stable_n;
}

bool possible(const Bets& bets) {
  const bool nothing_held = bets.log_reserve == -std::numeric_limits<double>::infinity();
  return bets.k >= 1 && (nothing_held || std::abs(bets.log_reserve) <= kMaxLog) &&
         std::all_of(bets.components.begin(), bets.components.end(),
                     [](double component) { return std::abs(component) <= kMaxLog; });
}

std::string_view bets_problem(const MetricState& metric) {
  for (size_t i = 0; i < 2; ++i) {
    if (i >= processes(metric)) {
      if (metric.harm[i] != Bets{} || metric.no_harm[i] != Bets{}) return "a bet nobody made";
      continue;
    }
    if (!possible(metric.harm[i]) || metric.harm[i].k != metric.harm[0].k) return "a harm bet";
    if (!possible(metric.no_harm[i]) || metric.no_harm[i].k != 1 ||
        !std::isinf(metric.no_harm[i].log_reserve)) {
      return "a no-harm bet";
    }
  }
  if (!possible(metric.harm_learned) || !possible(metric.no_harm_learned)) return "past counts";
  if (metric.growths.size() > kGrowths) return "the number of growths";
  for (const int32_t growth : metric.growths) {
    if (std::abs(growth) > kMaxGrowth) return "a growth";
  }
  if (metric.bake_limits != std::array<double, 2>{}) return "a bake limit before bake";
  return {};
}

std::string_view bake_problem(const MetricState& metric) {
  const MetricState none;
  if (metric.harm != none.harm || metric.no_harm != none.no_harm ||
      metric.harm_learned != none.harm_learned || metric.no_harm_learned != none.no_harm_learned ||
      !metric.growths.empty()) {
    return "a bet during bake";
  }
  for (const double limit : metric.bake_limits) {
    if (limit != 0.0 && !is_rate(limit)) return "a bake limit";
  }
  return {};
}

std::string_view metric_problem(const MetricState& metric, Stage stage) {
  if (metric.name.empty() || metric.name.size() > kMaxMetricName) return "the length of a name";
  if (!base::is_valid_utf8(metric.name)) return "a name";
  if (!(metric.line.a >= 0.0 && metric.line.a <= kMaxTolerance)) return "a tolerance";
  if (!(metric.line.b >= 1.0 / kMaxSlope && metric.line.b <= kMaxSlope)) return "a relative margin";
  if (!(metric.weight >= 0.0 && metric.weight <= kMaxWeight)) return "a weight";
  if (metric.weight > 0.0 && metric.weight < 1.0 / kMaxWeight) return "a weight";
  if (metric.hard_limit && !is_rate(*metric.hard_limit)) return "a hard limit";
  if (metric.window.size() > kWindow) return "the number of past ticks";
  for (const Counts& tick : metric.window) {
    if (!plausible(tick, kMaxTickCount)) return "a past tick";
  }
  if (!plausible(metric.step, kMaxStepCount) || metric.step_ticks < 0) return "a step's counts";
  switch (stage) {
    case Stage::kCanary: return bets_problem(metric);
    case Stage::kBake: return bake_problem(metric);
  }
  return "the stage";
}

base::Error discarded(std::string_view why) {
  return base::invalid(
      base::concat({"StateDiscarded: analysis.state: ", why, "; the step starts again"}));
}

}  // namespace

std::string encode(const AnalysisState& state) {
  KAIZEN_CHECK(problem_of(state).empty(), "an impossible state is not stored");
  std::string bytes = encode_unbounded(state);
  KAIZEN_CHECK(bytes.size() <= kMaxStateBytes, "a stored state was fitted before (R3-18)");
  return bytes;
}

base::Result<AnalysisState> decode(std::string_view bytes) {
  if (bytes.empty()) return discarded("it is empty");
  if (bytes.size() > kMaxStateBytes) return discarded("it is too long");
  Reader in(bytes);
  if (in.byte() != kVersion) return discarded("its version is not known here");
  AnalysisState state;
  const uint8_t stage = in.byte();
  const uint8_t begun = in.byte();
  if (stage > static_cast<uint8_t>(Stage::kBake) || begun > 1) return discarded("it is damaged");
  state.stage = static_cast<Stage>(stage);
  state.begun = begun == 1;
  state.bake_ticks_over = in.byte();
  state.alpha = in.number();
  state.beta = in.number();
  state.restarts = static_cast<int32_t>(in.varint(std::numeric_limits<int32_t>::max()));
  const size_t metrics = in.byte();
  if (!in.ok() || metrics > kMaxMetrics) return discarded("it is damaged");
  for (size_t i = 0; i < metrics; ++i) {
    if (!read_metric(in, state.metrics.emplace_back(), state.stage)) {
      return discarded("it is damaged");
    }
  }
  if (!in.ok() || !in.at_end()) return discarded("it is damaged");
  if (const std::string_view problem = problem_of(state); !problem.empty()) {
    return discarded(base::concat({"impossible is ", problem}));
  }
  return state;
}

void fit(AnalysisState& state) {
  while (encode_unbounded(state).size() > kMaxStateBytes) {
    std::vector<Counts>* longest = nullptr;
    for (MetricState& metric : state.metrics) {
      if (longest == nullptr || metric.window.size() > longest->size()) longest = &metric.window;
    }
    KAIZEN_CHECK(longest != nullptr && longest->size() > kSmallestWindow,
                 "the bounds of a state keep it small enough (R3-18)");
    longest->erase(longest->begin());
  }
}

std::string_view problem_of(const AnalysisState& state) {
  if (!is_level(state.alpha) || !is_level(state.beta)) return "a level";
  if (state.restarts < 0) return "the number of restarts";
  if (state.bake_ticks_over < 0 || state.bake_ticks_over > 2) return "the number of bake ticks";
  if (state.stage == Stage::kCanary && state.bake_ticks_over != 0) return "a bake tick before bake";
  if (state.metrics.size() > kMaxMetrics) return "the number of metrics";
  for (size_t i = 0; i < state.metrics.size(); ++i) {
    const std::string_view problem = metric_problem(state.metrics[i], state.stage);
    if (!problem.empty()) return problem;
    for (size_t j = 0; j < i; ++j) {
      if (state.metrics[i].name == state.metrics[j].name) return "a name given twice";
    }
  }
  return {};
}

}  // namespace kaizen::stats
