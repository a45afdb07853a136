#include "core/schedule/time_zone.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "core/schedule/civil_internal.h"

namespace kaizen::core {

namespace {

// Beyond every calendar, and small enough to add an offset to.
constexpr int64_t kFarS = int64_t{1} << 60U;

// Offsets differ by less than this, so what clocks showed longer ago they do not show again.
constexpr int64_t kWidestChangeS = int64_t{2} * 26 * 3'600;

int64_t local_s(const YearlyMoment& moment, int32_t year) {
  int64_t day = 0;
  switch (moment.form) {
    case YearlyMoment::Form::kJulian: {
      const bool after_leap_day = is_leap(year) && moment.day >= 60;
      day = days_of({.year = year}) + moment.day - 1 + (after_leap_day ? 1 : 0);
      break;
    }
    case YearlyMoment::Form::kZeroBased: day = days_of({.year = year}) + moment.day; break;
    case YearlyMoment::Form::kWeekday: {
      const int64_t first = days_of({.year = year, .month = moment.month});
      const int32_t to_weekday = (moment.day - weekday_of(first) + 7) % 7;
      int32_t offset = to_weekday + 7 * (moment.week - 1);
      if (offset >= days_in_month(year, moment.month)) offset -= 7;
      day = first + offset;
      break;
    }
  }
  return day * kSecondsPerDay + moment.time_s;
}

// The span of a yearly rule at a time between the years 1970 and 9999.
OffsetSpan rule_span(const YearlyRule& rule, int64_t unix_s) {
  if (rule.daylight_s == rule.standard_s) return {-kFarS, kFarS, rule.standard_s};
  const int32_t year = civil_of(floor_div(unix_s, kSecondsPerDay)).year;
  // A moment may lie a week outside of its year, so the neighbours of both sides are looked at.
  constexpr int32_t kYearsAround = 2;
  std::array<OffsetChange, size_t{2} * (2 * kYearsAround + 1)> changes{};
  size_t count = 0;
  for (int32_t y = year - kYearsAround; y <= year + kYearsAround; ++y) {
    changes[count++] = {local_s(rule.daylight_ends, y) - rule.daylight_s, rule.standard_s};
    changes[count++] = {local_s(rule.daylight_begins, y) - rule.standard_s, rule.daylight_s};
  }
  // Stable by the second criterion: where daylight saving ends and begins at once, it lasts all
  // year (RFC 9636, section 3.3.1).
  std::sort(changes.begin(), changes.end(), [&rule](const OffsetChange& a, const OffsetChange& b) {
    if (a.at_s != b.at_s) return a.at_s < b.at_s;
    return a.offset_s != b.offset_s && b.offset_s == rule.daylight_s;
  });
  const auto* const next =
      std::upper_bound(changes.begin(), changes.end(), unix_s,
                       [](int64_t at, const OffsetChange& change) { return at < change.at_s; });
  const OffsetChange& last = *(next - 1);
  return {last.at_s, next->at_s, last.offset_s};
}

}  // namespace

TimeZone::TimeZone(int32_t first_offset_s,
                   std::vector<OffsetChange> changes,
                   std::optional<YearlyRule> rule)
    : first_offset_s_(first_offset_s), changes_(std::move(changes)), rule_(rule) {}

OffsetSpan TimeZone::span_at(int64_t unix_s) const {
  unix_s = std::clamp(unix_s, kEarliestUnixS, kLatestUnixS);
  OffsetSpan listed = listed_span(unix_s);
  if (!rule_ || listed.end_s != kFarS) return listed;
  OffsetSpan ruled = rule_span(*rule_, unix_s);
  ruled.begin_s = std::max(ruled.begin_s, listed.begin_s);
  return ruled;
}

OffsetSpan TimeZone::listed_span(int64_t unix_s) const {
  const auto next =
      std::upper_bound(changes_.begin(), changes_.end(), unix_s,
                       [](int64_t at, const OffsetChange& change) { return at < change.at_s; });
  OffsetSpan span{-kFarS, kFarS, first_offset_s_};
  if (next != changes_.begin()) {
    span.begin_s = std::prev(next)->at_s;
    span.offset_s = std::prev(next)->offset_s;
  }
  if (next != changes_.end()) span.end_s = next->at_s;
  return span;
}

int64_t TimeZone::first_new_local_s(const OffsetSpan& span) const {
  if (span.begin_s <= kEarliestUnixS) return span.begin_s + span.offset_s;
  OffsetSpan before = span_at(span.begin_s - 1);
  int64_t shown_until = before.end_s + before.offset_s;
  while (before.begin_s > kEarliestUnixS && before.begin_s > span.begin_s - kWidestChangeS) {
    before = span_at(before.begin_s - 1);
    shown_until = std::max(shown_until, before.end_s + before.offset_s);
  }
  return shown_until;
}

int64_t TimeZone::first_instant_s(int64_t local_s) const {
  OffsetSpan span = span_at(local_s - kWidestChangeS);
  while (span.end_s + span.offset_s <= local_s && span.end_s <= kLatestUnixS) {
    span = span_at(span.end_s);
  }
  return std::max(local_s - span.offset_s, span.begin_s);
}

}  // namespace kaizen::core
