// Presence: how many exchanges of one transport still exist, on whichever thread. The library keeps
// an exchange that was given up until its own threads have seen the end of the connection; a
// transport that is going away waits for that, so that no thread is in the middle of one when the
// process ends. Any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/duration.h"

namespace kaizen::net {

class Presence {
 public:
  void enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }

  // False: some are still there after `patience`.
  bool wait_gone(base::Duration patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t count_ = 0;
};

}  // namespace kaizen::net
