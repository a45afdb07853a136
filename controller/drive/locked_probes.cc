#include <chrono>
#include <optional>
#include <vector>

#include "base/duration.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "core/plan.h"
#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "drive/locked_probes_internal.h"
#include "reconcile/observations.h"
#include "reconcile/probe.h"
#include "schema/resource.h"

namespace kaizen::drive {

namespace {

constexpr base::Duration kSlack = std::chrono::seconds(30);  // RT-87

base::Duration longest(const core::Probe& probe) {
  const auto requests = static_cast<base::Duration::rep>(probe.requests.size());
  return probe.timeout * requests + kSlack;
}

}  // namespace

void LockedProbes::plan(const reconcile::ProbeOwner& owner,
                        const std::vector<core::Probe>& probes) {
  {
    const base::MutexLock lock(mutex_);
    probes_.plan(owner, probes);
    due_.notify_all();
  }
  alarm_.ring();
}

void LockedProbes::forget(const reconcile::Key& key) {
  const base::MutexLock lock(mutex_);
  probes_.forget(key);
}

std::optional<reconcile::ProbeJob> LockedProbes::take(Beat& beat) {
  const base::MutexLock lock(mutex_);
  beat.rest();
  while (!closed_) {
    std::optional<reconcile::ProbeJob> job = probes_.take(clock_.now());
    if (job) {
      beat.promise(longest(job->probe));
      return job;
    }
    due_.wait(mutex_);
  }
  return std::nullopt;
}

void LockedProbes::finish(const reconcile::ProbeJob& job) {
  const base::MutexLock lock(mutex_);
  probes_.finish(job);
  due_.notify_all();  // a limit may have held others back
}

void LockedProbes::close() {
  const base::MutexLock lock(mutex_);
  closed_ = true;
  due_.notify_all();
}

void LockedProbes::notify_due() {
  const base::MutexLock lock(mutex_);
  const std::optional<base::Time> at = probes_.next_at();
  if (at && *at <= clock_.now()) due_.notify_all();
}

std::optional<base::Time> LockedProbes::next_at() const {
  const base::MutexLock lock(mutex_);
  return probes_.next_at();
}

}  // namespace kaizen::drive
