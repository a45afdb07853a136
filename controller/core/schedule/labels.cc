#include <bit>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "core/schedule/civil_internal.h"
#include "core/schedule/cron.h"
#include "core/schedule/labels_internal.h"

namespace kaizen::core {

namespace {

constexpr int32_t kMinutesPerHour = 60;

// Bits 0..n-1; n <= 63.
constexpr uint64_t below(int32_t n) {
  return (uint64_t{1} << static_cast<unsigned>(n)) - 1;
}

// Bits 0..n; n <= 62.
constexpr uint64_t up_to(int32_t n) {
  return below(n + 1);
}

bool has(uint64_t set, int32_t value) {
  return ((set >> static_cast<unsigned>(value)) & 1U) != 0;
}

// Of a set that is not empty.
int32_t highest(uint64_t set) {
  return 63 - std::countl_zero(set);
}

int32_t lowest(uint64_t set) {
  return std::countr_zero(set);
}

struct Month {
  int32_t year = 1970;
  int32_t month = 1;

  bool operator==(const Month&) const = default;
};

Month month_before(const Month& at) {
  return at.month == 1 ? Month{at.year - 1, 12} : Month{at.year, at.month - 1};
}

Month month_after(const Month& at) {
  return at.month == 12 ? Month{at.year + 1, 1} : Month{at.year, at.month + 1};
}

int64_t first_day(const Month& at) {
  return days_of({.year = at.year, .month = at.month});
}

// A label taken apart.
struct Place {
  Month month;
  int32_t day = 1;     // of the month
  int32_t minute = 0;  // of the day
};

Place place_of(int64_t label) {
  const int64_t days = floor_div(label, kMinutesPerDay);
  const CivilDay date = civil_of(days);
  return {.month = {date.year, date.month},
          .day = date.day,
          .minute = static_cast<int32_t>(label - days * kMinutesPerDay)};
}

int64_t label_of(const Month& month, int32_t day, int32_t minute) {
  return (first_day(month) + day - 1) * kMinutesPerDay + minute;
}

void check_is_read(const CronExpression& cron) {
  KAIZEN_CHECK(cron.minutes != 0 && cron.hours != 0, "a cron expression that nobody read");
}

// The days of that month which the expression names, as bits 1..31.
uint64_t named_days(const CronExpression& cron, const Month& at) {
  if (!has(cron.months, at.month)) return 0;
  const int32_t length = days_in_month(at.year, at.month);
  const uint64_t all = up_to(length) & ~uint64_t{1};
  uint64_t by_weekday = 0;
  const int32_t first_weekday = weekday_of(first_day(at));
  for (int32_t day = 1; day <= length; ++day) {
    if (has(cron.weekdays, (first_weekday + day - 1) % 7)) {
      by_weekday |= uint64_t{1} << static_cast<unsigned>(day);
    }
  }
  if (cron.any_day) return by_weekday;
  if (cron.any_weekday) return cron.days & all;
  return (cron.days & all) | by_weekday;
}

// The newest named minute of a day up to `minute`.
std::optional<int32_t> newest_minute(const CronExpression& cron, int32_t minute) {
  const int32_t hour = minute / kMinutesPerHour;
  const uint64_t in_hour = cron.minutes & up_to(minute % kMinutesPerHour);
  if (has(cron.hours, hour) && in_hour != 0) return hour * kMinutesPerHour + highest(in_hour);
  const uint64_t hours = cron.hours & below(hour);
  if (hours == 0) return std::nullopt;
  return highest(hours) * kMinutesPerHour + highest(cron.minutes);
}

// The oldest named minute of a day from `minute` on.
std::optional<int32_t> oldest_minute(const CronExpression& cron, int32_t minute) {
  const int32_t hour = minute / kMinutesPerHour;
  const uint64_t in_hour = cron.minutes & ~below(minute % kMinutesPerHour);
  if (has(cron.hours, hour) && in_hour != 0) return hour * kMinutesPerHour + lowest(in_hour);
  const uint64_t hours = cron.hours & ~up_to(hour);
  if (hours == 0) return std::nullopt;
  return lowest(hours) * kMinutesPerHour + lowest(cron.minutes);
}

// Named minutes of a day before `minute`, which may be the end of the day.
int64_t count_minutes(const CronExpression& cron, int32_t minute) {
  const int32_t hour = minute / kMinutesPerHour;
  int64_t count = int64_t{std::popcount(cron.hours & below(hour))} * std::popcount(cron.minutes);
  if (has(cron.hours, hour)) {
    count += std::popcount(cron.minutes & below(minute % kMinutesPerHour));
  }
  return count;
}

}  // namespace

LabelSearch newest_label(const CronExpression& cron, int64_t at_least, int64_t at_most) {
  check_is_read(cron);
  LabelSearch search;
  if (at_least > at_most) return search;
  const Place last = place_of(at_most);
  const Month stop = month_before(place_of(at_least).month);
  for (Month month = last.month; month != stop; month = month_before(month)) {
    ++search.months;
    uint64_t days = named_days(cron, month);
    std::optional<int32_t> minute = newest_minute(cron, kMinutesPerDay - 1);
    if (month == last.month) {
      days &= up_to(last.day);
      const bool on_last_day = has(days, last.day);
      const std::optional<int32_t> until_then = newest_minute(cron, last.minute);
      if (on_last_day && until_then) minute = until_then;
      if (on_last_day && !until_then) days &= below(last.day);
    }
    if (days == 0) continue;
    const int64_t label = label_of(month, highest(days), *minute);
    if (label >= at_least) search.label = label;
    return search;
  }
  return search;
}

LabelSearch oldest_label(const CronExpression& cron, int64_t at_least, int64_t at_most) {
  check_is_read(cron);
  LabelSearch search;
  if (at_least > at_most) return search;
  const Place first = place_of(at_least);
  const Month stop = month_after(place_of(at_most).month);
  for (Month month = first.month; month != stop; month = month_after(month)) {
    ++search.months;
    uint64_t days = named_days(cron, month);
    std::optional<int32_t> minute = oldest_minute(cron, 0);
    if (month == first.month) {
      days &= ~below(first.day);
      const bool on_first_day = has(days, first.day);
      const std::optional<int32_t> from_then = oldest_minute(cron, first.minute);
      if (on_first_day && from_then) minute = from_then;
      if (on_first_day && !from_then) days &= ~up_to(first.day);
    }
    if (days == 0) continue;
    const int64_t label = label_of(month, lowest(days), *minute);
    if (label <= at_most) search.label = label;
    return search;
  }
  return search;
}

int64_t count_labels(const CronExpression& cron, int64_t at_least, int64_t at_most) {
  check_is_read(cron);
  if (at_least > at_most) return 0;
  const Place first = place_of(at_least);
  const Place last = place_of(at_most);
  const int64_t per_day = count_minutes(cron, kMinutesPerDay);
  int64_t count = 0;
  for (Month month = first.month;; month = month_after(month)) {
    uint64_t days = named_days(cron, month);
    if (month == first.month) {
      days &= ~below(first.day);
      if (has(days, first.day)) count -= count_minutes(cron, first.minute);
    }
    if (month == last.month) {
      days &= up_to(last.day);
      if (has(days, last.day)) count -= per_day - count_minutes(cron, last.minute + 1);
    }
    count += std::popcount(days) * per_day;
    if (month == last.month) return count;
  }
}

}  // namespace kaizen::core
