#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/time.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/increase_internal.h"
#include "ext/sources/prometheus/prometheus_test_support_internal.h"

namespace kaizen::ext::prometheus {
namespace {

constexpr base::Duration kScrape = std::chrono::seconds(15);
const Tick kTick = {.from = testing::kBefore, .to = testing::kAt, .scrape_interval = kScrape};

Process process(const std::string& pod, double total, double errors) {
  Process out;
  out.pod = pod;
  out.counters = {{std::string(kTotal), total}, {std::string(kErrors), errors}};
  return out;
}

Picture picture(const std::vector<Process>& processes) {
  Picture out;
  for (const Process& one : processes) out.processes[one.pod] = one;
  return out;
}

core::PodFact created(const std::string& pod, base::Time when) {
  core::PodFact fact;
  fact.name = pod;
  fact.created = when;
  return fact;
}

core::PodFact restarted(const std::string& pod, base::Time when) {
  core::PodFact fact = created(pod, testing::kBefore - std::chrono::hours(1));
  fact.restarted = when;
  return fact;
}

TEST(Increase, MP5IncrementsArePerProcessAndExact) {
  const Increase grown =
      increase(picture({process("a", 9007199254740000, 1), process("b", 5, 0)}),
               picture({process("a", 9007199254740007, 1), process("b", 9, 2)}), {}, kTick);
  EXPECT_EQ(grown.of(kTotal), 11);
  EXPECT_EQ(grown.of(kErrors), 2);
  EXPECT_TRUE(grown.whole);
}

TEST(Increase, MP5AFractionIsNotACount) {
  EXPECT_FALSE(increase({}, picture({process("a", 1.5, 0)}), {}, kTick).whole);
  EXPECT_FALSE(increase({}, picture({process("a", 1e16, 0)}), {}, kTick).whole);
}

TEST(Increase, MP6APodBornInTheTickCountsFromZero) {
  const std::vector<core::PodFact> pods = {
      created("new", testing::kBefore + std::chrono::seconds(1))};
  const Increase grown = increase({}, picture({process("new", 7, 1)}), pods, kTick);
  EXPECT_TRUE(grown.counted);
  EXPECT_EQ(grown.of(kTotal), 7);
  EXPECT_EQ(grown.of(kErrors), 1);
}

// First seen, but older: its history is not this tick's.
TEST(Increase, MP6AnOlderOrUnknownPodOnlySetsTheBaseline) {
  const std::vector<core::PodFact> pods = {created("old", testing::kBefore)};
  for (const char* pod : {"old", "unknown", ""}) {
    const Increase grown = increase({}, picture({process(pod, 100'000, 5)}), pods, kTick);
    EXPECT_TRUE(grown.present) << pod;
    EXPECT_FALSE(grown.counted) << pod;
    EXPECT_EQ(grown.of(kTotal), 0) << pod;
  }
}

TEST(Increase, MP7AFallenCounterBeganAnew) {
  const Increase grown =
      increase(picture({process("a", 1000, 50)}), picture({process("a", 20, 3)}), {}, kTick);
  EXPECT_EQ(grown.of(kTotal), 20);
  EXPECT_EQ(grown.of(kErrors), 3);
}

// Total fell, errors happen to be higher than before: both began anew, or more errors than requests
// could be counted.
TEST(Increase, MP7AResetIsOneOfTheWholeProcess) {
  const Increase grown =
      increase(picture({process("a", 1000, 2)}), picture({process("a", 500, 100)}), {}, kTick);
  EXPECT_EQ(grown.of(kTotal), 500);
  EXPECT_EQ(grown.of(kErrors), 100);
}

// The new counter has overtaken the old one already: only the pod tells.
TEST(Increase, MP7ARestartSeenOnThePodIsAReset) {
  const std::vector<core::PodFact> pods = {
      restarted("a", testing::kBefore + std::chrono::seconds(5))};
  const Increase grown =
      increase(picture({process("a", 10, 1)}), picture({process("a", 40, 1)}), pods, kTick);
  EXPECT_EQ(grown.of(kTotal), 40);
}

// A start just before the instant is not in its samples: they are still the old process's. The next
// tick takes it.
TEST(Increase, MP7ARestartCountsInTheTickWhoseSamplesShowIt) {
  const std::vector<core::PodFact> pods = {restarted("a", testing::kAt - std::chrono::seconds(5))};
  const Increase now =
      increase(picture({process("a", 1000, 1)}), picture({process("a", 1040, 1)}), pods, kTick);
  EXPECT_EQ(now.of(kTotal), 40);
  const Tick next = {.from = testing::kAt,
                     .to = testing::kAt + std::chrono::seconds(30),
                     .scrape_interval = kScrape};
  const Increase then =
      increase(picture({process("a", 1040, 1)}), picture({process("a", 1050, 1)}), pods, next);
  EXPECT_EQ(then.of(kTotal), 1050);
}

TEST(Increase, MP7AVanishedSeriesAddsNothing) {
  const Increase grown = increase(picture({process("a", 1000, 0), process("b", 1, 0)}),
                                  picture({process("b", 3, 0)}), {}, kTick);
  EXPECT_EQ(grown.of(kTotal), 2);
}

// R3-20.
TEST(Increase, MP8AnErrorSeriesThatDoesNotExistIsZeroErrors) {
  Process before;
  before.pod = "a";
  before.counters = {{std::string(kTotal), 100}};
  const Increase grown = increase(picture({before}), picture({process("a", 110, 4)}), {}, kTick);
  EXPECT_EQ(grown.of(kErrors), 4);
  EXPECT_EQ(increase(picture({before}), picture({before}), {}, kTick).of(kErrors), 0);
}

TEST(Increase, MP8AMissingTotalIsNotZeroTraffic) {
  const Increase grown = increase(picture({process("a", 5, 0)}), {}, {}, kTick);
  EXPECT_FALSE(grown.present);
  EXPECT_FALSE(grown.counted);
}

}  // namespace
}  // namespace kaizen::ext::prometheus
