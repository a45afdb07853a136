// Clock: the only way to ask what time it is. Machines take `now` as an argument (A60); only drive,
// the adapters and the mains hold a Clock. Every method may be called from any thread and never
// blocks.
#pragma once

#include "base/time.h"

namespace kaizen::base {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  virtual Time now() const = 0;
  virtual MonoTime mono() const = 0;
};

}  // namespace kaizen::base
