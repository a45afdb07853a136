#include "stats/two_sample.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stats/numerics.h"

namespace kaizen::stats {
namespace {

constexpr Line kHalfAPoint{.a = 0.005, .b = 1.0};
constexpr Terms kHarm{.line = kHalfAPoint, .direction = +1, .level = 0.05, .restarts = 3};
constexpr Terms kNoHarm{.line = kHalfAPoint, .direction = -1, .level = 0.05, .restarts = 0};

Batch a_tick(int64_t n_c, int64_t x_c, int64_t n_s, int64_t x_s) {
  return {.canary = {.n = n_c, .x = x_c}, .stable = {.n = n_s, .x = x_s}};
}

const std::vector<Counts> kShortBaseline = {{300, 1}, {300, 2}, {300, 0}, {300, 3}, {300, 1}};

// 600 requests a minute at 0.5 %.
std::vector<Counts> a_calm_baseline() {
  std::vector<Counts> ticks;
  for (int i = 0; i < 20; ++i) ticks.push_back({.n = 300, .x = i % 2 == 0 ? 1 : 2});
  return ticks;
}

TEST(TwoSample, ST1HarmAndNoHarmBetOnOppositeSides) {
  TwoSample harm(kHarm, a_calm_baseline());
  TwoSample no_harm(kNoHarm, a_calm_baseline());
  for (int i = 0; i < 20; ++i) {
    harm.tick(a_tick(150, 15, 150, 1));
    no_harm.tick(a_tick(150, 15, 150, 1));
  }

  EXPECT_TRUE(harm.decided());
  EXPECT_LT(no_harm.log_wealth(), -1.7);  // its adaptive sixth found nothing to bet on
}

TEST(TwoSample, ST1AGoodCanaryGathersEvidenceAndNoHarm) {
  TwoSample harm(kHarm, a_calm_baseline());
  TwoSample no_harm(kNoHarm, a_calm_baseline());
  for (int i = 0; i < 120; ++i) {
    harm.tick(a_tick(150, i % 2, 150, 1));
    no_harm.tick(a_tick(150, i % 2, 150, 1));
  }

  EXPECT_TRUE(no_harm.decided());
  EXPECT_LT(harm.log_wealth(), 0.0);
}

// Both arms fail for three minutes with everything else: the canary is not to blame.
TEST(TwoSample, ST1ASharedOutageIsNoEvidenceOfHarm) {
  for (const int64_t n : {30, 300, 3000}) {
    std::vector<Counts> baseline(20, Counts{.n = n, .x = n / 200});
    TwoSample harm(kHarm, baseline);
    double largest = 0.0;
    for (int i = 0; i < 6; ++i) {
      largest = std::max(largest, harm.tick(a_tick(n / 10, n / 100, n * 9 / 10, n * 9 / 100)));
    }

    EXPECT_LE(largest, 0.0) << n;
  }
}

TEST(TwoSample, ST2AnArmWithoutRequestsMovesNoMoney) {
  TwoSample test(kHarm, a_calm_baseline());
  const Bets before = test.state().bets;

  test.tick(a_tick(0, 0, 300, 100));
  test.tick(a_tick(30, 30, 0, 0));

  EXPECT_EQ(test.state().bets, before);
}

TEST(TwoSample, ST3PastCountsDecayWithAHalfLifeOfTenTicks) {
  const TwoSample test(kHarm, kShortBaseline);
  TwoSample later(kHarm, std::vector<Counts>{{1000, 10}});
  for (int i = 0; i < 10; ++i) later.tick(a_tick(0, 0, 0, 0));

  EXPECT_NEAR(test.state().learned.stable_n, 1312.1082703333095, 1e-9);
  EXPECT_NEAR(test.state().learned.stable_x, 6.181462050578093, 1e-12);
  EXPECT_EQ(test.state().learned.canary_n, 0.0);
  EXPECT_NEAR(later.state().learned.stable_n, 500.0, 1e-9);
  EXPECT_NEAR(later.state().learned.stable_x, 5.0, 1e-12);
}

TEST(TwoSample, ST3SixComponentsShareTheMoneyEqually) {
  const TwoSample test(kHarm, kShortBaseline);

  for (const double component : test.state().bets.components) {
    EXPECT_NEAR(std::exp(component), 0.25 / 6.0, 1e-15);
  }
}

// Values of the reference implementation; the adaptive component (the last) has no canary counts
// to learn from yet and stays.
TEST(TwoSample, ST3EachComponentBetsOnItsAlternative) {
  TwoSample test(kHarm, kShortBaseline);

  EXPECT_NEAR(test.tick(a_tick(30, 3, 270, 2)), 0.8377341405386647, 1e-12);
  const std::array<double, kComponents> expected = {-2.571671412637013,  -2.0041898562373057,
                                                    -1.025981011898169,  -0.11063518607622891,
                                                    -2.9082604251047504, -3.1780538303479458};
  for (size_t i = 0; i < kComponents; ++i) {
    EXPECT_NEAR(test.state().bets.components[i], expected[i], 1e-12) << i;
  }
  EXPECT_NEAR(test.tick(a_tick(30, 3, 270, 2)), 3.2022288399347576, 1e-12);
  EXPECT_GT(test.state().bets.components.back(), -3.17);
}

// Were an alternative chosen after its tick, the expectation over all outcomes would exceed 1.
TEST(TwoSample, ST3AlternativesDoNotSeeTheTickTheyBetOn) {
  const Line line{.a = 0.1, .b = 1.0};
  for (const int direction : {+1, -1}) {
    const Terms terms{.line = line, .direction = direction, .level = 0.05, .restarts = 0};
    TwoSample past(terms, {});
    past.tick(direction > 0 ? a_tick(5, 4, 5, 1) : a_tick(5, 0, 5, 3));
    const double before = past.log_wealth();
    for (const double p_s : {0.0, 0.1, 0.3, 0.6, 0.9}) {
      double expectation = 0.0;
      for (int64_t x = 0; x <= 3; ++x) {
        for (int64_t y = 0; y <= 3; ++y) {
          const auto choose = [](int64_t k) { return k == 0 || k == 3 ? 1.0 : 3.0; };
          const double p_c = p_s + 0.1;
          const double probability = choose(x) * std::pow(p_c, x) * std::pow(1.0 - p_c, 3 - x) *
                                     choose(y) * std::pow(p_s, y) * std::pow(1.0 - p_s, 3 - y);
          TwoSample next(past.state());
          expectation += probability * std::exp(next.tick(a_tick(3, x, 3, y)) - before);
        }
      }

      EXPECT_LE(expectation, 1.0 + 1e-9) << direction << " " << p_s;
    }
  }
}

struct DispersionCase {
  const char* name;
  std::vector<Counts> ticks;
  double expected;
};

class Dispersion : public ::testing::TestWithParam<DispersionCase> {};

TEST_P(Dispersion, ST4IsTheScatterOfTheStableTicks) {
  EXPECT_NEAR(dispersion(GetParam().ticks), GetParam().expected, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(
    Windows,
    Dispersion,
    ::testing::Values(
        DispersionCase{"calm", {{300, 1}, {300, 2}, {300, 0}, {300, 3}, {300, 1}}, 1.0},
        DispersionCase{"burst",
                       {{300, 0}, {300, 10}, {300, 0}, {300, 10}, {300, 0}, {300, 10}},
                       3.550847457627119},
        DispersionCase{"at_most_ten",
                       {{1000, 0}, {1000, 500}, {1000, 0}, {1000, 500}, {1000, 0}},
                       10.0},
        DispersionCase{"four_ticks_are_too_few",
                       {{1000, 0}, {1000, 500}, {1000, 0}, {1000, 500}},
                       1.0},
        DispersionCase{"empty_ticks_do_not_count",
                       {{1000, 0}, {1000, 500}, {0, 0}, {1000, 0}, {1000, 500}, {0, 0}},
                       1.0},
        DispersionCase{"nothing_bad", {{9, 0}, {9, 0}, {9, 0}, {9, 0}, {9, 0}}, 1.0},
        DispersionCase{"all_bad", {{9, 9}, {9, 9}, {9, 9}, {9, 9}, {9, 9}}, 1.0}),
    [](const ::testing::TestParamInfo<DispersionCase>& window) { return window.param.name; });

TEST(TwoSample, ST4TheStepIsDividedByTheDispersion) {
  const Learned learned{.canary_n = 0, .canary_x = 0, .stable_n = 3000, .stable_x = 15};
  const Batch batch = a_tick(30, 1, 270, 1);
  const Bets start = first_bets(kHarm);
  Bets calm = start;
  Bets scattered = start;

  place(calm, kHarm, learned, 1.0, batch);
  place(scattered, kHarm, learned, 4.0, batch);

  for (size_t i = 0; i < kComponents; ++i) {
    EXPECT_NEAR(scattered.components[i] - start.components[i],
                (calm.components[i] - start.components[i]) / 4.0, 1e-12)
        << i;
  }
  EXPECT_NE(calm.components[2], start.components[2]);
}

TEST(TwoSample, ST4TheWindowKeepsTwentyTicks) {
  TwoSample test(kHarm, std::vector<Counts>(30, Counts{.n = 5, .x = 1}));
  for (int64_t i = 0; i < 7; ++i) test.tick(a_tick(1, 0, 100 + i, 2));

  EXPECT_EQ(test.state().window.size(), 20U);
  EXPECT_EQ(test.state().window.front(), (Counts{.n = 5, .x = 1}));
  EXPECT_EQ(test.state().window.back(), (Counts{.n = 106, .x = 2}));
}

class OneBurst : public ::testing::TestWithParam<int32_t> {};

TEST_P(OneBurst, ST5OneTickCannotDecideAlone) {
  for (const double level : {0.2, 0.05, 0.001}) {
    Terms terms = kHarm;
    terms.level = level;
    terms.restarts = GetParam();
    TwoSample test(terms, a_calm_baseline());

    test.tick(a_tick(1000000, 1000000, 1000000, 0));
    EXPECT_FALSE(test.decided()) << level;

    test.tick(a_tick(1000000, 1000000, 1000000, 0));
    EXPECT_TRUE(test.decided()) << level;
  }
}

INSTANTIATE_TEST_SUITE_P(Restarts, OneBurst, ::testing::Values(0, 1, 3, 30));

TEST(TwoSample, ST5TheCapIsSevenTenthsOfTheWay) {
  EXPECT_NEAR(cap(kHarm), 0.7 * std::log(80.0), 1e-15);
  EXPECT_NEAR(cap(kNoHarm), 0.7 * std::log(20.0), 1e-15);
}

TEST(TwoSample, ST6WealthIsReservePlusComponents) {
  Bets bets = first_bets(kHarm);
  bets.log_reserve = std::log(0.5);
  bets.components = {std::log(0.25), std::log(2.0), -1e6, -1e6, -1e6, std::log(0.25)};

  EXPECT_NEAR(log_wealth(bets), std::log(3.0), 1e-15);
  bets.components[1] = 5000.0;
  EXPECT_EQ(log_wealth(bets), 5000.0);
}

TEST(TwoSample, ST6DecidesAtOneOverTheLevel) {
  TwoSampleState state = TwoSample(kHarm, {}).state();
  state.bets.components.fill(-1e6);

  state.bets.log_reserve = std::log(20.0) + 1e-12;
  EXPECT_TRUE(TwoSample(state).decided());
  state.bets.log_reserve = std::log(20.0) - 1e-9;
  EXPECT_FALSE(TwoSample(state).decided());
}

TEST(TwoSample, ST8RestartsMoveMoneyAndMakeNone) {
  TwoSample test(kHarm, kShortBaseline);
  test.tick(a_tick(30, 3, 270, 2));
  const double before = test.log_wealth();

  test.restart();

  EXPECT_NEAR(test.log_wealth(), before, 1e-12);
  EXPECT_EQ(test.state().bets.k, 2);
}

// K = 3: a quarter, a third, half of the wealth; half after that.
TEST(TwoSample, ST8TheShareOfARestartGrows) {
  TwoSample test(kHarm, kShortBaseline);
  for (const double share : {1.0 / 4, 1.0 / 3, 1.0 / 2, 1.0 / 2, 1.0 / 2}) {
    EXPECT_NEAR(std::exp(test.state().bets.log_reserve), 1.0 - share, 1e-12);
    EXPECT_NEAR(6.0 * std::exp(test.state().bets.components[0]), share, 1e-12);
    test.restart();
  }
}

// A fault that appears late: twenty quiet ticks have used up the first bet, the restart has money.
TEST(TwoSample, ST8AFreshBetSeesALateFault) {
  TwoSample test(kHarm, a_calm_baseline());
  for (int i = 0; i < 20; ++i) test.tick(a_tick(1500, 7, 1500, 7));
  TwoSample restarted(test.state());
  restarted.restart();
  TwoSample not_restarted(test.state());
  for (int i = 0; i < 2; ++i) {
    restarted.tick(a_tick(1500, 75, 1500, 7));
    not_restarted.tick(a_tick(1500, 75, 1500, 7));
  }

  EXPECT_TRUE(restarted.decided());
  EXPECT_FALSE(not_restarted.decided());
}

TEST(TwoSample, ST9TheNoHarmTestBetsAllItHas) {
  const TwoSample test(kNoHarm, kShortBaseline);

  EXPECT_EQ(test.state().bets.log_reserve, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(test.log_wealth(), 0.0);
}

TEST(TwoSample, ST18AStoredStateGoesOnExactly) {
  TwoSample whole(kHarm, kShortBaseline);
  TwoSample stored(kHarm, kShortBaseline);
  for (int64_t i = 0; i < 50; ++i) {
    if (i == 20) whole.restart();
    if (i == 20) stored.restart();
    whole.tick(a_tick(30 + i, i % 3, 270, i % 5));
    stored = TwoSample(stored.state());
    stored.tick(a_tick(30 + i, i % 3, 270, i % 5));
  }

  EXPECT_EQ(whole.state(), stored.state());
}

TEST(TwoSampleDeathTest, ST18ImpossibleCountsEndTheProcess) {
  TwoSample test(kHarm, {});

  EXPECT_DEATH(test.tick(a_tick(1, 2, 1, 0)), "ST-18");
  EXPECT_DEATH(test.tick(a_tick(-1, 0, 1, 0)), "ST-18");
  EXPECT_DEATH(test.tick(a_tick(1, 0, kMaxCount + 1, 0)), "ST-18");
  EXPECT_DEATH(TwoSample(kHarm, std::vector<Counts>{{.n = 1, .x = 2}}), "ST-18");
}

TEST(TwoSample, ST18TheLargestCountsGiveNoNaN) {
  TwoSample harm(kHarm, {});
  TwoSample no_harm(kNoHarm, {});
  for (int i = 0; i < 40; ++i) {
    const Batch batch = i % 2 == 0 ? a_tick(kMaxCount, 0, kMaxCount, kMaxCount)
                                   : a_tick(kMaxCount, kMaxCount, kMaxCount, 0);
    harm.tick(batch);
    no_harm.tick(batch);
    if (i % 20 == 19) harm.restart();

    ASSERT_TRUE(std::isfinite(harm.log_wealth())) << i;
    ASSERT_TRUE(std::isfinite(no_harm.log_wealth())) << i;
  }
}

}  // namespace
}  // namespace kaizen::stats
