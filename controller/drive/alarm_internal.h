// Alarm: what the timer thread waits on. Rung whenever a machine may have got an earlier wake. One
// per Runtime; any thread.
#pragma once

#include <condition_variable>

#include "base/duration.h"
#include "base/thread_annotations.h"

namespace kaizen::drive {

// No wait is longer than this: neither a jump of the wall clock nor the time a machine slept wakes
// a thread by itself.
inline constexpr base::Duration kLookAgain = std::chrono::milliseconds(100);

class Alarm {
 public:
  Alarm() = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void ring();

  // The timer thread ends.
  void close();

  // Until it is rung, closed, or `at_most` and kLookAgain have passed. False: closed.
  bool wait(base::Duration at_most);

 private:
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  bool rung_ KAIZEN_GUARDED_BY(mutex_) = false;
  bool closed_ KAIZEN_GUARDED_BY(mutex_) = false;
};

}  // namespace kaizen::drive
