// DriftWorld: simulated traffic of one numeric feature X ~ N(mu(hour), 1) in hourly windows, as
// buckets of a histogram. Everything comes from one seed; the distributions are our own, because
// those of the standard library differ between platforms. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/rng.h"

namespace kaizen::bench {

inline constexpr size_t kHours = 720;  // 30 days
inline constexpr size_t kBins = 200;   // equally likely under N(0, 1)
inline constexpr size_t kDayHours = 24;
inline constexpr int64_t kReferenceRows = 50'000;

using Bins = std::array<double, kBins>;

enum class Scenario : uint8_t {
  kStationary,
  kJitter,    // hourly means N(0, 0.05^2): harmless
  kSeasonal,  // a daily rhythm of the mean, traffic in phase
  kWeekend,   // another mean on two days of seven
  kBroken,    // stationary, then mean + 1 from day 10 on: the control
};

struct World {
  std::array<double, kHours> mean{};  // of X
  std::array<double, kHours> rate{};  // expected requests per hour
  double reference_sd = 1.0;
  std::vector<Bins> hours;  // counts, kHours of them
  Bins reference{};         // kReferenceRows draws of what the scenario is without drift
  std::vector<Bins> slots;  // a profile per hour of the day, of 14 days
};

inline constexpr size_t kBreakHour = 240;  // kBroken

World a_world(Scenario scenario, double requests_per_hour, base::Rng& random);

// The 199 finite bounds, and the mean of N(0, 1) inside each bin.
const std::vector<double>& bin_bounds();
const Bins& bin_means();

double normal(base::Rng& random);
double poisson(base::Rng& random, double mean);

}  // namespace kaizen::bench
