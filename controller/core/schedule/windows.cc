#include "core/schedule/windows.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/check.h"
#include "base/duration.h"
#include "base/time.h"
#include "core/schedule/civil_internal.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

namespace {

constexpr int64_t kDaysPerWeek = 7;

// 1970-01-05 was a Monday.
int64_t monday_before(int64_t day) {
  return day - (day + 3 - floor_div(day + 3, kDaysPerWeek) * kDaysPerWeek);
}

int64_t day_begin_s(const TimeZone& zone, int64_t day) {
  return zone.first_instant_s(day * kSecondsPerDay);
}

// The day of the zone that holds `unix_s`. Clocks that go back over midnight show the evening of
// the day before again; the new day has begun nevertheless.
int64_t day_at(const TimeZone& zone, int64_t unix_s) {
  int64_t day = floor_div(unix_s + zone.span_at(unix_s).offset_s, kSecondsPerDay) + 1;
  while (day_begin_s(zone, day) > unix_s) --day;
  return day;
}

// How many windows a day or week holds.
int64_t count_windows(int64_t span_s, int64_t length_s) {
  const int64_t whole = span_s / length_s;
  const bool rest_counts = 2 * (span_s % length_s) >= length_s;
  return std::max<int64_t>(whole + (rest_counts ? 1 : 0), 1);
}

struct Seconds {
  int64_t begin = 0;
  int64_t end = 0;
};

// Windows shorter than a day keep their length.
Seconds window_in_day(const TimeZone& zone, int64_t length_s, int64_t unix_s) {
  const int64_t day = day_at(zone, unix_s);
  const int64_t begin = day_begin_s(zone, day);
  const int64_t end = day_begin_s(zone, day + 1);
  const int64_t count = count_windows(end - begin, length_s);
  const int64_t index = std::min((unix_s - begin) / length_s, count - 1);
  return {begin + index * length_s, index == count - 1 ? end : begin + (index + 1) * length_s};
}

// Longer ones follow the clock: they begin at a local time.
Seconds window_of_days(const TimeZone& zone, int64_t length_s, int64_t unix_s) {
  const int64_t day = day_at(zone, unix_s);
  const bool is_day = length_s == kSecondsPerDay;
  const int64_t first_day = is_day ? day : monday_before(day);
  const int64_t days = is_day ? 1 : kDaysPerWeek;
  const int64_t count = count_windows(days * kSecondsPerDay, length_s);
  const int64_t first_local = first_day * kSecondsPerDay;
  Seconds window{zone.first_instant_s(first_local), day_begin_s(zone, first_day + days)};
  for (int64_t i = 1; i < count; ++i) {
    const int64_t border = zone.first_instant_s(first_local + i * length_s);
    if (border > unix_s) {
      window.end = border;
      break;
    }
    window.begin = border;
  }
  return window;
}

}  // namespace

ClockWindow window_at(const TimeZone& zone, base::Duration length, base::Time time) {
  using std::chrono::seconds;
  const int64_t length_s = std::chrono::duration_cast<seconds>(length).count();
  KAIZEN_CHECK(length_s >= 1 && length_s <= kDaysPerWeek * kSecondsPerDay,
               "a clock's window has 1 s to 168 h");
  const int64_t unix_s =
      std::clamp(base::floor_to(time, seconds(1)).unix_s(), kEarliestUnixS, kLatestUnixS);
  const Seconds window = length_s < kSecondsPerDay ? window_in_day(zone, length_s, unix_s)
                                                   : window_of_days(zone, length_s, unix_s);
  return {base::Time::from_unix_s(window.begin), base::Time::from_unix_s(window.end)};
}

ClockWindow next_window(const TimeZone& zone,
                        base::Duration length,
                        base::Time read_until,
                        base::Time now) {
  ClockWindow window = window_at(zone, length, std::max(read_until, now - kOldestWindow));
  const base::Time latest = base::Time::from_unix_s(kLatestUnixS);
  while ((window.begin < read_until || window.end < now - kOldestWindow) && window.end <= latest) {
    window = window_at(zone, length, window.end);
  }
  return window;
}

}  // namespace kaizen::core
