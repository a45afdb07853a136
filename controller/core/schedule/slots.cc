#include "core/schedule/slots.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "core/schedule/civil_internal.h"
#include "core/schedule/cron.h"
#include "core/schedule/labels_internal.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

namespace {

// 29 February 2096 to 29 February 2104 are 2,921 days.
constexpr int64_t kReachS = int64_t{8} * 366 * kSecondsPerDay;

// The labels of one span that fire in it, in minutes.
struct Labels {
  int64_t first = 0;
  int64_t last = 0;
};

bool is_interval(const CronExpression& cron) {
  return cron.any_hour;
}

// The newest label that a clock with this offset shows at `unix_s`.
int64_t label_at(int64_t unix_s, int32_t offset_s) {
  return floor_div(unix_s + offset_s, kSecondsPerMinute);
}

Labels labels_of(const CronExpression& cron, const TimeZone& zone, const OffsetSpan& span) {
  const int64_t first_local_s =
      is_interval(cron) ? span.begin_s + span.offset_s : zone.first_new_local_s(span);
  return {.first = ceil_div(first_local_s, kSecondsPerMinute),
          .last = label_at(span.end_s - 1, span.offset_s)};
}

// A label that clocks jump over fires at the jump.
base::Time instant_of(int64_t label, const OffsetSpan& span) {
  const int64_t unix_s = label * kSecondsPerMinute - span.offset_s;
  return base::Time::from_unix_s(std::max(unix_s, span.begin_s));
}

// [after, until] in whole seconds: a slot is one, so it is later than `after` if its second is.
struct Bounds {
  int64_t after_s = 0;
  int64_t until_s = 0;

  bool empty() const { return after_s >= until_s; }
};

Bounds bounds_of(base::Time after, base::Time until) {
  using std::chrono::seconds;
  return {.after_s = std::max(base::floor_to(after, seconds(1)).unix_s(), kEarliestUnixS - 1),
          .until_s = std::min(base::floor_to(until, seconds(1)).unix_s(), kLatestUnixS)};
}

// The labels of `span` whose instants lie in the bounds; those that fire at its begin do when it
// does.
Labels labels_within(const CronExpression& cron,
                     const TimeZone& zone,
                     const OffsetSpan& span,
                     const Bounds& bounds) {
  Labels labels = labels_of(cron, zone, span);
  if (span.begin_s <= bounds.after_s) {
    labels.first = std::max(labels.first, label_at(bounds.after_s, span.offset_s) + 1);
  }
  labels.last = std::min(labels.last, label_at(bounds.until_s, span.offset_s));
  return labels;
}

}  // namespace

SlotSearch newest_slot(const CronExpression& cron,
                       const TimeZone& zone,
                       base::Time after,
                       base::Time until) {
  SlotSearch search;
  Bounds bounds = bounds_of(after, until);
  if (bounds.empty()) return search;
  bounds.after_s = std::max(bounds.after_s, bounds.until_s - kReachS);
  OffsetSpan span = zone.span_at(bounds.until_s);
  for (;;) {
    const Labels labels = labels_within(cron, zone, span, bounds);
    const LabelSearch found = newest_label(cron, labels.first, labels.last);
    search.months += found.months;
    if (found.label) {
      search.slot = instant_of(*found.label, span);
      return search;
    }
    if (span.begin_s - 1 <= bounds.after_s) return search;
    span = zone.span_at(span.begin_s - 1);
  }
}

SlotSearch next_slot(const CronExpression& cron, const TimeZone& zone, base::Time after) {
  SlotSearch search;
  Bounds bounds = bounds_of(after, base::Time::from_unix_s(kLatestUnixS));
  if (bounds.empty()) return search;
  bounds.until_s = std::min(bounds.until_s, bounds.after_s + kReachS);
  OffsetSpan span = zone.span_at(bounds.after_s);
  for (;;) {
    const Labels labels = labels_within(cron, zone, span, bounds);
    const LabelSearch found = oldest_label(cron, labels.first, labels.last);
    search.months += found.months;
    if (found.label) {
      search.slot = instant_of(*found.label, span);
      return search;
    }
    if (span.end_s > bounds.until_s) return search;
    span = zone.span_at(span.end_s);
  }
}

int64_t count_slots(const CronExpression& cron,
                    const TimeZone& zone,
                    base::Time after,
                    base::Time until) {
  const Bounds bounds = bounds_of(after, until);
  if (bounds.empty()) return 0;
  int64_t count = 0;
  OffsetSpan span = zone.span_at(bounds.after_s);
  for (;;) {
    Labels labels = labels_within(cron, zone, span, bounds);
    // What clocks jumped over fires together with what they jumped to.
    const int64_t at_begin = std::min(label_at(span.begin_s, span.offset_s), labels.last);
    if (labels.first <= at_begin) {
      if (oldest_label(cron, labels.first, at_begin).label) ++count;
      labels.first = at_begin + 1;
    }
    count += count_labels(cron, labels.first, labels.last);
    if (span.end_s > bounds.until_s) return count;
    span = zone.span_at(span.end_s);
  }
}

}  // namespace kaizen::core
