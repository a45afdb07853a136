// Slots: the instants at which a cron expression fires in a time zone (TG-11, TG-13). A slot is the
// instant itself, in UTC and whole seconds; its text is its identity (TG-2). Pure.
//
// On days when clocks change: a fixed time of the day (hour not `*`) that clocks jump over fires
// once at the instant of the jump, one that they show twice fires on the first. An interval (hour
// `*`) fires whenever a clock shows it: not at all, or twice. Slots at one instant are one.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "core/schedule/cron.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

struct SlotSearch {
  std::optional<base::Time> slot;
  // Months of a calendar that were looked at, each in constant time, between two changes of the
  // clock: what the search cost (TG-14).
  int32_t months = 0;
};

// The newest slot in (after, until]; walks backwards from `until`, at most 8 years.
SlotSearch newest_slot(const CronExpression& cron,
                       const TimeZone& zone,
                       base::Time after,
                       base::Time until);

// The first slot after `after`; at most 8 years ahead, the longest wait of a schedule that fires at
// all (29 February around the year 2100). None: it never fires (TG-11: InvalidSchedule).
SlotSearch next_slot(const CronExpression& cron, const TimeZone& zone, base::Time after);

// How many slots lie in (after, until]: arithmetic per month, no walk over slots.
int64_t count_slots(const CronExpression& cron,
                    const TimeZone& zone,
                    base::Time after,
                    base::Time until);

}  // namespace kaizen::core
