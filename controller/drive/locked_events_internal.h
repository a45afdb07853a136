// LockedEvents: the EventRecorder with its mutex, and what the events thread waits on at it. One
// per Runtime; any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "core/plan.h"
#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "reconcile/events.h"

namespace kaizen::drive {

class LockedEvents {
 public:
  LockedEvents(const base::Clock& clock, Alarm& alarm, reconcile::EventPolicy policy);

  LockedEvents(const LockedEvents&) = delete;
  LockedEvents& operator=(const LockedEvents&) = delete;

  void record(const reconcile::Regarding& regarding, const std::vector<core::EventNote>& notes);

  // Blocks until a call is due, and promises the beat what it may take. nullopt: closed.
  std::optional<reconcile::EventCall> take(Beat& beat);
  void answered(uint64_t id, const base::Result<base::HttpResponse>& answer);

  // Sends what is known, at most that long (RT-86).
  void flush(base::Duration at_most);
  void close();

  // The timer: a call may be due.
  void notify_due();
  std::optional<base::MonoTime> next_wake() const;

  uint64_t dropped() const;

 private:
  const base::Clock& clock_;
  Alarm& alarm_;
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  reconcile::EventRecorder recorder_ KAIZEN_GUARDED_BY(mutex_);
  bool closed_ KAIZEN_GUARDED_BY(mutex_) = false;
};

// Deadline of one request about an Event: nobody waits for it.
inline constexpr base::Duration kEventDeadline = std::chrono::seconds(10);

}  // namespace kaizen::drive
