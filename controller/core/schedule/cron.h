// CronExpression: the times of a schedule as users write them, read once into sets (TG-11). Pure;
// a value, any thread. What the sets mean on a day when clocks change is core/schedule/slots.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace kaizen::core {

// Bit n of a set stands for the value n.
struct CronExpression {
  uint64_t minutes = 0;   // 0..59
  uint32_t hours = 0;     // 0..23
  uint32_t days = 0;      // of the month, 1..31
  uint32_t months = 0;    // 1..12
  uint32_t weekdays = 0;  // 0..6, Sunday is 0
  // The field is `*` (or `*/1`, the same). Hours: an interval, which follows elapsed time on days
  // when clocks change; otherwise a fixed time of the day (TG-13).
  bool any_hour = false;
  bool any_day = false;  // day of month and weekday both restricted: either one matches
  bool any_weekday = false;

  bool operator==(const CronExpression&) const = default;
};

inline constexpr size_t kLongestCron = 128;  // bytes, as in the CRD

// Five fields (minute, hour, day of month, month, weekday) of `*`, numbers, names, ranges, steps
// and lists, or one of @hourly @daily @midnight @weekly @monthly @yearly @annually. Error
// (kTerminal): names the field, the position in the text (from 1) and what may stand there.
base::Result<CronExpression> parse_cron(std::string_view text);

}  // namespace kaizen::core
