#include "core/schedule/windows.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/rng.h"
#include "base/time.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zones_test_support.h"

namespace kaizen::core {
namespace {

using namespace std::chrono_literals;  // NOLINT
using testing::ElementsAre;

ClockWindow window(const std::string& begin, const std::string& end) {
  return {at(begin), at(end)};
}

// The ends of all windows from that time on, until one ends at or after `until`.
std::vector<std::string> ends(const TimeZone& zone,
                              base::Duration length,
                              const std::string& from,
                              const std::string& until) {
  std::vector<std::string> result;
  for (base::Time time = at(from); time < at(until);) {
    time = window_at(zone, length, time).end;
    result.push_back(base::format_time(time));
  }
  return result;
}

TEST(ClockWindow, DR30ADayIsTheLocalDay) {
  const TimeZone tokyo = recorded_zone("Asia/Tokyo");
  EXPECT_EQ(window_at(tokyo, 24h, at("2026-07-01T12:00:00Z")),
            window("2026-06-30T15:00:00Z", "2026-07-01T15:00:00Z"));
  EXPECT_EQ(window_at(tokyo, 24h, at("2026-07-01T15:00:00Z")),
            window("2026-07-01T15:00:00Z", "2026-07-02T15:00:00Z"));
  EXPECT_EQ(window_at(tokyo, 24h, at("2026-07-01T14:59:59.999999Z")),
            window("2026-06-30T15:00:00Z", "2026-07-01T15:00:00Z"));
}

TEST(ClockWindow, DR30ADayOfAChangeHas23Or25Hours) {
  const TimeZone new_york = recorded_zone("America/New_York");
  EXPECT_EQ(window_at(new_york, 24h, at("2026-03-08T12:00:00Z")),
            window("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"));
  EXPECT_EQ(window_at(new_york, 24h, at("2026-11-01T12:00:00Z")),
            window("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"));
}

TEST(ClockWindow, DR30ShorterWindowsKeepTheirLengthOnSuchADay) {
  const TimeZone new_york = recorded_zone("America/New_York");
  EXPECT_THAT(ends(new_york, 1h, "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
              testing::SizeIs(23));
  EXPECT_THAT(ends(new_york, 1h, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
              testing::SizeIs(25));
  EXPECT_THAT(ends(new_york, 1min, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
              testing::SizeIs(1'500));
  // 23 h: the last has 5 of 6, which is enough; 25 h: the hour that is left joins the last.
  EXPECT_THAT(ends(new_york, 6h, "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
              ElementsAre("2026-03-08T11:00:00Z", "2026-03-08T17:00:00Z", "2026-03-08T23:00:00Z",
                          "2026-03-09T04:00:00Z"));
  EXPECT_THAT(ends(new_york, 6h, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
              ElementsAre("2026-11-01T10:00:00Z", "2026-11-01T16:00:00Z", "2026-11-01T22:00:00Z",
                          "2026-11-02T05:00:00Z"));
  // Exactly half of the length is left: a window of its own.
  EXPECT_THAT(ends(new_york, 2h, "2026-11-02T01:00:00Z", "2026-11-02T05:00:00Z"),
              ElementsAre("2026-11-02T02:00:00Z", "2026-11-02T04:00:00Z", "2026-11-02T05:00:00Z"));
}

TEST(ClockWindow, DR30WindowsBeginAgainEachDay) {
  EXPECT_THAT(ends(TimeZone(), 7h, "2026-07-01T00:00:00Z", "2026-07-02T07:00:00Z"),
              ElementsAre("2026-07-01T07:00:00Z", "2026-07-01T14:00:00Z", "2026-07-02T00:00:00Z",
                          "2026-07-02T07:00:00Z"));
  EXPECT_THAT(ends(TimeZone(), 9h, "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"),
              ElementsAre("2026-07-01T09:00:00Z", "2026-07-01T18:00:00Z", "2026-07-02T00:00:00Z"));
  const TimeZone casablanca = recorded_zone("Africa/Casablanca");
  EXPECT_EQ(window_at(casablanca, 23h + 59min, at("2026-02-15T12:00:00Z")),
            window("2026-02-14T23:00:00Z", "2026-02-16T00:00:00Z"));
}

TEST(ClockWindow, DR30LongerThanADayCountsFromMonday) {
  const TimeZone tokyo = recorded_zone("Asia/Tokyo");
  EXPECT_EQ(window_at(tokyo, 168h, at("2026-03-10T00:00:00Z")),
            window("2026-03-08T15:00:00Z", "2026-03-15T15:00:00Z"));
  EXPECT_EQ(window_at(tokyo, 168h, at("2026-03-08T14:59:59Z")),
            window("2026-03-01T15:00:00Z", "2026-03-08T15:00:00Z"));
  EXPECT_THAT(ends(tokyo, 48h, "2026-03-08T15:00:00Z", "2026-03-15T15:00:00Z"),
              ElementsAre("2026-03-10T15:00:00Z", "2026-03-12T15:00:00Z", "2026-03-14T15:00:00Z",
                          "2026-03-15T15:00:00Z"));
  EXPECT_THAT(ends(tokyo, 72h, "2026-03-08T15:00:00Z", "2026-03-15T15:00:00Z"),
              ElementsAre("2026-03-11T15:00:00Z", "2026-03-15T15:00:00Z"));
}

TEST(ClockWindow, DR30AWeekOfAChangeHas167Or169Hours) {
  const TimeZone berlin = recorded_zone("Europe/Berlin");
  EXPECT_EQ(window_at(berlin, 168h, at("2026-03-25T00:00:00Z")),
            window("2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"));
  EXPECT_EQ(window_at(berlin, 168h, at("2026-10-21T00:00:00Z")),
            window("2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"));
  // Days inside of the week keep their local midnight.
  EXPECT_THAT(
      ends(recorded_zone("Asia/Beirut"), 48h, "2026-03-22T22:00:00Z", "2026-03-29T21:00:00Z"),
      ElementsAre("2026-03-24T22:00:00Z", "2026-03-26T22:00:00Z", "2026-03-28T22:00:00Z",
                  "2026-03-29T21:00:00Z"));
}

TEST(ClockWindow, DR30ADayBeginsOnceWhateverMidnightDoes) {
  const TimeZone havana = recorded_zone("America/Havana");
  // 00:00 is jumped over, and half a year later shown twice.
  EXPECT_EQ(window_at(havana, 24h, at("2026-03-08T12:00:00Z")),
            window("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"));
  EXPECT_EQ(window_at(havana, 24h, at("2026-11-01T05:30:00Z")),
            window("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"));
  // 00:00 goes back to 23:00: the old day lasts until the second midnight.
  EXPECT_EQ(window_at(recorded_zone("Asia/Beirut"), 24h, at("2026-10-24T21:30:00Z")),
            window("2026-10-23T21:00:00Z", "2026-10-24T22:00:00Z"));
}

TEST(ClockWindow, DR30ASkippedDayHasNoWindow) {
  const TimeZone apia = recorded_zone("Pacific/Apia");
  EXPECT_THAT(ends(apia, 24h, "2011-12-29T10:00:00Z", "2012-01-01T10:00:00Z"),
              ElementsAre("2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", "2012-01-01T10:00:00Z"));
}

TEST(ClockWindow, DR30MissedWindowsAreReadOldestFirst) {
  const TimeZone tokyo = recorded_zone("Asia/Tokyo");
  const base::Time now = at("2026-07-04T02:00:00Z");
  base::Time read_until = at("2026-06-30T15:00:00Z");
  std::vector<std::string> read;
  for (;;) {
    const ClockWindow next = next_window(tokyo, 24h, read_until, now);
    EXPECT_EQ(next.begin, read_until);
    if (next.end > now) break;
    read.push_back(base::format_time(next.end));
    read_until = next.end;
  }
  EXPECT_THAT(read,
              ElementsAre("2026-07-01T15:00:00Z", "2026-07-02T15:00:00Z", "2026-07-03T15:00:00Z"));
}

TEST(ClockWindow, DR30AWindowIsReadAtMost14DaysLater) {
  const ClockWindow next =
      next_window(TimeZone(), 24h, at("2026-01-01T00:00:00Z"), at("2026-07-15T12:00:00Z"));
  EXPECT_EQ(next, window("2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"));
}

TEST(ClockWindow, A30AnEditReadsNothingTwice) {
  // A day was read in Tokyo until 15:00 UTC; then the zone becomes UTC.
  const ClockWindow next =
      next_window(TimeZone(), 24h, at("2026-07-03T15:00:00Z"), at("2026-07-03T16:00:00Z"));
  EXPECT_EQ(next, window("2026-07-04T00:00:00Z", "2026-07-05T00:00:00Z"));
}

TEST(ClockWindow, A30ATimeAtTheEndOfTheCalendarEnds) {
  const ClockWindow next =
      next_window(TimeZone(), 24h, at("9999-12-31T12:00:00Z"), at("2026-07-03T16:00:00Z"));
  EXPECT_LE(next.begin, at("9999-12-31T12:00:00Z"));
}

TEST(ClockWindow, A30WindowsFollowOneAnotherWithoutGaps) {
  base::Rng rng(30);
  for (const char* const name : {"America/New_York", "America/Havana", "Asia/Beirut",
                                 "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll"}) {
    const TimeZone zone = recorded_zone(name);
    for (int round = 0; round < 60; ++round) {
      const auto length_s = std::chrono::seconds(600 + static_cast<int>(rng.next() % 604'201));
      base::Time time = at("2025-03-01T00:00:00Z") +
                        std::chrono::seconds(static_cast<int>(rng.next() % 40'000'000));
      ClockWindow current = window_at(zone, length_s, time);
      for (int i = 0; i < 60; ++i) {
        // Any time inside, the first and the last included, is of the same window.
        ASSERT_LE(current.begin, time);
        ASSERT_LT(time, current.end);
        ASSERT_EQ(window_at(zone, length_s, current.begin), current);
        ASSERT_EQ(window_at(zone, length_s, current.end - base::Duration(1)), current);
        // Its length is what was asked for, within half of it and the hour of a change.
        const base::Duration is = current.end - current.begin;
        ASSERT_GE(2 * is, length_s - 2h * 2) << name << " " << length_s.count();
        ASSERT_LE(2 * is, 3 * length_s + 2h * 2) << name << " " << length_s.count();
        time = current.end;
        const ClockWindow next = window_at(zone, length_s, time);
        ASSERT_EQ(next.begin, current.end);
        current = next;
      }
    }
  }
}

}  // namespace
}  // namespace kaizen::core
