// Kolmogorov-Smirnov, chi-square, Wasserstein and z statistics.
#include <limits>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/drift/chi_square.h"
#include "stats/drift/histogram.h"
#include "stats/drift/kolmogorov.h"
#include "stats/drift/shift.h"
#include "stats/drift/unusable.h"
#include "stats/drift/wasserstein.h"

namespace kaizen::stats {
namespace {

using Bins = std::vector<double>;
using ::testing::ElementsAre;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Kolmogorov, DR68TheLargestGapOverSharedBounds) {
  const Bins reference = {25.0, 25.0, 25.0, 25.0};
  const Bins window = {10.0, 20.0, 40.0, 30.0};

  EXPECT_NEAR(ks_buckets(BinPair::of(reference, window).value()).d, 0.20, 1e-12);
  EXPECT_DOUBLE_EQ(ks_buckets(BinPair::of(Bins{5.0}, Bins{9.0}).value()).d, 0.0);
}

TEST(Kolmogorov, DR68SamplesStepAfterTiesAndForgetNaN) {
  const Bins reference = {1.0, 1.0, 2.0, 3.0};
  const Bins window = {1.0, 1.0, 1.0, kNaN, 2.0};

  EXPECT_NEAR(ks_samples(reference, window).value().d, 0.25, 1e-12);
  EXPECT_EQ(ks_samples(reference, Bins{kNaN}).error(), Unusable::kNoData);
  EXPECT_EQ(ks_samples({}, window).error(), Unusable::kNoData);
}

TEST(Kolmogorov, DR69ThePValueIsStephensCorrected) {
  // D = 0.2, n = 50: Q((sqrt(50) + 0.12 + 0.11/sqrt(50)) * 0.2)
  EXPECT_NEAR(ks_p_value(0.2, 100.0, 100.0), 0.0313766522, 1e-9);
  EXPECT_DOUBLE_EQ(kolmogorov_q(0.19), 1.0);
  EXPECT_DOUBLE_EQ(kolmogorov_q(0.0), 1.0);
  EXPECT_NEAR(kolmogorov_q(1.3581), 0.05, 1e-5);
}

TEST(Kolmogorov, DR70ASketchsRankErrorIsNoDrift) {
  const Bins reference = {50'000.0, 50'000.0};
  const Bins window = {49'200.0, 50'800.0};
  const BinPair pair = BinPair::of(reference, window).value();

  EXPECT_LT(ks_buckets(pair).p_value, 1e-2);
  EXPECT_NEAR(ks_buckets(pair, 0.01).d_adjusted, 0.0, 1e-12);
  EXPECT_DOUBLE_EQ(ks_buckets(pair, 0.01).p_value, 1.0);
}

TEST(ChiSquareTest, DR71TwoSampleHomogeneityWithoutCorrection) {
  const Bins reference = {50.0, 50.0};
  const Bins window = {30.0, 70.0};

  const ChiSquare value = chi_square(BinPair::of(reference, window).value(), Scale::kOrdered);

  EXPECT_NEAR(value.statistic, 8.3333333333, 1e-9);
  EXPECT_EQ(value.df, 1U);
  EXPECT_NEAR(value.p_value, 0.0038924171, 1e-9);
  EXPECT_NEAR(value.cramers_v, 0.2041241452, 1e-9);  // sqrt(8.333 / 200)
}

TEST(ChiSquareTest, DR71OneBinLeftTellsNothing) {
  const Bins reference = {3.0, 2.0};
  const Bins window = {2.0, 2.0};

  const ChiSquare value = chi_square(BinPair::of(reference, window).value(), Scale::kOrdered);

  EXPECT_EQ(value.bins, 1U);
  EXPECT_DOUBLE_EQ(value.statistic, 0.0);
  EXPECT_DOUBLE_EQ(value.p_value, 1.0);
}

TEST(ChiSquareTest, DR72OrderedBinsJoinTheirNeighboursUntilTheyAreLargeEnough) {
  const Bins reference = {2.0, 2.0, 10.0, 20.0, 1.0};
  const Bins window = {2.0, 4.0, 10.0, 18.0, 1.0};

  const Pooled counts = pooled(BinPair::of(reference, window).value(), Scale::kOrdered);

  EXPECT_THAT(counts.reference, ElementsAre(4.0, 10.0, 21.0));
  EXPECT_THAT(counts.window, ElementsAre(6.0, 10.0, 19.0));
}

TEST(ChiSquareTest, DR72SmallCategoriesBecomeOther) {
  const Bins reference = {3.0, 20.0, 4.0, 23.0};
  const Bins window = {3.0, 23.0, 4.0, 20.0};

  const Pooled counts = pooled(BinPair::of(reference, window).value(), Scale::kCategorical);

  EXPECT_THAT(counts.reference, ElementsAre(20.0, 23.0, 7.0));
  EXPECT_THAT(counts.window, ElementsAre(23.0, 20.0, 7.0));
}

TEST(ChiSquareTest, DR72AnOtherThatIsStillSmallJoinsTheSmallestBinTheFirstOfEquals) {
  const Bins reference = {1.0, 20.0, 1.0, 20.0};
  const Bins window = {1.0, 20.0, 1.0, 20.0};

  const Pooled counts = pooled(BinPair::of(reference, window).value(), Scale::kCategorical);

  EXPECT_THAT(counts.reference, ElementsAre(22.0, 20.0));
}

TEST(WassersteinTest, DR73MassIsUniformInsideItsBucket) {
  const Bins bounds = {1.0, 2.0};
  const Bins reference = {10.0, 0.0, 0.0};
  const Bins window = {0.0, 0.0, 10.0};
  const BinPair pair = BinPair::of(reference, window).value();

  // from the middle of (0, 1] to the middle of (2, 4]
  const Wasserstein value = wasserstein_buckets(pair, bounds, {.min = 0.0, .max = 4.0}).value();

  EXPECT_NEAR(value.w1, 2.5, 1e-12);
  EXPECT_DOUBLE_EQ(value.truncated_mass, 0.0);
}

TEST(WassersteinTest, DR73GapsOfOppositeSignsCrossInsideTheBucket) {
  const Bins bounds = {0.0, 1.0, 2.0};
  const Bins reference = {0.0, 10.0, 0.0, 0.0};
  const Bins window = {5.0, 0.0, 5.0, 0.0};
  const BinPair pair = BinPair::of(reference, window).value();

  // gaps 0.5, -0.5, 0 at 0, 1, 2: 0.5 * area 0.25 + 0.25
  EXPECT_NEAR(wasserstein_buckets(pair, bounds, {.min = 0.0}).value().w1, 0.5, 1e-12);
}

TEST(WassersteinTest, DR73OpenEndsHaveNoWidthAndTellTheirMass) {
  const Bins bounds = {-1.0, 1.0};
  const Bins reference = {10.0, 80.0, 10.0};
  const Bins window = {20.0, 65.0, 15.0};
  const BinPair pair = BinPair::of(reference, window).value();

  EXPECT_NEAR(wasserstein_buckets(pair, bounds, {}).value().truncated_mass, 0.20, 1e-12);
  EXPECT_NEAR(wasserstein_buckets(pair, bounds, {.min = -2.0}).value().truncated_mass, 0.15, 1e-12);
  // A first bound above 0 begins at 0.
  EXPECT_NEAR(wasserstein_buckets(pair, Bins{1.0, 2.0}, {.max = 3.0}).value().truncated_mass, 0.0,
              1e-12);
}

TEST(WassersteinTest, DR73BoundsThatCannotBeAreRefused) {
  const Bins counts = {1.0, 1.0, 1.0};
  const BinPair pair = BinPair::of(counts, counts).value();

  EXPECT_EQ(wasserstein_buckets(pair, Bins{1.0}, {}).error(), Unusable::kBinMismatch);
  EXPECT_EQ(wasserstein_buckets(pair, Bins{2.0, 1.0}, {}).error(), Unusable::kImplausible);
  EXPECT_EQ(wasserstein_buckets(pair, Bins{1.0, kInf}, {}).error(), Unusable::kNonFinite);
  EXPECT_EQ(wasserstein_buckets(pair, Bins{1.0, 2.0}, {.max = kNaN}).error(), Unusable::kNonFinite);
  EXPECT_EQ(wasserstein_buckets(BinPair::of(Bins{1.0}, Bins{1.0}).value(), {}, {}).error(),
            Unusable::kNoBins);
}

TEST(WassersteinTest, DR73SamplesAreCarriedInOrder) {
  EXPECT_NEAR(wasserstein_samples(Bins{0.0, 1.0, 3.0}, Bins{5.0, 6.0, 8.0}).value(), 5.0, 1e-12);
  EXPECT_EQ(wasserstein_samples(Bins{}, Bins{1.0}).error(), Unusable::kEmptyReference);
  EXPECT_EQ(wasserstein_samples(Bins{1.0}, Bins{kNaN}).error(), Unusable::kNonFinite);
}

TEST(ShiftTest, DR74WelchsZAndTheShiftInStandardDeviations) {
  const Moments reference{.count = 400.0, .mean = 1.0, .variance = 4.0};
  const Moments window{.count = 100.0, .mean = 1.1, .variance = 4.0};

  const Shift value = mean_shift(reference, window).value();

  EXPECT_NEAR(value.z, 0.4472135955, 1e-9);
  EXPECT_NEAR(value.p_value, 0.6547208460, 1e-9);
  EXPECT_NEAR(value.effect.value(), 0.05, 1e-12);
}

TEST(ShiftTest, DR74AWindowWithoutVarianceTakesTheReferences) {
  const Moments reference{.count = 400.0, .mean = 1.0, .variance = 4.0};

  EXPECT_NEAR(mean_shift(reference, {.count = 100.0, .mean = 1.1}).value().z, 0.4472135955, 1e-9);
  EXPECT_EQ(mean_shift({.count = 4.0, .mean = 1.0}, reference).error(), Unusable::kNoMoments);
}

TEST(ShiftTest, DR74WithoutVarianceEqualIsNothingAndDifferentIsEverything) {
  const Moments constant{.count = 10.0, .mean = 1.0, .variance = 0.0};

  const Shift equal = mean_shift(constant, constant).value();
  const Shift lower = mean_shift(constant, {.count = 5.0, .mean = 0.5, .variance = 0.0}).value();

  EXPECT_DOUBLE_EQ(equal.z, 0.0);
  EXPECT_DOUBLE_EQ(equal.p_value, 1.0);
  EXPECT_DOUBLE_EQ(lower.z, -kInf);
  EXPECT_DOUBLE_EQ(lower.p_value, 0.0);
  EXPECT_EQ(lower.effect, std::nullopt);
}

TEST(ShiftTest, DR60MomentsThatCannotBeAreRefused) {
  const Moments good{.count = 10.0, .mean = 1.0, .variance = 1.0};

  EXPECT_EQ(mean_shift({.variance = 1.0}, good).error(), Unusable::kEmptyReference);
  EXPECT_EQ(mean_shift(good, {.variance = 1.0}).error(), Unusable::kNoData);
  EXPECT_EQ(mean_shift(good, {.count = 1.0, .mean = kNaN}).error(), Unusable::kNonFinite);
  EXPECT_EQ(mean_shift(good, {.count = 1.0, .variance = -1.0}).error(), Unusable::kImplausible);
}

TEST(ShiftTest, DR75ThePooledProportionZ) {
  const Shift value =
      proportion_shift({.hits = 50.0, .count = 100.0}, {.hits = 70.0, .count = 100.0}).value();

  EXPECT_NEAR(value.z, 2.8867513459, 1e-9);
  EXPECT_NEAR(value.p_value, 0.0038924171, 1e-9);
  EXPECT_NEAR(value.effect.value(), 0.20, 1e-12);
}

TEST(ShiftTest, DR75APooledShareOfNoneOrAllIsNoShift) {
  const Shift none = proportion_shift({.count = 100.0}, {.count = 50.0}).value();
  const Shift all =
      proportion_shift({.hits = 100.0, .count = 100.0}, {.hits = 50.0, .count = 50.0}).value();

  EXPECT_DOUBLE_EQ(none.z, 0.0);
  EXPECT_DOUBLE_EQ(all.p_value, 1.0);
  EXPECT_EQ(proportion_shift({.hits = 2.0, .count = 1.0}, {.count = 1.0}).error(),
            Unusable::kImplausible);
}

TEST(ShiftTest, DR75AQuantileShiftIsAProportionBelowItsBound) {
  const Bins reference = {25.0, 25.0, 25.0, 25.0};
  const Bins window = {40.0, 30.0, 20.0, 10.0};
  const BinPair pair = BinPair::of(reference, window).value();

  EXPECT_NEAR(quantile_shift(pair, 0.5).value().effect.value(), 0.20, 1e-12);
  EXPECT_NEAR(quantile_shift(pair, 0.9).value().effect.value(), 0.15, 1e-12);
  EXPECT_EQ(quantile_shift(BinPair::of(Bins{1.0}, Bins{1.0}).value(), 0.5).error(),
            Unusable::kNoBins);
}

}  // namespace
}  // namespace kaizen::stats
