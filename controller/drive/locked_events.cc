#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
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
#include "drive/locked_events_internal.h"
#include "reconcile/events.h"

namespace kaizen::drive {

LockedEvents::LockedEvents(const base::Clock& clock, Alarm& alarm, reconcile::EventPolicy policy)
    : clock_(clock), alarm_(alarm), recorder_(std::move(policy)) {}

void LockedEvents::record(const reconcile::Regarding& regarding,
                          const std::vector<core::EventNote>& notes) {
  if (notes.empty()) return;
  {
    const base::MutexLock lock(mutex_);
    for (const core::EventNote& note : notes) {
      recorder_.record(regarding, note, clock_.now(), clock_.mono());
    }
    changed_.notify_all();
  }
  alarm_.ring();
}

std::optional<reconcile::EventCall> LockedEvents::take(Beat& beat) {
  const base::MutexLock lock(mutex_);
  beat.rest();
  while (!closed_) {
    std::optional<reconcile::EventCall> call = recorder_.take(clock_.mono());
    if (call) {
      beat.promise(kEventDeadline + std::chrono::seconds(30));  // RT-87
      return call;
    }
    changed_.wait(mutex_);
  }
  return std::nullopt;
}

void LockedEvents::answered(uint64_t id, const base::Result<base::HttpResponse>& answer) {
  const base::MutexLock lock(mutex_);
  recorder_.answered(id, answer, clock_.mono());
  changed_.notify_all();
}

void LockedEvents::flush(base::Duration at_most) {
  const base::MonoTime deadline = clock_.mono() + at_most;
  const base::MutexLock lock(mutex_);
  recorder_.flush(clock_.mono());
  changed_.notify_all();
  while (!recorder_.idle()) {
    const base::Duration left = deadline - clock_.mono();
    if (left <= base::Duration::zero()) return;
    changed_.wait_for(mutex_, std::min(left, kLookAgain));
  }
}

void LockedEvents::close() {
  const base::MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void LockedEvents::notify_due() {
  const base::MutexLock lock(mutex_);
  const std::optional<base::MonoTime> due = recorder_.next_wake();
  if (due && *due <= clock_.mono()) changed_.notify_all();
}

std::optional<base::MonoTime> LockedEvents::next_wake() const {
  const base::MutexLock lock(mutex_);
  return recorder_.next_wake();
}

uint64_t LockedEvents::dropped() const {
  const base::MutexLock lock(mutex_);
  return recorder_.dropped();
}

}  // namespace kaizen::drive
