// What telemetry's tests share: a clock that stands where the test puts it.
#pragma once

#include "base/clock.h"
#include "base/time.h"

namespace kaizen::telemetry {

class StandingClock final : public base::Clock {
 public:
  base::Time now() const override { return time; }

  base::MonoTime mono() const override { return mono_time; }

  base::Time time = base::Time::from_unix_s(1'784'000'000);  // 2026-07-14T03:33:20Z
  base::MonoTime mono_time = base::MonoTime::from_us(1'000'000);
};

}  // namespace kaizen::telemetry
