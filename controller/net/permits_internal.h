// Permits: how many unary calls of one transport run at a time (RT-10). A stream takes none: it
// has a connection of its own. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace kaizen::net {

class Permits {
 public:
  explicit Permits(size_t count) : free_(count) {}

  // Blocks until one is free. False: `deadline` passed or `stop` fired first.
  bool take(std::chrono::steady_clock::time_point deadline, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, stop, deadline, [this] { return free_ > 0; })) return false;
    --free_;
    return true;
  }

  void give_back() {
    const std::lock_guard lock(mutex_);
    ++free_;
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  size_t free_;
};

}  // namespace kaizen::net
