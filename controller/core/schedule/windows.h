// ClockWindow: the spans of time that a DriftPolicy's clock judges, one after the other (DR-30).
// They lie where the policy's time zone puts its days, so every process asks for the same ones
// (A30). Pure.
//
// Up to 24h a day of the zone is divided from its begin on; beyond that a week, from Monday. A
// window of 24h is the local day and one of 168h the local week, so a day on which clocks change
// has 23 or 25 h. Shorter windows keep their length on such a day: their number changes. What is
// left at the end of a day or week is a window of its own if it has at least half of the length,
// otherwise the window before it is longer by that.
#pragma once

#include "base/duration.h"
#include "base/time.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

struct ClockWindow {
  base::Time begin;
  base::Time end;  // not inside

  bool operator==(const ClockWindow&) const = default;
};

// The longest a missed window is read later (DR-30).
inline constexpr base::Duration kOldestWindow = std::chrono::hours(14 * 24);

// The window that `time` lies in. `length` from 1 s to 168h in whole seconds (DR-17 asks for at
// least 1m).
ClockWindow window_at(const TimeZone& zone, base::Duration length, base::Time time);

// The window to read next after everything before `read_until` was read: the oldest that begins
// there or later and did not end more than 14 days before `now`. It may end in the future: read it
// then. After an edit of length or zone the first one begins where the new grid does, so nothing is
// read twice.
ClockWindow next_window(const TimeZone& zone,
                        base::Duration length,
                        base::Time read_until,
                        base::Time now);

}  // namespace kaizen::core
