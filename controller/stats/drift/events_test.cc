#include "stats/drift/events.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/drift/evidence.h"
#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;

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
  EXPECT_THAT(leading_categories(std::vector<double>{500.0, std::nan("")}, 500.0), IsEmpty());
}

TEST(DriftEvents, DR44EventsAreCountedInTheWindowsOwnBuckets) {
  const std::vector<double> reference_bounds = {1.0, 2.0, 5.0};
  const Histogram finer{.bounds = {0.5, 1.0, 2.0, 3.0, 5.0},
                        .counts = {1.0, 2.0, 10.0, 20.0, 30.0, 100.0}};
  const std::vector<Event> events = {{kUpTo, 0}, {kUpTo, 2}, {Event::Shape::kOutside, 1}};
  std::vector<double> hits;

  count_events(events, reference_bounds, finer, hits);

  EXPECT_THAT(hits, ElementsAre(3.0, 63.0, 153.0));
}

TEST(DriftEvents, DR44ALostCutHasNoCountAndTheOthersKeepTheirs) {
  const std::vector<double> reference_bounds = {1.0, 2.0, 5.0};
  const Histogram other{.bounds = {1.0, 2.5, 5.0}, .counts = {3.0, 4.0, 5.0, 6.0}};
  const std::vector<Event> events = {
      {kUpTo, 0}, {kUpTo, 1}, {kUpTo, 2}, {Event::Shape::kOutside, 2}, {Event::Shape::kOutside, 3}};
  std::vector<double> hits;

  count_events(events, reference_bounds, other, hits);

  EXPECT_THAT(hits, ElementsAre(3.0, IsNan(), 12.0, IsNan(), 12.0));
}

// The same observations in another layout are no evidence of anything (DR-44).
TEST(DriftEvents, DR44AnotherLayoutOfTheSameSamplesChangesNoEvidence) {
  const std::vector<double> bounds = {1.0, 2.0, 3.0, 4.0};
  const std::vector<double> reference(5, 10'000.0);
  const Histogram same{.bounds = bounds, .counts = {200.0, 200.0, 200.0, 200.0, 200.0}};
  const Histogram coarser{.bounds = {1.0, 3.0, 4.0}, .counts = {200.0, 400.0, 200.0, 200.0}};
  const std::vector<Event> events = numeric_events(reference).value();
  const DriftNull null = event_null(std::vector<double>{0.2, 0.4, 0.8}, 50'000.0, {}).value();
  ASSERT_EQ(events.size(), 3U);
  std::vector<double> hits;
  std::vector<double> state = fresh_state(null);

  for (int window = 0; window < 200; ++window) {
    count_events(events, bounds, window % 2 == 0 ? same : coarser, hits);
    const Updated updated = update(std::move(state), {.n = 1'000.0, .k = hits}, null);
    ASSERT_EQ(updated.reading, Reading::kEvaluated);
    EXPECT_LT(updated.log_evidence, 0.0);
    EXPECT_NEAR(updated.effect, 0.0, 1e-12);
    state = updated.state;
  }
}

TEST(DriftEvents, EachShapeCountsItsOwnBins) {
  const std::vector<double> bins = {1.0, 20.0, 300.0, 4'000.0};

  EXPECT_DOUBLE_EQ(count_of({kUpTo, 1}, bins), 21.0);
  EXPECT_DOUBLE_EQ(count_of({Event::Shape::kIn, 2}, bins), 300.0);
  EXPECT_DOUBLE_EQ(count_of({Event::Shape::kOutside, 2}, bins), 4'021.0);
}

}  // namespace
}  // namespace kaizen::stats
