#include "stats/drift/events.h"

#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Event::Shape kUpTo = Event::Shape::kUpTo;

TEST(DriftEvents, DR52CutsAreTheBoundsNearestToFiveQuantiles) {
  const std::vector<double> deciles(10, 100.0);

  // CDF 0.1 ... 0.9; 0.25 lies between 0.2 and 0.3, 0.75 between 0.7 and 0.8: the lower ones.
  EXPECT_THAT(numeric_events(deciles).value(),
              ElementsAre(Event{kUpTo, 0}, Event{kUpTo, 1}, Event{kUpTo, 4}, Event{kUpTo, 6},
                          Event{kUpTo, 8}));
}

TEST(DriftEvents, DR52ACoarseHistogramHasEachCutOnce) {
  EXPECT_THAT(numeric_events(std::vector<double>{60.0, 40.0}).value(),
              ElementsAre(Event{kUpTo, 0}));
}

TEST(DriftEvents, DR52TailsCarryTooLittleMassToTest) {
  const std::vector<double> counts = {1.0, 48.0, 50.0, 1.0};  // CDF 0.01, 0.49, 0.99

  EXPECT_THAT(numeric_events(counts).value(), ElementsAre(Event{kUpTo, 1}));
}

TEST(DriftEvents, DR52AConstantFeatureIsWatchedForLeavingItsBucket) {
  const std::vector<double> counts = {0.0, 0.0, 5'000.0, 0.0};
  const std::vector<double> window = {1.0, 2.0, 90.0, 7.0};

  const std::vector<Event> events = numeric_events(counts).value();

  EXPECT_THAT(events, ElementsAre(Event{Event::Shape::kOutside, 2}));
  EXPECT_DOUBLE_EQ(count_of(events[0], window), 10.0);
}

TEST(DriftEvents, DR52OneBucketOnlyIsConstantToo) {
  EXPECT_THAT(numeric_events(std::vector<double>{12.0}).value(),
              ElementsAre(Event{Event::Shape::kOutside, 0}));
}

TEST(DriftEvents, DR60NoReferenceGivesNoEvents) {
  EXPECT_EQ(numeric_events({}).error(), Unusable::kNoBins);
  EXPECT_EQ(numeric_events(std::vector<double>{0.0, 0.0}).error(), Unusable::kEmptyReference);
  EXPECT_EQ(numeric_events(std::vector<double>{1.0, -1.0}).error(), Unusable::kNegative);
  EXPECT_EQ(numeric_events(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}).error(),
            Unusable::kNonFinite);
}

TEST(DriftEvents, DR52TenLeadingCategoriesOfAtLeastOnePercent) {
  const std::vector<double> counts = {5.0, 300.0, 10.0, 9.9, 675.1};
  const std::vector<double> many(12, 100.0);

  EXPECT_THAT(leading_categories(counts, 1'000.0), ElementsAre(1, 2, 4));
  EXPECT_THAT(leading_categories(many, 1'200.0), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(leading_categories({}, 0.0), IsEmpty());
}

TEST(DriftEvents, EachShapeCountsItsOwnBins) {
  const std::vector<double> bins = {1.0, 20.0, 300.0, 4'000.0};

  EXPECT_DOUBLE_EQ(count_of({kUpTo, 1}, bins), 21.0);
  EXPECT_DOUBLE_EQ(count_of({Event::Shape::kIn, 2}, bins), 300.0);
  EXPECT_DOUBLE_EQ(count_of({Event::Shape::kOutside, 2}, bins), 4'021.0);
}

}  // namespace
}  // namespace kaizen::stats
