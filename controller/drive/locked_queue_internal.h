// LockedQueue: the WorkQueue with its mutex, and what threads wait on at it (A62). One per Runtime;
// any thread. First in the lock order: nothing is called with the mutex held but the queue itself.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "reconcile/queue.h"
#include "reconcile/wake.h"
#include "schema/resource.h"

namespace kaizen::drive {

// RT-87: a worker busy for longer is stuck. Every request has a deadline far below it.
inline constexpr base::Duration kWorkLimit = std::chrono::minutes(10);

class LockedQueue {
 public:
  LockedQueue(const base::Clock& clock, Alarm& alarm, reconcile::QueuePolicy policy)
      : clock_(clock), alarm_(alarm), queue_(std::move(policy)) {}

  LockedQueue(const LockedQueue&) = delete;
  LockedQueue& operator=(const LockedQueue&) = delete;

  // The caches are synced: keys may be taken from now on (RT-88). Keys added before wait.
  void open();

  void add(const std::vector<reconcile::Wake>& wakes);

  // Blocks until a key is ready, and promises the beat kWorkLimit. nullopt: closed.
  std::optional<reconcile::Taken> take(Beat& beat);

  // `gone`: there is no such object any more. A key that enters quarantine gets one last write
  // (RT-48) and is being processed until last_write_done().
  reconcile::Done done(const reconcile::Key& key, const reconcile::Outcome& outcome, bool gone);
  void last_write_done();

  // No key is taken any more (A67).
  void close();

  // Waits until no key is being processed, at most that long. True: none is.
  bool await_idle(base::Duration at_most);

  // The timer: delayed keys may be due.
  void notify_due();
  std::optional<base::MonoTime> next_wake() const;

  reconcile::QueueFacts facts() const;

 private:
  void count_down() KAIZEN_REQUIRES(mutex_);

  const base::Clock& clock_;
  Alarm& alarm_;
  mutable base::Mutex mutex_;
  std::condition_variable_any ready_;
  std::condition_variable_any idle_;
  reconcile::WorkQueue queue_ KAIZEN_GUARDED_BY(mutex_);
  size_t processing_ KAIZEN_GUARDED_BY(mutex_) = 0;
  bool open_ KAIZEN_GUARDED_BY(mutex_) = false;
  bool closed_ KAIZEN_GUARDED_BY(mutex_) = false;
};

}  // namespace kaizen::drive
