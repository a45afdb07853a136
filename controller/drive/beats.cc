#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "base/duration.h"
#include "drive/beats_internal.h"

namespace kaizen::drive {

void Beat::promise(base::Duration within) {
  due_us_.store((clock_.mono() + within).us(), std::memory_order_relaxed);
}

void Beat::rest() {
  due_us_.store(kResting, std::memory_order_relaxed);
}

bool Beat::is_broken() const {
  const int64_t due = due_us_.load(std::memory_order_relaxed);
  return due != kResting && clock_.mono().us() > due;
}

Beat& Beats::add(std::string name) {
  return beats_.emplace_back(clock_, std::move(name));
}

std::optional<std::string> Beats::stuck() const {
  const auto broken = std::ranges::find_if(beats_, &Beat::is_broken);
  if (broken == beats_.end()) return std::nullopt;
  return broken->name();
}

}  // namespace kaizen::drive
