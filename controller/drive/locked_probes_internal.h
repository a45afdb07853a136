// LockedProbes: the ProbeMachine with its mutex, and what probe threads wait on at it (A62). One
// per Runtime; any thread.
#pragma once

#include <condition_variable>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "core/plan.h"
#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "reconcile/observations.h"
#include "reconcile/probe.h"
#include "schema/resource.h"

namespace kaizen::drive {

class LockedProbes {
 public:
  LockedProbes(const base::Clock& clock, Alarm& alarm, reconcile::ProbeLimits limits)
      : clock_(clock), alarm_(alarm), limits_(limits), probes_(limits) {}

  LockedProbes(const LockedProbes&) = delete;
  LockedProbes& operator=(const LockedProbes&) = delete;

  const reconcile::ProbeLimits& limits() const { return limits_; }

  void plan(const reconcile::ProbeOwner& owner, const std::vector<core::Probe>& probes);
  void forget(const reconcile::Key& key);

  // Blocks until a probe may be asked, and promises the beat what its requests may take. nullopt:
  // closed.
  std::optional<reconcile::ProbeJob> take(Beat& beat);
  void finish(const reconcile::ProbeJob& job);

  void close();

  // The timer: probes may be due.
  void notify_due();
  std::optional<base::Time> next_at() const;

 private:
  const base::Clock& clock_;
  Alarm& alarm_;
  const reconcile::ProbeLimits limits_;
  mutable base::Mutex mutex_;
  std::condition_variable_any due_;
  reconcile::ProbeMachine probes_ KAIZEN_GUARDED_BY(mutex_);
  bool closed_ KAIZEN_GUARDED_BY(mutex_) = false;
};

}  // namespace kaizen::drive
