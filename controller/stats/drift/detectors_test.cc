#include "stats/drift/detectors.h"

#include <optional>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/drift/decision.h"
#include "stats/drift/shift.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {
namespace {

using Bins = std::vector<double>;

constexpr double kAlpha = 0.001;

const ShownDetector& detector(std::string_view name) {
  const ShownDetector* const found = shown_detector(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

// A numeric check with four buckets, moved from `reference` to `window`.
struct Moved {
  Bins reference = {250.0, 250.0, 250.0, 250.0};
  Bins window = {250.0, 250.0, 250.0, 250.0};
  Bins bounds = {1.0, 2.0, 3.0};

  DistributionWindow view() const {
    return {.reference = reference,
            .window = window,
            .ordered = true,
            .bounds = bounds,
            .range = {.min = 0.0, .max = 4.0},
            .reference_moments = Moments{.count = 1'000.0, .mean = 2.0, .variance = 1.0},
            .window_moments = Moments{.count = 1'000.0, .mean = 2.0, .variance = std::nullopt}};
  }
};

TEST(ShownDetectors, DR61EachSaysWhatItNeeds) {
  EXPECT_TRUE(is_capable(detector("PSI"), true, false, false));
  EXPECT_TRUE(is_capable(detector("ChiSquare"), true, false, false));
  EXPECT_FALSE(is_capable(detector("KS"), true, false, true));
  EXPECT_FALSE(is_capable(detector("Wasserstein"), true, false, true));
  EXPECT_TRUE(is_capable(detector("Wasserstein"), true, true, false));
  EXPECT_FALSE(is_capable(detector("MeanShift"), true, true, false));
  EXPECT_TRUE(is_capable(detector("MeanShift"), false, false, true));
}

TEST(ShownDetectors, DR61AnUnknownNameIsNone) {
  EXPECT_EQ(shown_detector("Evidence"), nullptr);
  EXPECT_EQ(shown_detector("psi"), nullptr);
}

TEST(ShownDetectors, DR60EveryOneRefusesAnEmptyWindow) {
  Moved moved;
  moved.window = {0.0, 0.0, 0.0, 0.0};
  DistributionWindow view = moved.view();
  view.window_moments = Moments{.count = 0.0, .mean = 0.0, .variance = std::nullopt};

  for (const ShownDetector& shown : shown_detectors()) {
    const auto value = shown.measure(view, kAlpha);
    ASSERT_FALSE(value.ok()) << shown.name;
    EXPECT_EQ(value.error(), Unusable::kNoData) << shown.name;
  }
}

TEST(ShownDetectors, EveryOneIsQuietWithoutAMove) {
  const Moved still;

  for (const ShownDetector& shown : shown_detectors()) {
    const auto value = shown.measure(still.view(), kAlpha);
    ASSERT_TRUE(value.ok()) << shown.name;
    EXPECT_NEAR(value->effect, 0.0, 1e-12) << shown.name;
    EXPECT_EQ(value->severity, Severity::kNone) << shown.name;
  }
}

TEST(ShownDetectors, DR63PsisLimitRisesWithFewObservations) {
  Moved many;
  many.window = {130.0, 250.0, 250.0, 370.0};  // PSI 0.13
  Moved few;
  few.window = {3.0, 6.0, 6.0, 10.0};  // PSI 0.14, the critical value at 25 rows is 0.67

  EXPECT_EQ(detector("PSI").measure(many.view(), kAlpha)->severity, Severity::kWarn);
  EXPECT_GT(detector("PSI").measure(few.view(), kAlpha)->effect, 0.10);
  EXPECT_EQ(detector("PSI").measure(few.view(), kAlpha)->severity, Severity::kNone);
}

TEST(ShownDetectors, DR63ALargePsiActs) {
  Moved moved;
  moved.window = {75.0, 250.0, 250.0, 425.0};  // PSI 0.30

  EXPECT_EQ(detector("PSI").measure(moved.view(), kAlpha)->severity, Severity::kAct);
}

TEST(ShownDetectors, DR64KlHasNoLimit) {
  Moved moved;
  moved.window = {1'000.0, 0.0, 0.0, 0.0};

  EXPECT_GT(detector("KL").measure(moved.view(), kAlpha)->effect, 1.0);
  EXPECT_EQ(detector("KL").measure(moved.view(), kAlpha)->severity, Severity::kNone);
}

struct DistanceCase {
  const char* name;
  double warned;  // share moved from the first to the last bucket that warns
  double acted;
};

class Distances : public ::testing::TestWithParam<DistanceCase> {};

TEST_P(Distances, DR65DR66DR67WarnAtATenthAndActAtAFifth) {
  const auto severity = [](double share) {
    Moved moved;
    moved.window = {250.0 - 1'000.0 * share, 250.0, 250.0, 250.0 + 1'000.0 * share};
    return detector(GetParam().name).measure(moved.view(), kAlpha)->severity;
  };

  EXPECT_EQ(severity(GetParam().warned - 0.01), Severity::kNone);
  EXPECT_EQ(severity(GetParam().warned), Severity::kWarn);
  EXPECT_EQ(severity(GetParam().acted - 0.01), Severity::kWarn);
  EXPECT_EQ(severity(GetParam().acted), Severity::kAct);
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         Distances,
                         ::testing::Values(DistanceCase{"TotalVariation", 0.1001, 0.2001},
                                           DistanceCase{"LInfinity", 0.1001, 0.2001},
                                           DistanceCase{"JS", 0.0820, 0.1561},
                                           DistanceCase{"Hellinger", 0.0976, 0.1803}),
                         [](const ::testing::TestParamInfo<DistanceCase>& distance) {
                           return distance.param.name;
                         });

TEST(ShownDetectors, DR69KsAndDR71ChiSquareShowAPValueAndNoVerdict) {
  Moved moved;
  moved.window = {50.0, 250.0, 250.0, 450.0};

  for (const char* const name : {"KS", "ChiSquare"}) {
    const Shown shown = detector(name).measure(moved.view(), kAlpha).value();
    EXPECT_LT(shown.p_value.value(), 1e-6) << name;
    EXPECT_EQ(shown.severity, Severity::kNone) << name;
  }
}

TEST(ShownDetectors, DR73WassersteinIsNormalisedByTheReferencesSpread) {
  Moved moved;
  moved.window = {100.0, 250.0, 250.0, 400.0};  // 0.15 carried over 3 buckets
  DistributionWindow view = moved.view();

  EXPECT_NEAR(detector("Wasserstein").measure(view, kAlpha)->effect, 0.45, 1e-12);
  EXPECT_EQ(detector("Wasserstein").measure(view, kAlpha)->severity, Severity::kAct);
  view.reference_moments->variance = 9.0;
  EXPECT_NEAR(detector("Wasserstein").measure(view, kAlpha)->effect, 0.15, 1e-12);
  EXPECT_EQ(detector("Wasserstein").measure(view, kAlpha)->severity, Severity::kWarn);
}

TEST(ShownDetectors, DR73WassersteinSaysWhyItHasNoValue) {
  const Moved still;
  DistributionWindow open = still.view();
  open.range.max.reset();
  DistributionWindow constant = still.view();
  constant.reference_moments->variance = 0.0;
  DistributionWindow unknown = still.view();
  unknown.reference_moments.reset();

  const auto& wasserstein = detector("Wasserstein");
  EXPECT_EQ(wasserstein.measure(open, kAlpha).error(), Unusable::kOpenBucket);
  EXPECT_EQ(wasserstein.measure(constant, kAlpha).error(), Unusable::kConstantReference);
  EXPECT_EQ(wasserstein.measure(unknown, kAlpha).error(), Unusable::kNoMoments);
}

TEST(ShownDetectors, DR74MeanShiftNeedsSizeAndChance) {
  const auto moved = [](double mean, double count) {
    const Moved still;
    DistributionWindow view = still.view();
    view.window_moments = Moments{.count = count, .mean = mean, .variance = std::nullopt};
    return detector("MeanShift").measure(view, kAlpha)->severity;
  };

  EXPECT_EQ(moved(2.30, 1'000.0), Severity::kAct);
  EXPECT_EQ(moved(1.70, 1'000.0), Severity::kAct);
  EXPECT_EQ(moved(2.15, 5'000.0), Severity::kWarn);
  EXPECT_EQ(moved(2.05, 1e6), Severity::kNone);   // sure, but small
  EXPECT_EQ(moved(2.30, 20.0), Severity::kNone);  // large, but may be chance
}

TEST(ShownDetectors, DR75QuantileShiftIsOfTheMedian) {
  Moved moved;
  moved.window = {100.0, 250.0, 250.0, 400.0};

  EXPECT_NEAR(detector("QuantileShift").measure(moved.view(), kAlpha)->effect, 0.15, 1e-12);
}

}  // namespace
}  // namespace kaizen::stats
