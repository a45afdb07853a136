// SystemClock: the real time. Made by app, given to everything that asks what time it is. Any
// thread, never blocks.
#pragma once

#include "base/clock.h"
#include "base/time.h"

namespace kaizen::drive {

class SystemClock final : public base::Clock {
 public:
  base::Time now() const override;
  base::MonoTime mono() const override;  // CLOCK_BOOTTIME: counts while the machine sleeps (RT-76)
};

}  // namespace kaizen::drive
