// Civil: days and months of the proleptic Gregorian calendar as numbers, for the arithmetic of this
// folder. Pure. Valid between the years -9999 and 19999, far beyond kLatestUnixS.
#pragma once

#include <chrono>
#include <cstdint>

namespace kaizen::core {

inline constexpr int64_t kSecondsPerMinute = 60;
inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr int64_t kMinutesPerDay = 1'440;

// Slots and windows are asked for between these; outside of them nothing is found.
inline constexpr int64_t kEarliestUnixS = 0;
inline constexpr int64_t kLatestUnixS = 253'402'300'799;  // 9999-12-31T23:59:59Z

// Rounds towards minus infinity; `by` > 0.
constexpr int64_t floor_div(int64_t value, int64_t by) {
  const int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

// Rounds towards plus infinity; `by` > 0.
constexpr int64_t ceil_div(int64_t value, int64_t by) {
  return -floor_div(-value, by);
}

struct CivilDay {
  int32_t year = 1970;
  int32_t month = 1;  // 1..12
  int32_t day = 1;    // 1..31
};

// `days` since 1970-01-01.
constexpr CivilDay civil_of(int64_t days) {
  const std::chrono::year_month_day date(
      std::chrono::sys_days(std::chrono::days(static_cast<int32_t>(days))));
  return {.year = static_cast<int32_t>(static_cast<int>(date.year())),
          .month = static_cast<int32_t>(static_cast<unsigned>(date.month())),
          .day = static_cast<int32_t>(static_cast<unsigned>(date.day()))};
}

// Days since 1970-01-01 of a day that exists.
constexpr int64_t days_of(const CivilDay& date) {
  return std::chrono::sys_days(std::chrono::year(date.year) /
                               std::chrono::month(static_cast<unsigned>(date.month)) /
                               std::chrono::day(static_cast<unsigned>(date.day)))
      .time_since_epoch()
      .count();
}

constexpr bool is_leap(int32_t year) {
  return std::chrono::year(year).is_leap();
}

constexpr int32_t days_in_month(int32_t year, int32_t month) {
  const auto last = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
                    std::chrono::last;
  return static_cast<int32_t>(static_cast<unsigned>(last.day()));
}

// 0 is Sunday. `days` since 1970-01-01, which was a Thursday.
constexpr int32_t weekday_of(int64_t days) {
  return static_cast<int32_t>((days % 7 + 11) % 7);
}

}  // namespace kaizen::core
