// TimeZone: what the clocks of a place show, as a value (TG-12): the changes of their offset that a
// TZif file lists, and the file's rule for all years after. Files are read by app/zone_files.h, so
// that decisions need none. Immutable, any thread. Times are seconds since 1970-01-01T00:00:00Z;
// local times are what the clock shows, counted as if it were UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace kaizen::core {

// From `at_s` on, clocks show UTC + offset_s.
struct OffsetChange {
  int64_t at_s = 0;
  int32_t offset_s = 0;

  bool operator==(const OffsetChange&) const = default;
};

// A moment of every year, as POSIX's TZ writes it (IEEE Std 1003.1, section 8.3).
struct YearlyMoment {
  enum class Form : uint8_t {
    kJulian,     // "J60": 1 March in every year; `day` 1..365
    kZeroBased,  // "60": 29 February counts; `day` 0..365
    kWeekday,    // "M3.2.0": the second Sunday of March
  };

  Form form = Form::kWeekday;
  int32_t month = 1;       // kWeekday: 1..12
  int32_t week = 1;        // kWeekday: 1..5, 5 is the last one
  int32_t day = 0;         // kWeekday: 0 is Sunday
  int32_t time_s = 7'200;  // local time after midnight of that day; RFC 9636 allows +-167 h

  bool operator==(const YearlyMoment&) const = default;
};

// What holds after the last listed change: RFC 9636, section 3.3.
struct YearlyRule {
  int32_t standard_s = 0;        // offset in standard time
  int32_t daylight_s = 0;        // and in daylight saving time; the same: there is none
  YearlyMoment daylight_begins;  // as a clock in standard time shows it
  YearlyMoment daylight_ends;    // as a clock in daylight saving time shows it

  bool operator==(const YearlyRule&) const = default;
};

// A time without a change: begin_s <= t < end_s. The first begins and the last ends far outside of
// what a calendar holds.
struct OffsetSpan {
  int64_t begin_s = 0;
  int64_t end_s = 0;
  int32_t offset_s = 0;

  bool operator==(const OffsetSpan&) const = default;
};

class TimeZone {
 public:
  // UTC.
  TimeZone() = default;

  // `changes` ascend; `first_offset_s` holds before them, `rule` after them (absent: the last
  // offset stays). Offsets are within +-26 h (RFC 9636, section 3.2).
  TimeZone(int32_t first_offset_s,
           std::vector<OffsetChange> changes,
           std::optional<YearlyRule> rule);

  // Times outside of the years 1970..9999 read as the nearest inside.
  OffsetSpan span_at(int64_t unix_s) const;

  // The local times that clocks show for the first time in `span` begin here: later than its begin
  // when clocks went back, earlier when they jumped over some.
  int64_t first_new_local_s(const OffsetSpan& span) const;

  // When clocks first reach that local time: the instant of the jump when they jump over it, the
  // first of two when they show it twice (TG-13).
  int64_t first_instant_s(int64_t local_s) const;

  bool operator==(const TimeZone&) const = default;

 private:
  OffsetSpan listed_span(int64_t unix_s) const;

  int32_t first_offset_s_ = 0;
  std::vector<OffsetChange> changes_;
  std::optional<YearlyRule> rule_;
};

}  // namespace kaizen::core
