#include "stats/analysis_state.h"

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "stats/analysis.h"

namespace kaizen::stats {
namespace {

using ::testing::StartsWith;
using Samples = std::vector<std::optional<Batch>>;
using BakeSamples = std::vector<std::optional<Counts>>;

constexpr size_t kMaxStatusBytes = 12288;  // R3-18: 12 KiB of base64

Counts some_counts(std::mt19937_64& random, int64_t largest) {
  const int64_t n = std::uniform_int_distribution<int64_t>(0, largest)(random);
  return {.n = n, .x = std::uniform_int_distribution<int64_t>(0, n)(random)};
}

// Metrics of every direction, with and without hard limits, with all kinds of baselines.
AnalysisSetup some_setup(std::mt19937_64& random, size_t metrics, int64_t largest) {
  AnalysisSetup setup{.alpha = 0.05, .beta = 0.1, .restarts = 7, .metrics = {}};
  for (size_t i = 0; i < metrics; ++i) {
    MetricSetup& metric = setup.metrics.emplace_back();
    metric.name = "metric-" + std::to_string(i);
    metric.line = {.a = 0.001 * static_cast<double>(i), .b = 1.0 + 0.1 * static_cast<double>(i)};
    metric.weight = static_cast<double>(i % 4);
    metric.direction = static_cast<Direction>(i % 3);
    metric.in_canary = i % 5 != 4;
    metric.in_bake = i % 7 != 6;
    if (i % 2 == 0) metric.hard_limit = 0.2;
    for (size_t tick = 0; tick < i % 21; ++tick) {
      metric.baseline.push_back(some_counts(random, largest));
    }
  }
  return setup;
}

Samples some_samples(std::mt19937_64& random, size_t metrics, int64_t largest) {
  Samples samples;
  for (size_t i = 0; i < metrics; ++i) {
    if (random() % 4 == 0) {
      samples.push_back(std::nullopt);
    } else {
      samples.push_back(
          Batch{.canary = some_counts(random, largest), .stable = some_counts(random, largest)});
    }
  }
  return samples;
}

// About 1 % bad in both arms, so that no process stops early.
Counts healthy_counts(std::mt19937_64& random, int64_t largest) {
  const int64_t n = std::uniform_int_distribution<int64_t>(largest / 2, largest)(random);
  return {.n = n, .x = std::binomial_distribution<int64_t>(n, 0.01)(random)};
}

Samples healthy_samples(std::mt19937_64& random, size_t metrics, int64_t largest) {
  Samples samples;
  for (size_t i = 0; i < metrics; ++i) {
    samples.push_back(Batch{.canary = healthy_counts(random, largest),
                            .stable = healthy_counts(random, largest)});
  }
  return samples;
}

AnalysisState round_trip(const AnalysisState& state) {
  base::Result<AnalysisState> back = decode(encode(state));
  EXPECT_TRUE(back.ok()) << (back.ok() ? "" : back.error().message);
  return back.ok() ? std::move(back).value() : AnalysisState{};
}

TEST(AnalysisState, MD15RoundTripIsExactInEveryTick) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    const size_t metrics = random() % 8;
    const bool healthy = seed % 2 == 0;
    const int64_t largest = seed % 3 == 0 ? kMaxTickCount : 500;
    Analysis whole = Analysis::start(some_setup(random, metrics, largest)).value();
    for (int i = 0; i < 60; ++i) {
      Analysis stored = Analysis::resume(round_trip(whole.state()));
      ASSERT_EQ(stored.state(), whole.state()) << seed << " " << i;
      const Samples samples = healthy ? healthy_samples(random, metrics, largest)
                                      : some_samples(random, metrics, largest);
      if (i % 25 == 0) whole.start_step();
      if (i % 25 == 0) stored.start_step();

      EXPECT_EQ(whole.tick(samples), stored.tick(samples));

      ASSERT_EQ(stored.state(), whole.state()) << seed << " " << i;
    }
    whole.start_bake(std::vector<std::optional<double>>(metrics, 0.3));
    for (int i = 0; i < 5; ++i) {
      Analysis stored = Analysis::resume(round_trip(whole.state()));
      BakeSamples samples;
      for (size_t m = 0; m < metrics; ++m) samples.push_back(some_counts(random, largest));

      EXPECT_EQ(whole.tick_bake(samples), stored.tick_bake(samples));

      ASSERT_EQ(stored.state(), whole.state()) << seed << " " << i;
    }
  }
}

TEST(AnalysisState, MD15AnUnknownVersionIsDiscarded) {
  std::mt19937_64 random(1);
  std::string bytes = encode(Analysis::start(some_setup(random, 3, 500)).value().state());
  ASSERT_EQ(bytes[0], 1);
  for (const int version : {0, 2, 17, 255}) {
    bytes[0] = static_cast<char>(version);

    const base::Result<AnalysisState> state = decode(bytes);

    ASSERT_FALSE(state.ok()) << version;
    EXPECT_THAT(state.error().message, StartsWith("StateDiscarded: "));
  }
}

TEST(AnalysisState, MD15EveryTruncationIsAnError) {
  std::mt19937_64 random(2);
  Analysis analysis = Analysis::start(some_setup(random, 6, 500)).value();
  for (int i = 0; i < 12; ++i) analysis.tick(some_samples(random, 6, 500));
  const std::string bytes = encode(analysis.state());

  for (size_t size = 0; size < bytes.size(); ++size) {
    const base::Result<AnalysisState> state = decode(std::string_view(bytes).substr(0, size));

    ASSERT_FALSE(state.ok()) << size;
    ASSERT_THAT(state.error().message, StartsWith("StateDiscarded: "));
  }
  EXPECT_FALSE(decode(bytes + '\0').ok());
}

// Damaged bytes are refused, or describe another state that is safe to go on with.
TEST(AnalysisState, MD15DamageIsAnErrorNeverACrash) {
  std::mt19937_64 random(3);
  int refused = 0;
  int accepted = 0;
  for (int round = 0; round < 12; ++round) {
    const size_t metrics = 1 + random() % 3;
    Analysis analysis = Analysis::start(some_setup(random, metrics, 500)).value();
    for (int i = 0; i < 25; ++i) analysis.tick(some_samples(random, metrics, 500));
    if (round % 3 == 2) {
      analysis.start_bake(std::vector<std::optional<double>>(metrics, 0.3));
      analysis.tick_bake(BakeSamples(metrics, Counts{.n = 100, .x = 40}));
    }
    const std::string bytes = encode(analysis.state());
    for (int damage = 0; damage < 600; ++damage) {
      std::string damaged = bytes;
      const int places = 1 + damage % 3;
      for (int i = 0; i < places; ++i) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      base::Result<AnalysisState> state = decode(damaged);
      if (!state.ok()) {
        ++refused;
        continue;
      }
      ++accepted;
      const size_t count = state->metrics.size();
      Analysis next = Analysis::resume(std::move(state).value());
      if (next.state().stage == Stage::kCanary) {
        next.tick(some_samples(random, count, 500));
        next.start_step();
        next.tick(some_samples(random, count, kMaxTickCount));
        next.harm();
        next.evidence();
        next.no_harm_seen(10);
        for (size_t i = 0; i < count; ++i) next.remaining(i);
        next.start_bake(std::vector<std::optional<double>>(count, 0.01));
      }
      next.tick_bake(BakeSamples(count, Counts{.n = 100, .x = 1}));
      next.hard_limit_broken();
      EXPECT_EQ(round_trip(next.state()), next.state());
    }
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(accepted, 500);
}

TEST(AnalysisState, MD15NoiseIsAnErrorNeverACrash) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 20000; ++i) {
    std::string noise(random() % 200, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    if (!noise.empty() && i % 2 == 0) noise[0] = 1;
    EXPECT_FALSE(decode(noise).ok());
  }
  EXPECT_FALSE(decode(std::string(1 << 20, '\1')).ok());
}

// Twenty metrics, both directions, at 6000 requests a minute and a tick of 30 s: nothing is lost.
TEST(AnalysisState, MD15TwentyBusyMetricsFitIn12KiBInFull) {
  std::mt19937_64 random(5);
  AnalysisSetup setup = some_setup(random, 20, 3000);
  for (MetricSetup& metric : setup.metrics) {
    metric.direction = Direction::kBoth;
    metric.baseline.clear();
  }
  Analysis analysis = Analysis::start(setup).value();
  for (int i = 0; i < 60; ++i) analysis.tick(healthy_samples(random, 20, 3000));

  ASSERT_FALSE(analysis.harm_found());
  EXPECT_LE(base::base64_encode(encode(analysis.state())).size(), kMaxStatusBytes);
  for (const MetricState& metric : analysis.state().metrics) {
    EXPECT_EQ(metric.window.size(), 20U);
    EXPECT_EQ(metric.growths.size(), 10U);
  }
}

// The largest state there can be, field by field.
TEST(AnalysisState, MD15TheLargestStateFitsIn12KiB) {
  std::mt19937_64 random(6);
  AnalysisSetup setup = some_setup(random, 20, kMaxTickCount);
  setup.restarts = INT32_MAX;
  for (MetricSetup& metric : setup.metrics) {
    metric.name.append(kMaxMetricName - metric.name.size(), 'x');
    metric.direction = Direction::kBoth;
    metric.hard_limit = 0.2;
    metric.weight = 1e-3;
  }
  AnalysisState state = Analysis::start(setup).value().state();
  for (MetricState& metric : state.metrics) {
    metric.window.assign(kWindow, Counts{.n = kMaxTickCount, .x = kMaxTickCount});
    metric.step.canary = {.n = kMaxStepCount, .x = kMaxStepCount};
    metric.step.stable = metric.step.canary;
    metric.step_ticks = INT32_MAX;
    metric.harm[0].k = INT32_MAX;
    metric.harm[1].k = INT32_MAX;
    metric.growths.assign(kGrowths, -8388607);
  }

  fit(state);

  EXPECT_LE(base::base64_encode(encode(state)).size(), kMaxStatusBytes);
  EXPECT_EQ(round_trip(state), state);
  for (const MetricState& metric : state.metrics) EXPECT_GE(metric.window.size(), 5U);
}

// Written by the first release: one metric, margin of half a point, hard limit 20 %, two ticks of
// baseline (300, 1) and (300, 2), then canary 1 of 30 and stable 2 of 270.
TEST(AnalysisState, MD15AStateOfTheFirstVersionStaysReadable) {
  const std::string stored =
      base::base64_decode(
          "AQABAJqZmZmZmak/mpmZmZmZqT8CAQZlcnJvcnMcexSuR+F6dD8AAAAAAADwPwAAAAAAAPA/mpmZmZmZ"
          "yT8DCQIsY6lDAR4BjgICAQFMmL/sI/PZv3xbb/rlCQbAHX/FyvAxBcB+QBNoHXUEwMhB886heQjAv7IB"
          "7/gUH8CGkWs6ex8HwNY3KcdUOf+/q2UNHVULAcAsMHluD0AEwIvcb0LfdwvAeAr1Oi6JFcACICr6C6v8"
          "vwAAAAAAAD5AAAAAAAAA8D8SWnC8mViJQOhmoZtL8hJAAAAAAAAAPkAAAAAAAADwPxJacLyZWIlA6Gah"
          "m0vyEkABSLV2")
          .value_or("");

  const base::Result<AnalysisState> state = decode(stored);

  ASSERT_TRUE(state.ok()) << state.error().message;
  EXPECT_EQ(encode(*state), stored);
  EXPECT_EQ(state->restarts, 2);
  ASSERT_EQ(state->metrics.size(), 1U);
  const MetricState& metric = state->metrics[0];
  EXPECT_EQ(metric.name, "errors");
  EXPECT_EQ(metric.line, (Line{.a = 0.005, .b = 1.0}));
  EXPECT_EQ(metric.hard_limit, 0.2);
  EXPECT_EQ(metric.window, (std::vector<Counts>{{300, 1}, {300, 2}, {270, 2}}));
  EXPECT_EQ(metric.step, (Batch{.canary = {.n = 30, .x = 1}, .stable = {.n = 270, .x = 2}}));
  EXPECT_EQ(metric.step_ticks, 1);
  EXPECT_EQ(metric.harm_learned.canary_n, 30.0);
  EXPECT_NEAR(Analysis::resume(*state).log_harm(0), -0.01877773100862328, 1e-9);
}

}  // namespace
}  // namespace kaizen::stats
