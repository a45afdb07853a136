// Most values are in tests/vectors/gate; here are the worked numbers of the rules and what a file
// of numbers cannot say: messages, symmetries, and how often the bounds hold.
#include "stats/gate/bounds.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "stats/counts.h"
#include "stats/gate/quantiles.h"

namespace kaizen::stats::gate {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string trouble(const Bounded<Bounds>& bounds) {
  if (bounds.ok()) return "none";
  const bool malformed = bounds.error().why == Unbounded::Why::kMalformed;
  return (malformed ? "malformed " : "too small ") + bounds.error().message;
}

Blocks forty_blocks() {
  Blocks blocks;
  for (int i = 0; i < 40; ++i) blocks.push_back({8.0 + i % 3, 12.0, 9.0 + i % 2, 12.0});
  return blocks;
}

TEST(GateBounds, GT10TheWorkedNumbersOfPairedCounts) {
  const auto bounds = difference(PairedCounts{.n = 12000, .b = 61, .c = 84}, 0.05);

  ASSERT_TRUE(bounds.ok());
  EXPECT_NEAR(bounds->estimate, 0.00191635, 5e-9);
  EXPECT_NEAR((bounds->upper - bounds->estimate) / upper_normal(0.05), 0.00100660, 5e-9);
  EXPECT_NEAR(bounds->lower, 0.00026064, 5e-9);
  EXPECT_NEAR(bounds->upper, 0.00357206, 5e-9);
}

TEST(GateBounds, GT10SwappingTheModelsTurnsTheIntervalOver) {
  const auto one = difference(PairedCounts{.n = 900, .b = 31, .c = 12}, 0.01);
  const auto other = difference(PairedCounts{.n = 900, .b = 12, .c = 31}, 0.01);

  EXPECT_EQ(one->estimate, -other->estimate);
  EXPECT_EQ(one->lower, -other->upper);
  EXPECT_EQ(one->upper, -other->lower);
}

TEST(GateBounds, GT10NoDiscordanceStillLeavesDoubt) {
  const auto bounds = difference(PairedCounts{.n = 100, .b = 0, .c = 0}, 0.05);

  EXPECT_EQ(bounds->estimate, 0.0);
  EXPECT_LT(bounds->lower, -0.01);
  EXPECT_GT(bounds->upper, 0.01);
}

// GT-10 simulates 0.938 to 1.000 over this range; plain Wald falls to 0.914.
TEST(GateBounds, GT10TheLowerBoundHoldsAsOftenAsItSays) {
  std::mt19937_64 random(20260309);  // NOLINT: a fixed seed is the point
  for (const double rate : {0.004, 0.02, 0.1}) {
    int held = 0;
    for (int i = 0; i < 4000; ++i) {
      const int64_t b = std::binomial_distribution<int64_t>(1000, rate / 2)(random);
      const int64_t c = std::binomial_distribution<int64_t>(1000 - b, rate / 2)(random);
      held += difference(PairedCounts{.n = 1000, .b = b, .c = c}, 0.05)->lower <= 0.0 ? 1 : 0;
    }
    EXPECT_GT(held, 4000 * 0.93) << rate;
  }
}

TEST(GateBounds, GT11BlocksOfOneSizeAreTheMeanOfTheirDifferences) {
  Blocks blocks;
  for (int i = 0; i < 21; ++i) blocks.push_back({5.0, 10.0, 5.0 + (i - 10) * 0.1, 10.0});
  // Differences -0.10, -0.09 ... 0.10: mean 0, variance 77 / 20 * 1e-3 = 0.00385.
  const auto bounds = difference(blocks, 0.05);

  ASSERT_TRUE(bounds.ok());
  EXPECT_NEAR(bounds->estimate, 0.0, 1e-15);
  EXPECT_NEAR(bounds->upper, 1.7247182429207857 * std::sqrt(0.00385 / 21.0), 1e-12);
}

TEST(GateBounds, GT11TwentyBlocksAreTheFewest) {
  Blocks blocks = forty_blocks();
  blocks.resize(20);
  EXPECT_EQ(trouble(difference(blocks, 0.05)), "none");
  blocks.resize(19);
  EXPECT_EQ(trouble(difference(blocks, 0.05)), "too small blocks: 19, at least 20 are needed");
  EXPECT_EQ(trouble(level(blocks, 0.05)), "too small blocks: 19, at least 20 are needed");
}

TEST(GateBounds, GT11NothingInTheDenominatorIsNoData) {
  Blocks blocks(25, {.num_a = 0.0, .den_a = 0.0, .num_b = 1.0, .den_b = 2.0});
  EXPECT_EQ(trouble(difference(blocks, 0.05)), "too small denA: sums to 0");
  EXPECT_EQ(trouble(level(blocks, 0.05)), "none");
}

TEST(GateBounds, GT13TheWorkedNumbersOfUnpairedCounts) {
  const auto bounds =
      difference(UnpairedCounts{.champion = {940, 1000}, .challenger = {955, 1000}}, 0.05);

  EXPECT_NEAR(bounds->lower, -0.00146682, 5e-9);
  EXPECT_NEAR(bounds->upper, 0.03163690, 5e-9);
}

TEST(GateBounds, GT13TheWorkedNumbersOfOneShare) {
  const auto bounds = level(Hits{.k = 970, .n = 1000}, 0.05);

  EXPECT_NEAR(bounds->lower, 0.95978045, 5e-9);
  EXPECT_NEAR(bounds->upper, 0.97768320, 5e-9);
}

TEST(GateBounds, GT13ThirtyDifferencesAreTheFewest) {
  EXPECT_EQ(trouble(difference(Moments{.n = 30, .mean = 0.1, .variance = 0.2}, 0.05)), "none");
  EXPECT_EQ(trouble(difference(Moments{.n = 29, .mean = 0.1, .variance = 0.2}, 0.05)),
            "too small n: 29, at least 30 are needed");
}

TEST(GateBounds, GT16TheLogRatioOfTwoShares) {
  const auto bounds =
      log_ratio(UnpairedCounts{.champion = {80, 100}, .challenger = {60, 100}}, 0.05);

  // ln 0.75, variance 20 / 8000 + 40 / 6000.
  EXPECT_NEAR(bounds->estimate, -0.2876820724517809, 1e-15);
  EXPECT_NEAR(bounds->upper,
              -0.2876820724517809 + 1.6448536269514722 * std::sqrt(0.0025 + 0.04 / 6.0), 1e-14);
}

TEST(GateBounds, GT16RatiosWithoutAVarianceAreNotKnown) {
  EXPECT_EQ(trouble(log_ratio(UnpairedCounts{.champion = {0, 9}, .challenger = {1, 9}}, 0.05)),
            "too small k1: 0 hits have no ratio");
  EXPECT_EQ(trouble(log_ratio(UnpairedCounts{.champion = {9, 9}, .challenger = {7, 7}}, 0.05)),
            "too small k1, k2: nothing but hits in both: no variance is known");
}

TEST(GateBounds, GT20EveryImpossibleInputIsNamed) {
  const auto paired = [](int64_t n, int64_t b, int64_t c) {
    return trouble(difference(PairedCounts{.n = n, .b = b, .c = c}, 0.05));
  };
  EXPECT_EQ(paired(200, 150, 51), "malformed b + c: 201 of n = 200");
  EXPECT_EQ(paired(200, -1, 0), "malformed b: -1 is below 0");
  EXPECT_EQ(paired(200, 0, -7), "malformed c: -7 is below 0");
  EXPECT_EQ(paired(kMaxCount + 1, 0, 0), "malformed n: 9007199254740992 is above 2^53 - 1");
  EXPECT_EQ(paired(kMaxCount, kMaxCount, kMaxCount),
            "malformed b + c: 18014398509481982 of n = 9007199254740991");

  const auto moments = [](double mean, double variance) {
    return trouble(difference(Moments{.n = 100, .mean = mean, .variance = variance}, 0.05));
  };
  EXPECT_EQ(moments(kNan, 1.0), "malformed mean: nan is not a finite number");
  EXPECT_EQ(moments(0.0, kInfinity), "malformed var: inf is not a finite number");
  EXPECT_EQ(moments(0.0, -0.5), "malformed var: -0.5 is below 0");
  EXPECT_EQ(moments(0.0, 1e308), "none");

  Blocks blocks = forty_blocks();
  blocks[7].den_b = -1.0;
  EXPECT_EQ(trouble(difference(blocks, 0.05)), "malformed blocks[7].denB: -1 is below 0");
  blocks[3].num_a = -kInfinity;
  EXPECT_EQ(trouble(level(blocks, 0.05)), "malformed blocks[3].numA: -inf is not a finite number");

  EXPECT_EQ(trouble(difference(UnpairedCounts{.champion = {5, 4}, .challenger = {0, 0}}, 0.05)),
            "malformed k1: 5 of n1 = 4");
  EXPECT_EQ(trouble(level(Hits{.k = 5, .n = 4}, 0.05)), "malformed k2: 5 of n2 = 4");
}

TEST(GateBounds, GT20SumsBeyondADoubleAreRefusedNotZero) {
  Blocks blocks(30, {.num_a = 1.0, .den_a = 1e308, .num_b = 1.0, .den_b = 1e308});
  EXPECT_EQ(trouble(difference(blocks, 0.05)),
            "malformed blocks: the sums are beyond what a double holds");
  blocks.assign(30, {.num_a = 1e300, .den_a = 1.0, .num_b = 1e300, .den_b = 1.0});
  blocks[0].num_b = -1e300;
  EXPECT_EQ(trouble(difference(blocks, 0.05)),
            "malformed blocks: the numbers are too large to compare");
}

TEST(GateBounds, RS12ANumberAloneHasNoBounds) {
  const auto bounds = difference(Evidence{std::monostate{}}, 0.05);

  EXPECT_EQ(trouble(bounds),
            "too small evidence: two numbers without paired, blocks, moments or counts");
}

TEST(GateBounds, RS12EveryKindOfEvidenceIsCompared) {
  EXPECT_EQ(*difference(Evidence{PairedCounts{.n = 50, .b = 1, .c = 2}}, 0.05),
            *difference(PairedCounts{.n = 50, .b = 1, .c = 2}, 0.05));
  EXPECT_EQ(*difference(Evidence{forty_blocks()}, 0.05), *difference(forty_blocks(), 0.05));
  EXPECT_EQ(*difference(Evidence{Moments{.n = 50, .mean = 1.0, .variance = 2.0}}, 0.05),
            *difference(Moments{.n = 50, .mean = 1.0, .variance = 2.0}, 0.05));
  const UnpairedCounts arms{.champion = {1, 50}, .challenger = {2, 50}};
  EXPECT_EQ(*difference(Evidence{arms}, 0.05), *difference(arms, 0.05));
}

TEST(GateBoundsDeathTest, ALevelAboveOneHalfIsOurBug) {
  EXPECT_DEATH(static_cast<void>(level(Hits{.k = 1, .n = 2}, 0.6)), "level");
}

}  // namespace
}  // namespace kaizen::stats::gate
