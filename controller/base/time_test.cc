#include "base/time.h"

#include <optional>

#include <gtest/gtest.h>

#include "base/duration.h"

namespace kaizen::base {
namespace {

TEST(Duration, MD14AcceptsThePrometheusLikeFormOnly) {
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("300ms"), 300ms);
  EXPECT_EQ(parse_duration("0s"), 0s);
  for (const char* bad : {"", "5", "s", "-5s", "1.5s", "5 s", "5d", "9999999999999999999h"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Duration, PrintsWhatParsesBack) {
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(3'600'300ms), "1h300ms");
}

TEST(Time, ReadsAndWritesRfc3339) {
  const Time t = Time::from_unix_s(1784000460);
  EXPECT_EQ(format_time(t), "2026-07-14T03:41:00Z");
  EXPECT_EQ(parse_time("2026-07-14T03:41:00Z"), t);
  EXPECT_EQ(parse_time("2026-07-14T05:41:00.25+02:00"), t + 250ms);
  EXPECT_EQ(format_time_us(t + 250ms), "2026-07-14T03:41:00.250000Z");
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* bad : {"", "2026-07-14", "2026-02-30T00:00:00Z", "2026-07-14T25:00:00Z",
                          "2026-07-14T03:41:00", "2026-07-14T03:41:00Zx", "1969-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
  }
}

TEST(Time, FloorsToWallClockMultiples) {
  EXPECT_EQ(floor_to(Time::from_unix_s(95), 30s), Time::from_unix_s(90));
  EXPECT_EQ(floor_to(Time::from_unix_s(90), 30s), Time::from_unix_s(90));
}

}  // namespace
}  // namespace kaizen::base
