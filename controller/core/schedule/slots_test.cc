// TG-13's vectors and what follows from them, one day at a time. slots_property_test.cc compares
// whole years with an independent count.
#include "core/schedule/slots.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result.h"
#include "base/time.h"
#include "core/schedule/cron.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zones_test_support.h"

namespace kaizen::core {
namespace {

using testing::ElementsAre;

CronExpression cron_of(const std::string& text) {
  const base::Result<CronExpression> cron = parse_cron(text);
  EXPECT_TRUE(cron.ok()) << text;
  return cron.ok() ? *cron : CronExpression();
}

TimeZone zone_of(const std::string& name) {
  return name == "UTC" ? TimeZone() : recorded_zone(name);
}

// The slots in (after, until], found by walking forwards.
std::vector<std::string> slots(const std::string& cron,
                               const std::string& zone,
                               const std::string& after,
                               const std::string& until) {
  const CronExpression expression = cron_of(cron);
  const TimeZone place = zone_of(zone);
  std::vector<std::string> found;
  for (base::Time time = at(after);;) {
    const std::optional<base::Time> slot = next_slot(expression, place, time).slot;
    if (!slot || *slot > at(until)) break;
    found.push_back(base::format_time(*slot));
    time = *slot;
  }
  EXPECT_EQ(count_slots(expression, place, at(after), at(until)),
            static_cast<int64_t>(found.size()));
  // Walking backwards finds the same.
  std::vector<std::string> backwards;
  for (base::Time time = at(until);;) {
    const std::optional<base::Time> slot = newest_slot(expression, place, at(after), time).slot;
    if (!slot) break;
    backwards.insert(backwards.begin(), base::format_time(*slot));
    time = *slot - base::Duration(1);
  }
  EXPECT_EQ(found, backwards);
  return found;
}

struct Vector {
  const char* cron;
  const char* zone;
  const char* after;
  const char* until;
  std::vector<std::string> slots;
};

TEST(Slots, TG13VectorsOfTheDesign) {
  const Vector vectors[] = {
      {"30 2 * * *",
       "America/New_York",
       "2026-03-08T05:00:00Z",
       "2026-03-09T04:00:00Z",
       {"2026-03-08T07:00:00Z"}},
      {"30 1 * * *",
       "America/New_York",
       "2026-11-01T04:00:00Z",
       "2026-11-02T05:00:00Z",
       {"2026-11-01T05:30:00Z"}},
      {"30 * * * *",
       "America/New_York",
       "2026-11-01T05:00:00Z",
       "2026-11-01T07:00:00Z",
       {"2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"}},
      {"30 * * * *",
       "America/New_York",
       "2026-03-08T06:00:00Z",
       "2026-03-08T08:00:00Z",
       {"2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z"}},
      {"15 2 * * *",
       "Australia/Lord_Howe",
       "2026-10-03T13:30:00Z",
       "2026-10-04T13:00:00Z",
       {"2026-10-03T15:30:00Z"}},
      {"45 1 * * *",
       "Australia/Lord_Howe",
       "2026-04-04T13:00:00Z",
       "2026-04-05T13:30:00Z",
       {"2026-04-04T14:45:00Z"}},
      {"0 9 31 * *",
       "Asia/Tokyo",
       "2026-01-31T15:00:00Z",
       "2026-04-30T14:59:59Z",
       {"2026-03-31T00:00:00Z"}},
  };
  for (const Vector& vector : vectors) {
    EXPECT_EQ(slots(vector.cron, vector.zone, vector.after, vector.until), vector.slots)
        << vector.cron << " " << vector.zone;
  }
}

TEST(Slots, TG13SlotsAtOneInstantAreOne) {
  // Six labels are jumped over and 03:00 is jumped to: all at 07:00.
  EXPECT_THAT(
      slots("*/10 2,3 * * *", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T07:20:00Z"),
      ElementsAre("2026-03-08T07:00:00Z", "2026-03-08T07:10:00Z", "2026-03-08T07:20:00Z"));
}

TEST(Slots, TG13IntervalsFollowHalfHourShifts) {
  // Clocks go back from 02:00 to 01:30 at 15:00 UTC, and in October from 02:00 to 02:30.
  EXPECT_THAT(
      slots("45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T17:00:00Z"),
      ElementsAre("2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z", "2026-04-04T16:15:00Z"));
  EXPECT_THAT(
      slots("15 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", "2026-10-03T17:00:00Z"),
      ElementsAre("2026-10-03T14:45:00Z", "2026-10-03T16:15:00Z"));
}

TEST(Slots, TG13ADayThatWasSkippedFiresAtTheJump) {
  // Samoa went from the 29th to the 31st of December 2011 at 10:00 UTC.
  EXPECT_THAT(slots("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-31T12:00:00Z"),
              ElementsAre("2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"));
  EXPECT_THAT(slots("0 * 30 12 *", "Pacific/Apia", "2011-06-01T00:00:00Z", "2012-06-01T00:00:00Z"),
              ElementsAre());
}

TEST(Slots, TG13MidnightMayBeJumpedOverOrShownTwice) {
  // Havana: 00:00 to 01:00 in March, 01:00 back to 00:00 in November.
  EXPECT_THAT(slots("0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z"),
              ElementsAre("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"));
  EXPECT_THAT(slots("0 0 * * *", "America/Havana", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z"),
              ElementsAre("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"));
  // Beirut: 00:00 back to 23:00 of the day before.
  EXPECT_THAT(slots("0 0 * * *", "Asia/Beirut", "2026-10-24T12:00:00Z", "2026-10-25T23:00:00Z"),
              ElementsAre("2026-10-24T22:00:00Z", "2026-10-25T22:00:00Z"));
  EXPECT_THAT(slots("30 23 * * *", "Asia/Beirut", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
              ElementsAre("2026-10-24T20:30:00Z"));
}

TEST(Slots, TG13KeepsTheRuleLongAfterTheListedChanges) {
  EXPECT_THAT(
      slots("30 2 * * *", "America/New_York", "2100-03-13T12:00:00Z", "2100-03-15T12:00:00Z"),
      ElementsAre("2100-03-14T07:00:00Z", "2100-03-15T06:30:00Z"));
}

TEST(Slots, TG13FiresOnWholeMinutesOfOddOffsets) {
  // Liberia in 1970: 00:00 there is 00:44:30 UTC.
  EXPECT_THAT(slots("0 0 * * *", "Africa/Monrovia", "1970-02-01T00:00:00Z", "1970-02-03T00:00:00Z"),
              ElementsAre("1970-02-01T00:44:30Z", "1970-02-02T00:44:30Z"));
}

TEST(Slots, TG11EitherDayMatchesWhenBothAreRestricted) {
  EXPECT_THAT(slots("0 0 13 * FRI", "UTC", "2026-02-01T00:00:00Z", "2026-03-15T00:00:00Z"),
              ElementsAre("2026-02-06T00:00:00Z", "2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z",
                          "2026-02-27T00:00:00Z", "2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"));
  EXPECT_THAT(slots("0 0 13 * *", "UTC", "2026-02-01T00:00:00Z", "2026-03-15T00:00:00Z"),
              ElementsAre("2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z"));
  EXPECT_THAT(slots("0 0 * 3 SUN", "UTC", "2026-02-01T00:00:00Z", "2026-03-15T00:00:00Z"),
              ElementsAre("2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z"));
}

TEST(Slots, TG11WaitsEightYearsForALeapDayAndNoLonger) {
  const CronExpression leap_day = cron_of("0 0 29 2 *");
  EXPECT_EQ(next_slot(leap_day, TimeZone(), at("2096-02-29T00:00:00Z")).slot,
            at("2104-02-29T00:00:00Z"));
  EXPECT_EQ(
      newest_slot(leap_day, TimeZone(), at("1990-01-01T00:00:00Z"), at("2104-02-28T00:00:00Z"))
          .slot,
      at("2096-02-29T00:00:00Z"));
  EXPECT_EQ(next_slot(cron_of("0 0 30 2 *"), TimeZone(), at("2026-01-01T00:00:00Z")).slot,
            std::nullopt);
  EXPECT_EQ(next_slot(cron_of("0 0 31 4,6,9,11 *"), TimeZone(), at("2026-01-01T00:00:00Z")).slot,
            std::nullopt);
  EXPECT_EQ(newest_slot(cron_of("0 0 30 2 *"), TimeZone(), at("1970-01-01T00:00:00Z"),
                        at("2026-01-01T00:00:00Z"))
                .slot,
            std::nullopt);
}

TEST(Slots, TG14TheBoundsAreAfterAndUntil) {
  const CronExpression hourly = cron_of("0 * * * *");
  const base::Time eight = at("2026-07-01T08:00:00Z");
  const base::Time nine = at("2026-07-01T09:00:00Z");
  EXPECT_EQ(newest_slot(hourly, TimeZone(), eight, nine).slot, nine);
  EXPECT_EQ(newest_slot(hourly, TimeZone(), eight, nine - base::Duration(1)).slot, std::nullopt);
  EXPECT_EQ(newest_slot(hourly, TimeZone(), eight - base::Duration(1), eight).slot, eight);
  EXPECT_EQ(newest_slot(hourly, TimeZone(), nine, eight).slot, std::nullopt);
  EXPECT_EQ(next_slot(hourly, TimeZone(), eight).slot, nine);
  EXPECT_EQ(next_slot(hourly, TimeZone(), eight - base::Duration(1)).slot, eight);
  EXPECT_EQ(count_slots(hourly, TimeZone(), eight, nine), 1);
  EXPECT_EQ(count_slots(hourly, TimeZone(), eight - base::Duration(1), nine), 2);
  EXPECT_EQ(count_slots(hourly, TimeZone(), nine, eight), 0);
}

TEST(Slots, TG14TenYearsOfMissedMinutesCostOneMonth) {
  const SlotSearch search = newest_slot(cron_of("* * * * *"), recorded_zone("America/New_York"),
                                        at("2016-07-01T00:00:00Z"), at("2026-07-01T00:00:30Z"));
  EXPECT_EQ(search.slot, at("2026-07-01T00:00:00Z"));
  EXPECT_EQ(search.months, 1);
  // 3,652 days; every minute of a zone is a slot of an interval whatever clocks show.
  EXPECT_EQ(count_slots(cron_of("* * * * *"), recorded_zone("America/New_York"),
                        at("2016-07-01T00:00:00Z"), at("2026-07-01T00:00:30Z")),
            5'258'880);
}

TEST(Slots, TG14TheRarestScheduleCostsTheMonthsOfEightYears) {
  const CronExpression leap_day = cron_of("59 23 29 2 *");
  const TimeZone zone = recorded_zone("America/New_York");
  const base::Time before = at("2104-02-29T00:00:00Z");
  const SlotSearch back = newest_slot(leap_day, zone, at("1970-01-01T00:00:00Z"), before);
  EXPECT_EQ(back.slot, at("2096-03-01T04:59:00Z"));
  // 97 months, and one more for each of the 16 changes of the clock between.
  EXPECT_LE(back.months, 97 + 16);
  const SlotSearch ahead = next_slot(leap_day, zone, at("2096-03-01T04:59:00Z"));
  EXPECT_EQ(ahead.slot, at("2104-03-01T04:59:00Z"));
  EXPECT_LE(ahead.months, 97 + 17);
  const SlotSearch never =
      newest_slot(cron_of("0 0 30 2 *"), zone, at("1970-01-01T00:00:00Z"), before);
  EXPECT_LE(never.months, 97 + 17);
}

TEST(Slots, TG17TimesOutsideOfTheCalendarHaveNoSlots) {
  const CronExpression minutely = cron_of("* * * * *");
  EXPECT_EQ(next_slot(minutely, TimeZone(), at("9999-12-31T23:59:00Z")).slot, std::nullopt);
  EXPECT_EQ(next_slot(minutely, TimeZone(), base::Time::from_unix_s(int64_t{1} << 42U)).slot,
            std::nullopt);
  EXPECT_EQ(next_slot(minutely, TimeZone(), base::Time::from_unix_s(-1'000'000)).slot,
            at("1970-01-01T00:00:00Z"));
  EXPECT_EQ(newest_slot(minutely, TimeZone(), at("9999-12-31T23:59:00Z"),
                        base::Time::from_unix_s(int64_t{1} << 42U))
                .slot,
            std::nullopt);
}

}  // namespace
}  // namespace kaizen::core
