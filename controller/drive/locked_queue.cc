#include <algorithm>
#include <optional>
#include <vector>

#include "base/duration.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "drive/locked_queue_internal.h"
#include "reconcile/queue.h"
#include "reconcile/wake.h"
#include "schema/resource.h"

namespace kaizen::drive {

void LockedQueue::open() {
  const base::MutexLock lock(mutex_);
  open_ = true;
  ready_.notify_all();
}

void LockedQueue::add(const std::vector<reconcile::Wake>& wakes) {
  if (wakes.empty()) return;
  const base::MutexLock lock(mutex_);
  const base::MonoTime now = clock_.mono();
  for (const reconcile::Wake& wake : wakes) queue_.add(wake, now);
  ready_.notify_all();
}

std::optional<reconcile::Taken> LockedQueue::take(Beat& beat) {
  const base::MutexLock lock(mutex_);
  beat.rest();
  while (!closed_) {
    std::optional<reconcile::Taken> taken;
    if (open_) taken = queue_.take(clock_.mono());
    if (taken) {
      beat.promise(kWorkLimit);
      ++processing_;
      return taken;
    }
    ready_.wait(mutex_);
  }
  return std::nullopt;
}

reconcile::Done LockedQueue::done(const reconcile::Key& key,
                                  const reconcile::Outcome& outcome,
                                  bool gone) {
  reconcile::Done done;
  {
    const base::MutexLock lock(mutex_);
    done = queue_.done(key, outcome, clock_.mono());
    if (gone) queue_.forget(key);
    if (!done.quarantined) count_down();
    ready_.notify_one();  // the key itself may be ready again
  }
  alarm_.ring();
  return done;
}

void LockedQueue::last_write_done() {
  const base::MutexLock lock(mutex_);
  count_down();
}

void LockedQueue::count_down() {
  --processing_;
  if (processing_ == 0) idle_.notify_all();
}

void LockedQueue::close() {
  const base::MutexLock lock(mutex_);
  closed_ = true;
  ready_.notify_all();
}

bool LockedQueue::await_idle(base::Duration at_most) {
  const base::MonoTime deadline = clock_.mono() + at_most;
  const base::MutexLock lock(mutex_);
  while (processing_ > 0) {
    const base::Duration left = deadline - clock_.mono();
    if (left <= base::Duration::zero()) return false;
    idle_.wait_for(mutex_, std::min(left, kLookAgain));
  }
  return true;
}

void LockedQueue::notify_due() {
  const base::MutexLock lock(mutex_);
  const std::optional<base::MonoTime> due = queue_.next_wake();
  if (due && *due <= clock_.mono()) ready_.notify_all();
}

std::optional<base::MonoTime> LockedQueue::next_wake() const {
  const base::MutexLock lock(mutex_);
  return queue_.next_wake();
}

reconcile::QueueFacts LockedQueue::facts() const {
  const base::MutexLock lock(mutex_);
  return queue_.facts(clock_.mono());
}

}  // namespace kaizen::drive
