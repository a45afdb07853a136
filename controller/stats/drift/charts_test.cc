// CUSUM, EWMA, Page-Hinkley and ADWIN; the exact alarm indexes are those of tests/vectors/drift.
#include "stats/drift/charts.h"

#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "base/rng.h"
#include "stats/drift/adwin.h"

namespace kaizen::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The index of the first alarm in `count` values of x.
template <class Detector>
std::optional<int> first_alarm(Detector& detector, int count, double x) {
  for (int i = 0; i < count; ++i) {
    if (detector.update(x)) return i;
  }
  return std::nullopt;
}

TEST(Charts, DR78CusumAddsWhatExceedsItsSlackAndStartsAnew) {
  Cusum cusum({.mean = 10.0, .sigma = 2.0, .k = 0.5, .h = 5.0});

  // z = 2: 1.5 a value, above 5 at the fourth
  EXPECT_EQ(first_alarm(cusum, 10, 14.0), 3);
  EXPECT_EQ(first_alarm(cusum, 10, 14.0), 3);
  EXPECT_EQ(first_alarm(cusum, 10, 6.0), 3);
  EXPECT_EQ(first_alarm(cusum, 1'000, 10.9), std::nullopt);
}

TEST(Charts, DR78TheLimitIsSiegmunds) {
  EXPECT_NEAR(cusum_limit(0.5, 720.0), 5.4237373415, 1e-8);
  EXPECT_NEAR(cusum_limit(0.5, 8'760.0), 7.9131011048, 1e-8);
}

TEST(Charts, DR79EwmaAlarmsBeyondItsWideningLimits) {
  Ewma ewma({.mean = 0.0, .sigma = 1.0, .lambda = 0.2, .limit = 3.5});

  // the first limit is 3.5 * 0.2 = 0.7, the average 0.2 x
  EXPECT_EQ(first_alarm(ewma, 1, 3.49), std::nullopt);
  Ewma fresh({.mean = 0.0, .sigma = 1.0, .lambda = 0.2, .limit = 3.5});
  EXPECT_EQ(first_alarm(fresh, 1, 3.51), 0);
  EXPECT_EQ(first_alarm(fresh, 1, -3.51), 0);  // started anew
}

TEST(Charts, DR76PageHinkleyWaitsForItsInstancesAndMindsTheMode) {
  const auto stepped = [](PageHinkley::Mode mode, double to) -> std::optional<int> {
    PageHinkley detector({.min_instances = 24, .mode = mode});
    for (int i = 0; i < 100; ++i) {
      if (detector.update(0.0)) return -1;
    }
    return first_alarm(detector, 200, to);
  };

  EXPECT_TRUE(stepped(PageHinkley::Mode::kBoth, 1.0));
  EXPECT_TRUE(stepped(PageHinkley::Mode::kBoth, -1.0));
  EXPECT_FALSE(stepped(PageHinkley::Mode::kDown, 1.0));
  EXPECT_FALSE(stepped(PageHinkley::Mode::kUp, -1.0));
  PageHinkley early({.min_instances = 24});
  EXPECT_EQ(first_alarm(early, 23, 1e6), std::nullopt);
}

TEST(Charts, DR77AdwinFindsAStepAndForgetsWhatWasBefore) {
  Adwin adwin({.delta = 0.002, .clock = 1});
  base::Rng random(77);
  for (int i = 0; i < 500; ++i) ASSERT_FALSE(adwin.update(random.unit())) << i;
  EXPECT_EQ(adwin.width(), 500);

  int seen = 0;
  while (seen < 200 && !adwin.update(random.unit() + 2.0)) ++seen;

  EXPECT_LT(seen, 40);
  EXPECT_EQ(adwin.width(), 0);
}

TEST(Charts, DR77AdwinLooksOnlyAtItsClockAndBeyondItsGrace) {
  Adwin adwin({.delta = 0.002, .clock = 32});
  for (int i = 0; i < 31; ++i) EXPECT_FALSE(adwin.update(i < 16 ? 0.0 : 1'000.0)) << i;

  EXPECT_TRUE(adwin.update(1'000.0));
}

TEST(Charts, NoDataChangesNothing) {
  Cusum cusum({.mean = 0.0, .sigma = 1.0, .k = 0.5, .h = 5.0});
  Ewma ewma({});
  PageHinkley page_hinkley({});
  Adwin adwin({});
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(cusum.update(kNaN));
    EXPECT_FALSE(ewma.update(kNaN));
    EXPECT_FALSE(page_hinkley.update(kNaN));
    EXPECT_FALSE(adwin.update(kNaN));
  }

  EXPECT_EQ(first_alarm(cusum, 10, 2.0), 3);
  EXPECT_EQ(adwin.width(), 0);
}

}  // namespace
}  // namespace kaizen::stats
