// Rng: the one source of randomness, injected and seeded (SIM-1). Pure rooms draw from it, they
// never make one from the outside world. SplitMix64 (Steele, Lea, Flood 2014): small, and the same
// on every platform. Not for secrets.
#pragma once

#include <cstdint>

namespace kaizen::base {

class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}

  uint64_t next();

  // Uniform in [0, 1).
  double unit();

 private:
  uint64_t state_;
};

}  // namespace kaizen::base
