#include <map>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "ext/sources/prometheus/increase_internal.h"
#include "ext/sources/prometheus/latency_internal.h"

namespace kaizen::ext::prometheus {
namespace {

using core::Counts;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

Increase grown(const std::map<std::string, double>& buckets) {
  Increase out;
  out.present = true;
  out.counted = true;
  for (const auto& [le, count] : buckets) out.counters[boundary_text(le).value()] += count;
  return out;
}

Slow slow(const Increase* stable,
          const Increase* canary,
          base::Duration threshold,
          double units = 1) {
  return count_slow({.stable = stable,
                     .canary = canary,
                     .threshold = threshold,
                     .units_per_second = units,
                     .metric = "http_request_duration_seconds"});
}

const Increase kStable = grown({{"0.1", 50}, {"0.3", 90}, {"1.2", 98}, {"5", 99}, {"+Inf", 100}});
const Increase kCanary = grown({{"0.1", 10}, {"0.3", 30}, {"1.2", 39}, {"5", 40}, {"+Inf", 40}});

TEST(Latency, MP15SlowIsWhatTheBoundaryDoesNotHold) {
  const Slow out = slow(&kStable, &kCanary, milliseconds(300));
  ASSERT_EQ(out.reason, "");
  EXPECT_EQ(out.boundary, milliseconds(300));
  EXPECT_EQ(out.stable, (Counts{100, 10}));
  EXPECT_EQ(out.canary, (Counts{40, 10}));
}

TEST(Latency, MP15AThresholdMovesUpToTheNextBoundary) {
  const Slow out = slow(&kStable, &kCanary, milliseconds(301));
  EXPECT_EQ(out.boundary, milliseconds(1200));
  EXPECT_EQ(out.stable, (Counts{100, 2}));
}

TEST(Latency, MP15AThresholdAboveTheLastBoundaryIsAnError) {
  EXPECT_EQ(slow(&kStable, &kCanary, std::chrono::seconds(5)).reason, "");
  const Slow out = slow(&kStable, &kCanary, std::chrono::seconds(6));
  EXPECT_EQ(out.reason, core::reason::kThresholdAboveBuckets.name);
  EXPECT_THAT(out.message, HasSubstr("6s is above the last bucket of "
                                     "http_request_duration_seconds, 5"));
  EXPECT_FALSE(out.stable);
}

// The same 500 ms in the unit of the series.
TEST(Latency, MP16TheThresholdIsConvertedNotTheSeries) {
  const Increase ms = grown({{"100", 5}, {"500", 8}, {"+Inf", 10}});
  EXPECT_EQ(slow(&ms, nullptr, milliseconds(500), 1e3).stable, (Counts{10, 2}));
  EXPECT_EQ(slow(&ms, nullptr, milliseconds(500), 1e3).boundary, milliseconds(500));
  const Increase us = grown({{"100000", 5}, {"500000", 8}, {"+Inf", 10}});
  EXPECT_EQ(slow(&us, nullptr, milliseconds(500), 1e6).stable, (Counts{10, 2}));
  const Increase s = grown({{"0.1", 5}, {"0.5", 8}, {"+Inf", 10}});
  EXPECT_EQ(slow(&s, nullptr, milliseconds(500)).stable, (Counts{10, 2}));
}

// 2007000 us / 1e6 * 1e3 is a little more than 2007.
TEST(Latency, MP16RoundingDoesNotMissABoundary) {
  for (const int ms : {300, 2007, 2011, 4015}) {
    const Increase arm = grown({{std::to_string(ms), 1}, {"60000", 2}, {"+Inf", 2}});
    EXPECT_EQ(slow(&arm, nullptr, milliseconds(ms), 1e3).boundary, milliseconds(ms)) << ms;
  }
}

TEST(Latency, MP13BoundariesAreNumbersNotTexts) {
  EXPECT_EQ(boundary_text("1"), boundary_text("1.0"));
  EXPECT_EQ(boundary_text("1e3"), boundary_text("1000"));
  EXPECT_EQ(boundary_text("+Inf"), "+Inf");
  EXPECT_EQ(boundary_text("fast"), std::nullopt);
  EXPECT_EQ(boundary_text(""), std::nullopt);
  const Increase stable = grown({{"1.0", 5}, {"+Inf", 10}});
  const Increase canary = grown({{"1", 6}, {"+Inf", 10}});
  EXPECT_EQ(slow(&stable, &canary, std::chrono::seconds(1)).canary, (Counts{10, 4}));
}

TEST(Latency, MP13ASmallFallIsRepairedByTheRunningMaximum) {
  const Increase arm = grown({{"0.1", 500}, {"0.3", 495}, {"1", 990}, {"+Inf", 1000}});
  const Slow out = slow(&arm, nullptr, milliseconds(300));
  ASSERT_EQ(out.reason, "");
  EXPECT_EQ(out.stable, (Counts{1000, 500}));
}

TEST(Latency, MP13ALargeFallIsAnError) {
  const Increase arm = grown({{"0.1", 500}, {"0.3", 480}, {"1", 990}, {"+Inf", 1000}});
  const Slow out = slow(&arm, nullptr, milliseconds(300));
  EXPECT_EQ(out.reason, core::reason::kBucketsNotMonotone.name);
  EXPECT_THAT(out.message, HasSubstr("(2% of the requests)"));
}

TEST(Latency, MP13ArmsWithOtherBoundariesUseWhatTheyShare) {
  const Increase stable = grown({{"0.1", 1}, {"0.25", 5}, {"0.5", 8}, {"+Inf", 10}});
  const Increase canary = grown({{"0.1", 2}, {"0.3", 6}, {"0.5", 9}, {"+Inf", 10}});
  const Slow out = slow(&stable, &canary, milliseconds(200));
  EXPECT_EQ(out.boundary, milliseconds(500));
  EXPECT_EQ(out.stable, (Counts{10, 2}));
  EXPECT_EQ(out.canary, (Counts{10, 1}));
}

TEST(Latency, MP13ArmsThatShareNoBoundaryAreAnError) {
  const Increase stable = grown({{"0.25", 5}, {"+Inf", 10}});
  const Increase canary = grown({{"0.3", 6}, {"+Inf", 10}});
  const Slow out = slow(&stable, &canary, milliseconds(200));
  EXPECT_EQ(out.reason, core::reason::kQueryFailed.name);
  EXPECT_THAT(out.message, HasSubstr("in common"));
}

TEST(Latency, MP13WithoutTheInfiniteBucketThereIsNoTotal) {
  const Increase arm = grown({{"0.25", 5}});
  EXPECT_EQ(slow(&arm, nullptr, milliseconds(200)).reason, core::reason::kQueryFailed.name);
}

TEST(Latency, MP13ATickWithoutRequestsIsZeroOfZero) {
  const Increase arm = grown({{"0.25", 0}, {"+Inf", 0}});
  EXPECT_EQ(slow(&arm, nullptr, milliseconds(200)).stable, (Counts{0, 0}));
}

}  // namespace
}  // namespace kaizen::ext::prometheus
