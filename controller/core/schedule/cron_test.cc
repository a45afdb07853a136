#include "core/schedule/cron.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result.h"
#include "base/rng.h"

namespace kaizen::core {
namespace {

using testing::HasSubstr;

CronExpression read(const std::string& text) {
  const base::Result<CronExpression> cron = parse_cron(text);
  EXPECT_TRUE(cron.ok()) << text << ": " << (cron.ok() ? "" : cron.error().message);
  return cron.ok() ? *cron : CronExpression();
}

std::string problem(const std::string& text) {
  const base::Result<CronExpression> cron = parse_cron(text);
  return cron.ok() ? "no problem" : cron.error().message;
}

template <class... Values>
uint64_t set(Values... values) {
  return ((uint64_t{1} << static_cast<unsigned>(values)) | ...);
}

TEST(Cron, TG11ReadsFiveFields) {
  const CronExpression cron = read("0 3 * * MON");
  EXPECT_EQ(cron.minutes, set(0));
  EXPECT_EQ(cron.hours, set(3));
  EXPECT_EQ(cron.days, 0xFFFFFFFEU);
  EXPECT_EQ(cron.months, 0x1FFEU);
  EXPECT_EQ(cron.weekdays, set(1));
  EXPECT_FALSE(cron.any_hour);
  EXPECT_TRUE(cron.any_day);
  EXPECT_FALSE(cron.any_weekday);
}

TEST(Cron, TG11ReadsListsRangesStepsAndNames) {
  const CronExpression cron = read("5,10-12,*/30 0-23/6 1,31 jan,MAR-May/2 mon-FRI");
  EXPECT_EQ(cron.minutes, set(0, 5, 10, 11, 12, 30));
  EXPECT_EQ(cron.hours, set(0, 6, 12, 18));
  EXPECT_EQ(cron.days, set(1, 31));
  EXPECT_EQ(cron.months, set(1, 3, 5));
  EXPECT_EQ(cron.weekdays, set(1, 2, 3, 4, 5));
  EXPECT_FALSE(cron.any_hour);
}

TEST(Cron, TG11SevenIsSunday) {
  EXPECT_EQ(read("0 0 * * 7").weekdays, set(0));
  EXPECT_EQ(read("0 0 * * 5-7").weekdays, set(0, 5, 6));
  EXPECT_EQ(read("0 0 * * SUN").weekdays, set(0));
  EXPECT_EQ(read("0 0 * * *").weekdays, 0x7FU);
}

TEST(Cron, TG11BlanksMayRepeat) {
  EXPECT_EQ(read("  0   3\t* *  1 "), read("0 3 * * 1"));
  EXPECT_EQ(read("00 03 * * 01"), read("0 3 * * 1"));
}

TEST(Cron, TG11ReadsShorthands) {
  EXPECT_EQ(read("@hourly"), read("0 * * * *"));
  EXPECT_EQ(read("@daily"), read("0 0 * * *"));
  EXPECT_EQ(read("@midnight"), read("0 0 * * *"));
  EXPECT_EQ(read("@weekly"), read("0 0 * * 0"));
  EXPECT_EQ(read("@monthly"), read("0 0 1 * *"));
  EXPECT_EQ(read("@yearly"), read("0 0 1 1 *"));
  EXPECT_EQ(read(" @annually "), read("0 0 1 1 *"));
}

TEST(Cron, TG13OnlyAStarIsAnInterval) {
  EXPECT_TRUE(read("0 * * * *").any_hour);
  EXPECT_TRUE(read("0 */1 * * *").any_hour);
  EXPECT_FALSE(read("0 */2 * * *").any_hour);
  EXPECT_FALSE(read("0 0-23 * * *").any_hour);
  EXPECT_FALSE(read("0 0 */2 * *").any_day);
  EXPECT_FALSE(read("0 0 * * 0-6").any_weekday);
}

struct BadCron {
  const char* text;
  const char* message;
};

TEST(Cron, TG11NamesFieldAndCharacterOfAMistake) {
  const BadCron cases[] = {
      {"60 3 * * *", "minute, character 1: \"60\" is not 0 to 59"},
      {"0 24 * * *", "hour, character 3: \"24\" is not 0 to 23"},
      {"0 3 0 * *", "day of month, character 5: \"0\" is not 1 to 31"},
      {"0 3 32 * *", "day of month, character 5: \"32\" is not 1 to 31"},
      {"0 3 * 13 *", "month, character 7: \"13\" is not 1 to 12 or a name such as feb"},
      {"0 3 * * 8", "weekday, character 9: \"8\" is not 0 to 7 or a name such as mon"},
      {"0 3 * * MONDAY", "weekday, character 9: \"MONDAY\" is not 0 to 7"},
      {"0 3 * * JAN", "weekday, character 9: \"JAN\""},
      {"0 MON * * *", "hour, character 3: \"MON\""},
      {"0 3 ? * *", "day of month, character 5: \"?\" is not 1 to 31"},
      {"0 3 L * *", "day of month, character 5: \"L\""},
      {"0 3 15W * *", "day of month, character 5: \"15W\""},
      {"0 3 * * 5#2", "weekday, character 9: \"5#2\""},
      {"-1 3 * * *", "minute, character 1: a value is missing: 0 to 59"},
      {"1- 3 * * *", "minute, character 3: a value is missing"},
      {"1,,2 3 * * *", "minute, character 3: a value is missing"},
      {"1, 3 * * *", "minute, character 3: a value is missing"},
      {"1,99 3 * * *", "minute, character 3: \"99\""},
      {"30-10 3 * * *", "minute, character 1: the range 30-10 ends before it begins"},
      {"0 0 * * SAT-SUN", "Sunday as the last day is 7"},
      {"5/15 3 * * *", "minute, character 2: a step needs `*` or a range before it: write 5-59/15"},
      {"*/0 3 * * *", "minute, character 3: \"0\" is no step from 1 to 59"},
      {"*/60 3 * * *", "minute, character 3: \"60\" is no step from 1 to 59"},
      {"*/ 3 * * *", "minute, character 3: \"\" is no step"},
      {"*/5/5 3 * * *", "minute, character 3: \"5/5\" is no step"},
      {"** 3 * * *", "minute, character 1: \"**\""},
      {"+5 3 * * *", "minute, character 1: \"+5\""},
      {"0.5 3 * * *", "minute, character 1: \"0.5\""},
      {"999 3 * * *", "minute, character 1: \"999\""},
      {"", "0 fields, five are needed: minute, hour, day of month, month, weekday"},
      {"   ", "0 fields"},
      {"0 3 * *", "4 fields, five are needed"},
      {"0 0 3 * * *", "6 fields, five are needed"},
      {"@reboot", "use @hourly, @daily"},
      {"@DAILY", "use @hourly, @daily"},
      {"@every 5m", "use @hourly, @daily"},
      {"TZ=Asia/Tokyo 0 3 * * *", "name the zone in timeZone"},
      {"CRON_TZ=Asia/Tokyo 0 3 * * *", "name the zone in timeZone"},
      {"0 3 * * \xff", "weekday, character 9"},
  };
  for (const BadCron& bad : cases) EXPECT_THAT(problem(bad.text), HasSubstr(bad.message));
}

TEST(Cron, TG11IsBounded) {
  EXPECT_EQ(problem(std::string(1'000'000, '*')), "cron of 1000000 bytes, at most 128 are allowed");
  EXPECT_EQ(problem("0 3 * * *" + std::string(119, ' ')), "no problem");
}

TEST(Cron, TG11SurvivesAnyText) {
  constexpr std::string_view kAlphabet = "0123456789*/,- ?LW#@TZ=janMON\t\n\xc3\x00z";
  base::Rng rng(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const uint64_t length = rng.next() % 40;
    for (uint64_t i = 0; i < length; ++i) text += kAlphabet[rng.next() % kAlphabet.size()];
    const base::Result<CronExpression> cron = parse_cron(text);
    if (!cron.ok()) {
      EXPECT_FALSE(cron.error().message.empty());
      continue;
    }
    EXPECT_NE(cron->minutes, 0U);
    EXPECT_NE(cron->hours, 0U);
    EXPECT_NE(cron->days, 0U);
    EXPECT_NE(cron->months, 0U);
    EXPECT_NE(cron->weekdays, 0U);
  }
}

}  // namespace
}  // namespace kaizen::core
