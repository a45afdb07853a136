// Time and MonoTime: two clocks that must not mix. Time is the wall clock (UTC, microseconds): what
// users read, schedules and metric windows. MonoTime counts CLOCK_BOOTTIME (RT-76): backoff,
// deadlines. There is no conversion between them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/duration.h"

namespace kaizen::base {

class Time {
 public:
  constexpr Time() = default;

  static constexpr Time from_unix_us(int64_t us) { return Time(us); }

  static constexpr Time from_unix_s(int64_t s) { return Time(s * 1'000'000); }

  constexpr int64_t unix_us() const { return us_; }

  constexpr int64_t unix_s() const { return us_ / 1'000'000; }

  constexpr auto operator<=>(const Time&) const = default;

  friend constexpr Time operator+(Time t, Duration d) { return Time(t.us_ + d.count()); }

  friend constexpr Time operator-(Time t, Duration d) { return Time(t.us_ - d.count()); }

  friend constexpr Duration operator-(Time a, Time b) { return Duration(a.us_ - b.us_); }

 private:
  explicit constexpr Time(int64_t us) : us_(us) {}

  int64_t us_ = 0;  // since 1970-01-01T00:00:00Z
};

class MonoTime {
 public:
  constexpr MonoTime() = default;

  static constexpr MonoTime from_us(int64_t us) { return MonoTime(us); }

  constexpr int64_t us() const { return us_; }

  constexpr auto operator<=>(const MonoTime&) const = default;

  friend constexpr MonoTime operator+(MonoTime t, Duration d) {
    return MonoTime(t.us_ + d.count());
  }

  friend constexpr MonoTime operator-(MonoTime t, Duration d) {
    return MonoTime(t.us_ - d.count());
  }

  friend constexpr Duration operator-(MonoTime a, MonoTime b) { return Duration(a.us_ - b.us_); }

 private:
  explicit constexpr MonoTime(int64_t us) : us_(us) {}

  int64_t us_ = 0;  // since boot
};

// RFC 3339, UTC, whole seconds as Kubernetes writes metav1.Time: "2026-07-14T03:21:00Z".
std::string format_time(Time time);

// The same with six digits of fraction, as metav1.MicroTime and log lines use.
std::string format_time_us(Time time);

// RFC 3339 with any offset and up to nine digits of fraction (cut to microseconds). nullopt:
// malformed or outside the years 1970..9999.
std::optional<Time> parse_time(std::string_view text);

// The last multiple of `step` since the epoch that is not after `time` (R3-21: ticks are wall-clock
// multiples). `step` > 0.
Time floor_to(Time time, Duration step);

}  // namespace kaizen::base
