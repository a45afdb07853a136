// Limiter: a token bucket over requests to one server (RT-14), a guard against our own bugs. Owned
// by one transport, which locks around it; takes the time as an argument.
#pragma once

#include <optional>

#include "base/duration.h"
#include "base/time.h"

namespace kaizen::net {

class Limiter {
 public:
  // `per_second` 0: no limit. `burst` is at least 1.
  Limiter(double per_second, double burst);

  // Takes one request's share and says how long to wait before sending it. nullopt, and nothing
  // taken, when that would be longer than `patience`.
  std::optional<base::Duration> take(base::MonoTime now, base::Duration patience);

 private:
  double per_second_;
  double burst_;
  double tokens_;
  std::optional<base::MonoTime> updated_;
};

}  // namespace kaizen::net
