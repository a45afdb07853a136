// Beats: the signs of life of the threads (RT-87). A thread promises when it will be back before it
// does something that may take long, and rests while it waits for work. A promise that is overdue
// means a stuck thread. One per Runtime; add() before the threads start, everything else from any
// thread and without a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/duration.h"

namespace kaizen::drive {

class Beat {
 public:
  Beat(const base::Clock& clock, std::string name) : clock_(clock), name_(std::move(name)) {}

  // The next sign of life comes within that time.
  void promise(base::Duration within);

  // Waits for work, however long that takes.
  void rest();

  bool is_broken() const;

  const std::string& name() const { return name_; }

 private:
  static constexpr int64_t kResting = 0;

  const base::Clock& clock_;
  const std::string name_;
  std::atomic<int64_t> due_us_{kResting};  // MonoTime
};

class Beats {
 public:
  explicit Beats(const base::Clock& clock) : clock_(clock) {}

  // The reference holds as long as this.
  Beat& add(std::string name);

  // Name of a thread that broke its promise; nullopt: all are well.
  std::optional<std::string> stuck() const;

 private:
  const base::Clock& clock_;
  std::deque<Beat> beats_;
};

}  // namespace kaizen::drive
