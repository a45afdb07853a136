// Zone files, the rule in their last line, and the questions that slots and windows ask.
#include "core/schedule/time_zone.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "core/schedule/posix_rule_internal.h"
#include "core/schedule/zone_data.h"
#include "core/schedule/zone_file.h"
#include "core/schedule/zones_test_support.h"

namespace kaizen::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "2026-03-08T07:00:00Z -14400" for each change in [from, until).
std::vector<std::string> changes(const TimeZone& zone,
                                 const std::string& from,
                                 const std::string& until) {
  std::vector<std::string> result;
  const int64_t end = at(until).unix_s();
  for (OffsetSpan span = zone.span_at(at(from).unix_s()); span.end_s < end;) {
    span = zone.span_at(span.end_s);
    result.push_back(base::format_time(base::Time::from_unix_s(span.begin_s)) + " " +
                     std::to_string(span.offset_s));
  }
  return result;
}

std::vector<std::string> changes(const std::string& zone,
                                 const std::string& from,
                                 const std::string& until) {
  return changes(recorded_zone(zone), from, until);
}

TEST(TimeZone, TG12ReadsTheListedChanges) {
  EXPECT_THAT(changes("Pacific/Apia", "2011-01-01T00:00:00Z", "2013-01-01T00:00:00Z"),
              ElementsAre("2011-04-02T14:00:00Z -39600", "2011-09-24T14:00:00Z -36000",
                          "2011-12-30T10:00:00Z 50400", "2012-03-31T14:00:00Z 46800",
                          "2012-09-29T14:00:00Z 50400"));
  EXPECT_THAT(changes("Africa/Casablanca", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
              ElementsAre("2026-02-15T02:00:00Z 0", "2026-03-22T02:00:00Z 3600"));
}

TEST(TimeZone, TG12FollowsTheRuleAfterTheLastListedChange) {
  // The file lists changes up to 2007; what is read here comes from its last line.
  EXPECT_THAT(changes("America/New_York", "2100-01-01T00:00:00Z", "2101-06-01T00:00:00Z"),
              ElementsAre("2100-03-14T07:00:00Z -14400", "2100-11-07T06:00:00Z -18000",
                          "2101-03-13T07:00:00Z -14400"));
  EXPECT_THAT(changes("Australia/Lord_Howe", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
              ElementsAre("2026-04-04T15:00:00Z 37800", "2026-10-03T15:30:00Z 39600"));
  EXPECT_THAT(changes("Antarctica/Troll", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
              ElementsAre("2026-03-29T01:00:00Z 7200", "2026-10-25T01:00:00Z 0"));
}

TEST(TimeZone, TG12FollowsRulesWithNegativeTimesAndNegativeSaving) {
  EXPECT_THAT(changes("America/Nuuk", "2040-01-01T00:00:00Z", "2041-01-01T00:00:00Z"),
              ElementsAre("2040-03-25T01:00:00Z -3600", "2040-10-28T01:00:00Z -7200"));
  EXPECT_THAT(changes("Europe/Dublin", "2040-01-01T00:00:00Z", "2041-01-01T00:00:00Z"),
              ElementsAre("2040-03-25T01:00:00Z 3600", "2040-10-28T01:00:00Z 0"));
}

TEST(TimeZone, TG12TheRuleBeginsAtTheLastListedChange) {
  // Greenland changed its standard time in March 2023 and kept that summer without daylight saving;
  // the last listed change, in October, changes no offset but ends that.
  EXPECT_THAT(changes("America/Nuuk", "2022-11-01T00:00:00Z", "2024-06-01T00:00:00Z"),
              ElementsAre("2023-03-26T01:00:00Z -7200", "2023-10-29T01:00:00Z -7200",
                          "2024-03-31T01:00:00Z -3600"));
}

TEST(TimeZone, TG12KeepsOneOffsetWhereClocksNeverChange) {
  const TimeZone tokyo = recorded_zone("Asia/Tokyo");
  EXPECT_EQ(tokyo.span_at(at("2026-07-01T00:00:00Z").unix_s()).offset_s, 32'400);
  EXPECT_EQ(tokyo.span_at(at("9999-12-31T23:59:59Z").unix_s()).offset_s, 32'400);
  EXPECT_THAT(changes(tokyo, "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z"), ElementsAre());
  EXPECT_EQ(TimeZone().span_at(0).offset_s, 0);
}

TEST(TimeZone, TG12KnowsOffsetsThatAreNoWholeMinutes) {
  // Liberia kept 44 min 30 s behind Greenwich until 1972.
  EXPECT_THAT(changes("Africa/Monrovia", "1970-01-01T00:00:00Z", "1980-01-01T00:00:00Z"),
              ElementsAre("1972-01-07T00:44:30Z 0"));
  EXPECT_EQ(recorded_zone("Africa/Monrovia").span_at(0).offset_s, -2'670);
}

TEST(TimeZone, TG12DaylightSavingMayLastAllYear) {
  // As in the example of RFC 9636, section 3.3.1: four hours behind UTC without a break.
  const base::Result<YearlyRule> rule = parse_posix_rule("AAA3BBB4,0/0,J365/23");
  ASSERT_TRUE(rule.ok());
  const TimeZone zone(-10'800, {}, *rule);
  for (const char* const time : {"2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z",
                                 "2027-01-01T03:30:00Z", "2028-01-01T04:00:00Z"}) {
    EXPECT_EQ(zone.span_at(at(time).unix_s()).offset_s, -14'400) << time;
  }
}

TEST(TimeZone, TG12JulianDaysSkipTheLeapDayAndZeroBasedOnesCountIt) {
  const base::Result<YearlyRule> julian = parse_posix_rule("AAA0BBB,J60/0,J300/0");
  const base::Result<YearlyRule> zero_based = parse_posix_rule("AAA0BBB,59/0,300/0");
  ASSERT_TRUE(julian.ok() && zero_based.ok());
  EXPECT_THAT(changes(TimeZone(0, {}, *julian), "2027-01-01T00:00:00Z", "2028-06-01T00:00:00Z"),
              ElementsAre("2027-03-01T00:00:00Z 3600", "2027-10-26T23:00:00Z 0",
                          "2028-03-01T00:00:00Z 3600"));
  EXPECT_THAT(changes(TimeZone(0, {}, *zero_based), "2027-01-01T00:00:00Z", "2028-06-01T00:00:00Z"),
              ElementsAre("2027-03-01T00:00:00Z 3600", "2027-10-27T23:00:00Z 0",
                          "2028-02-29T00:00:00Z 3600"));
}

TEST(TimeZone, TG13TellsWhatClocksShowForTheFirstTime) {
  const TimeZone zone = recorded_zone("America/New_York");
  const OffsetSpan winter = zone.span_at(at("2026-12-01T00:00:00Z").unix_s());
  EXPECT_EQ(base::Time::from_unix_s(zone.first_new_local_s(winter)), at("2026-11-01T02:00:00Z"));
  const OffsetSpan summer = zone.span_at(at("2026-06-01T00:00:00Z").unix_s());
  EXPECT_EQ(base::Time::from_unix_s(zone.first_new_local_s(summer)), at("2026-03-08T02:00:00Z"));
}

TEST(TimeZone, TG13FindsTheInstantOfALocalTime) {
  const TimeZone zone = recorded_zone("America/New_York");
  const auto instant = [&zone](const std::string& local) {
    return base::format_time(base::Time::from_unix_s(zone.first_instant_s(at(local).unix_s())));
  };
  EXPECT_EQ(instant("2026-07-01T12:00:00Z"), "2026-07-01T16:00:00Z");
  EXPECT_EQ(instant("2026-03-08T02:30:00Z"), "2026-03-08T07:00:00Z");  // jumped over
  EXPECT_EQ(instant("2026-03-08T03:00:00Z"), "2026-03-08T07:00:00Z");
  EXPECT_EQ(instant("2026-11-01T01:30:00Z"), "2026-11-01T05:30:00Z");  // the first of two
  EXPECT_EQ(instant("2026-11-01T02:00:00Z"), "2026-11-01T07:00:00Z");
}

struct BadRule {
  const char* text;
  const char* message;
};

TEST(TimeZone, TG12RefusesRulesThatItCannotFollow) {
  const BadRule cases[] = {
      {"", "byte 1: a name of at least three letters"},
      {"UT0", "byte 3: a name of at least three letters"},
      {"<+03", "a name in < > does not end"},
      {"EST", "byte 4: a number from 0 to 24"},
      {"EST25", "a number from 0 to 24"},
      {"EST5:60", "a number from 0 to 59"},
      {"EST5EDT", "byte 8: `,` and a day"},
      {"EST5EDT,M3.2.0", "byte 15: `,` and a day"},
      {"EST5EDT,M13.2.0,M11.1.0", "a number from 1 to 12"},
      {"EST5EDT,M3.6.0,M11.1.0", "a number from 1 to 5"},
      {"EST5EDT,M3.2.7,M11.1.0", "a number from 0 to 6"},
      {"EST5EDT,M3.2,M11.1.0", "`.` and the weekday"},
      {"EST5EDT,M3,M11.1.0", "`.` and the week "},
      {"EST5EDT,J0,J365", "a number from 1 to 365"},
      {"EST5EDT,366,1", "a number from 0 to 365"},
      {"EST5EDT,M3.2.0/168,M11.1.0", "a number from 0 to 167"},
      {"EST5EDT,M3.2.0,M11.1.0x", "nothing may follow"},
      {"EST99999999999999999999", "a number from 0 to 24"},
  };
  for (const BadRule& bad : cases) {
    const base::Result<YearlyRule> rule = parse_posix_rule(bad.text);
    ASSERT_FALSE(rule.ok()) << bad.text;
    EXPECT_THAT(rule.error().message, HasSubstr(bad.message)) << bad.text;
  }
}

// A TZif file of version 2 with an empty first block and what is given of the second.
std::string zone_file(uint32_t times,
                      uint32_t types,
                      std::string_view block,
                      std::string_view footer) {
  const auto word = [](uint32_t value) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      bytes.push_back(static_cast<char>(value >> shift));
    }
    return bytes;
  };
  const std::string start = "TZif2" + std::string(15, '\0');
  const std::string none = word(0);
  return start + none + none + none + none + none + none + start + none + none + none +
         word(times) + word(types) + none + std::string(block) + std::string(footer);
}

const std::string kUtcType(6, '\0');

TEST(TimeZone, TG12RefusesFilesThatItCannotRead) {
  const std::string good = zone_file(0, 1, kUtcType, "\nUTC0\n");
  ASSERT_TRUE(parse_zone_file(good).ok());
  const auto problem = [](const std::string& bytes) {
    const base::Result<TimeZone> zone = parse_zone_file(bytes);
    return zone.ok() ? std::string("no problem") : zone.error().message;
  };
  EXPECT_THAT(problem(""), HasSubstr("byte 0: the file ends inside a header"));
  EXPECT_THAT(problem(std::string(100, 'x')), HasSubstr("a header begins with TZif"));
  std::string old = good;
  old[4] = '\0';
  EXPECT_THAT(problem(old), HasSubstr("version 1 holds no times after 2037"));
  EXPECT_THAT(problem(zone_file(0, 0, "", "\nUTC0\n")), HasSubstr("no type of local time"));
  EXPECT_THAT(problem(zone_file(7, 1, kUtcType, "\nUTC0\n")), HasSubstr("ends inside its block"));
  EXPECT_THAT(problem(zone_file(0, 1, kUtcType, "")), HasSubstr("a last line"));
  EXPECT_THAT(problem(zone_file(0, 1, kUtcType, "\nUTC0")), HasSubstr("a last line"));
  EXPECT_THAT(problem(zone_file(0, 1, kUtcType, "\nnonsense\n")), HasSubstr("time zone rule"));
  EXPECT_THAT(problem(zone_file(0, 1, std::string("\x7f\0\0\0\0\0", 6), "\n\n")),
              HasSubstr("at most 26 h"));
  const std::string early(8, '\0');
  EXPECT_THAT(problem(zone_file(1, 1, early + "\x01" + kUtcType, "\nUTC0\n")),
              HasSubstr("a type that is not there"));
  EXPECT_THAT(problem(zone_file(2, 1, early + early + std::string(2, '\0') + kUtcType, "\nUTC0\n")),
              HasSubstr("do not ascend"));
}

TEST(TimeZone, TG12KeepsTheLastOffsetWhenTheFileHasNoRule) {
  const std::string time("\0\0\0\0\x01\0\0\0", 8);
  const std::string hour_ahead("\0\0\x0e\x10\0\0", 6);
  const base::Result<TimeZone> zone =
      parse_zone_file(zone_file(1, 2, time + "\x01" + kUtcType + hour_ahead, "\n\n"));
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(zone->span_at(0x00FFFFFF).offset_s, 0);
  EXPECT_EQ(zone->span_at(0x01000000).offset_s, 3'600);
  EXPECT_EQ(zone->span_at(at("2300-01-01T00:00:00Z").unix_s()).offset_s, 3'600);
}

TEST(TimeZone, TG12SurvivesAnyBytes) {
  base::Rng rng(20'260'701);
  int read = 0;
  for (const char* const name :
       {"America/New_York", "Africa/Casablanca", "America/Nuuk", "Asia/Tokyo"}) {
    const std::string good = recorded_zone_bytes(name);
    for (int round = 0; round < 3'000; ++round) {
      std::string bytes = good;
      const uint64_t edits = 1 + rng.next() % 4;
      for (uint64_t i = 0; i < edits; ++i) {
        bytes[rng.next() % bytes.size()] = static_cast<char>(rng.next());
      }
      if (rng.next() % 4 == 0) bytes.resize(rng.next() % bytes.size());
      const base::Result<TimeZone> zone = parse_zone_file(bytes);
      if (!zone.ok()) continue;
      ++read;
      // Whatever was read answers, and its spans follow one another.
      const int64_t time = static_cast<int64_t>(rng.next() % 8'000'000'000U);
      const OffsetSpan span = zone->span_at(time);
      EXPECT_LE(span.begin_s, time);
      EXPECT_GT(span.end_s, time);
      EXPECT_GE(zone->first_instant_s(time) + 2 * 26 * 3'600, time);
    }
  }
  EXPECT_GT(read, 100);  // the loop judged more than refusals
}

TEST(ZoneData, TG11AnUnknownNameIsSaidWithTheNearestOne) {
  const base::Ref<ZoneData> data = recorded_zones();
  EXPECT_NE(find_zone(data, "Asia/Tokyo"), nullptr);
  EXPECT_EQ(find_zone(data, "Asia/Tokio"), nullptr);
  EXPECT_EQ(find_zone(data, "../../etc/passwd"), nullptr);
  EXPECT_EQ(find_zone(data, ""), nullptr);
  EXPECT_EQ(unknown_zone_message(data, "asia/tokyo"),
            "time zone \"asia/tokyo\" is unknown; did you mean Asia/Tokyo?");
  EXPECT_EQ(unknown_zone_message(data, "Mars/Olympus"),
            "time zone \"Mars/Olympus\" is not in the operator's zone data 2025b; use a name like "
            "Asia/Tokyo or Etc/UTC");
}

TEST(ZoneData, TG11UtcNeedsNoData) {
  EXPECT_EQ(*find_zone(nullptr, "Etc/UTC"), TimeZone());
  EXPECT_EQ(*find_zone(nullptr, "UTC"), TimeZone());
  EXPECT_EQ(find_zone(nullptr, "Asia/Tokyo"), nullptr);
  EXPECT_EQ(unknown_zone_message(nullptr, "Asia/Tokyo"),
            "time zone \"Asia/Tokyo\" is unknown: the operator found no zone data and knows UTC "
            "only");
}

TEST(ZoneData, TG12NamesThatMayBeLookedUp) {
  for (const char* const good : {"UTC", "Etc/GMT+12", "America/Argentina/Ushuaia",
                                 "America/Port-au-Prince", "America/St_Johns"}) {
    EXPECT_TRUE(is_zone_name(good)) << good;
  }
  for (const char* const bad : {"", "/etc/passwd", "../UTC", "Asia/../UTC", "Asia//Tokyo", "Asia/",
                                ".hidden", "Asia/.x", "Asia Tokyo", "Asia\\Tokyo", "Äsia/Tokyo"}) {
    EXPECT_FALSE(is_zone_name(bad)) << bad;
  }
  EXPECT_TRUE(is_zone_name(std::string(64, 'a')));
  EXPECT_FALSE(is_zone_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace kaizen::core
