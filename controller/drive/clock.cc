#include "drive/clock.h"

#include <cstdint>
#include <ctime>

#include "base/check.h"
#include "base/time.h"

namespace kaizen::drive {

namespace {

int64_t read_us(clockid_t id) {
  timespec at{};
  KAIZEN_CHECK(clock_gettime(id, &at) == 0, "the kernel has this clock");
  return int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1000;
}

}  // namespace

base::Time SystemClock::now() const {
  return base::Time::from_unix_us(read_us(CLOCK_REALTIME));
}

base::MonoTime SystemClock::mono() const {
  return base::MonoTime::from_us(read_us(CLOCK_BOOTTIME));
}

}  // namespace kaizen::drive
