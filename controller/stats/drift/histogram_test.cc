#include "stats/drift/histogram.h"

#include <limits>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/drift/unusable.h"

namespace kaizen::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(HistogramCounts, DR41CumulativeCountsAreMendedAndDifferenced) {
  EXPECT_THAT(bins_from_cumulative(std::vector<double>{-0.5, 3.0, 2.5, 7.0}),
              ElementsAre(0.0, 3.0, 0.0, 4.0));
  EXPECT_THAT(bins_from_cumulative({}), IsEmpty());
}

TEST(HistogramCounts, DR41BucketsAreSortedByTheirBoundAsANumber) {
  const Histogram histogram =
      histogram_of({{kInf, 10.0}, {10.0, 8.0}, {2.5, 3.0}, {-1.0, 1.0}}).value();

  EXPECT_THAT(histogram.bounds, ElementsAre(-1.0, 2.5, 10.0));
  EXPECT_THAT(histogram.counts, ElementsAre(1.0, 2.0, 5.0, 2.0));
}

TEST(HistogramCounts, DR41WithoutTheInfBucketThereIsNoTotal) {
  EXPECT_EQ(histogram_of({{1.0, 4.0}, {2.0, 5.0}}).error(), Unusable::kNoInfBucket);
  EXPECT_EQ(histogram_of({}).error(), Unusable::kNoBins);
}

TEST(HistogramCounts, DR42CountsStayFractions) {
  EXPECT_THAT(histogram_of({{1.0, 0.4}, {kInf, 0.9}}).value().counts, ElementsAre(0.4, 0.5));
}

TEST(HistogramCounts, DR43TwoSpellingsOfOneBoundAreOneBucket) {
  const Histogram histogram = histogram_of({{1.0, 4.0}, {1.0, 6.0}, {kInf, 7.0}}).value();

  EXPECT_THAT(histogram.bounds, ElementsAre(1.0));
  EXPECT_THAT(histogram.counts, ElementsAre(6.0, 1.0));
}

TEST(HistogramCounts, DR60ABoundOrCountThatIsNoNumberIsRefused) {
  EXPECT_EQ(histogram_of({{kNaN, 1.0}, {kInf, 2.0}}).error(), Unusable::kNonFinite);
  EXPECT_EQ(histogram_of({{-kInf, 1.0}, {kInf, 2.0}}).error(), Unusable::kNonFinite);
  EXPECT_EQ(histogram_of({{1.0, kNaN}, {kInf, 2.0}}).error(), Unusable::kNonFinite);
  EXPECT_EQ(histogram_of({{1.0, 1.0}, {kInf, kInf}}).error(), Unusable::kNonFinite);
}

TEST(HistogramCounts, DR40OnlySharedBoundsAreCompared) {
  const Histogram fine{.bounds = {1.0, 2.0, 3.0, 4.0}, .counts = {1.0, 2.0, 3.0, 4.0, 5.0}};

  const Histogram coarse = coarsened(fine, std::vector<double>{0.5, 2.0, 4.0});

  EXPECT_THAT(coarse.bounds, ElementsAre(2.0, 4.0));
  EXPECT_THAT(coarse.counts, ElementsAre(3.0, 7.0, 5.0));
}

TEST(HistogramCounts, DR40WithoutASharedBoundOneBinIsLeft) {
  const Histogram fine{.bounds = {1.0}, .counts = {1.0, 2.0}};

  EXPECT_THAT(coarsened(fine, {}).counts, ElementsAre(3.0));
}

struct Refusal {
  const char* name;
  std::vector<double> reference;
  std::vector<double> window;
  Unusable unusable;
  std::string_view reason;
};

class RefusedPair : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedPair, DR60HasAReasonAndNoNumber) {
  const auto pair = BinPair::of(GetParam().reference, GetParam().window);

  ASSERT_FALSE(pair.ok());
  EXPECT_EQ(pair.error(), GetParam().unusable);
  EXPECT_EQ(to_string(pair.error()), GetParam().reason);
}

// Each also has what later rules of the list refuse: the first that applies is told.
INSTANTIATE_TEST_SUITE_P(
    Order,
    RefusedPair,
    ::testing::Values(
        Refusal{"mismatch", {kNaN}, {}, Unusable::kBinMismatch, "BinMismatch"},
        Refusal{"no_bins", {}, {}, Unusable::kNoBins, "NoBins"},
        Refusal{"nan_in_window", {-1.0}, {kNaN}, Unusable::kNonFinite, "NonFinite"},
        Refusal{"infinite", {kInf}, {-1.0}, Unusable::kNonFinite, "NonFinite"},
        Refusal{"sum_overflows", {1e308, 1e308}, {1.0, 1.0}, Unusable::kNonFinite, "NonFinite"},
        Refusal{"negative", {0.0}, {-1.0}, Unusable::kNegative, "Negative"},
        Refusal{"empty_reference", {0.0}, {0.0}, Unusable::kEmptyReference, "EmptyReference"},
        Refusal{"no_data", {1.0}, {0.0}, Unusable::kNoData, "NoData"}),
    [](const ::testing::TestParamInfo<Refusal>& refusal) { return refusal.param.name; });

}  // namespace
}  // namespace kaizen::stats
