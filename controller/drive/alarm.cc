#include <algorithm>
#include <utility>

#include "base/duration.h"
#include "base/thread_annotations.h"
#include "drive/alarm_internal.h"

namespace kaizen::drive {

void Alarm::ring() {
  const base::MutexLock lock(mutex_);
  rung_ = true;
  changed_.notify_all();
}

void Alarm::close() {
  const base::MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool Alarm::wait(base::Duration at_most) {
  const base::MutexLock lock(mutex_);
  if (!rung_ && !closed_) changed_.wait_for(mutex_, std::min(at_most, kLookAgain));
  rung_ = false;
  return !closed_;
}

}  // namespace kaizen::drive
