#include "drift_world.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

#include "base/rng.h"

namespace kaizen::bench {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kProfileDays = 14.0;
constexpr double kLargestStep = 50.0;  // Poisson means are split so that exp(-mean) stays a double

struct Part {
  double mean = 0.0;
  double weight = 1.0;
};

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double normal_density(double x) {
  return std::exp(-x * x / 2.0) / std::sqrt(2.0 * kPi);
}

double normal_quantile(double p) {
  double low = -10.0;
  double high = 10.0;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2.0;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2.0;
}

Bins bin_shares(double mean) {
  Bins shares{};
  double below = 0.0;
  for (size_t i = 0; i < kBins; ++i) {
    const double up_to = i + 1 < kBins ? normal_cdf(bin_bounds()[i] - mean) : 1.0;
    shares[i] = up_to - below;
    below = up_to;
  }
  return shares;
}

Bins mixture(const std::vector<Part>& parts) {
  Bins result{};
  for (const Part& part : parts) {
    const Bins shares = bin_shares(part.mean);
    for (size_t i = 0; i < kBins; ++i) result[i] += part.weight * shares[i];
  }
  return result;
}

// Poisson traffic that falls into bins is independent Poisson traffic in each bin.
Bins traffic(base::Rng& random, double requests, const Bins& shares) {
  Bins counts{};
  for (size_t i = 0; i < kBins; ++i) counts[i] = poisson(random, requests * shares[i]);
  return counts;
}

Bins rows(base::Rng& random, int64_t count, const Bins& shares) {
  Bins up_to{};
  double below = 0.0;
  for (size_t i = 0; i < kBins; ++i) up_to[i] = (below += shares[i]);
  Bins counts{};
  for (int64_t row = 0; row < count; ++row) {
    const double u = random.unit() * up_to.back();
    const auto at = std::upper_bound(up_to.begin(), up_to.end() - 1, u) - up_to.begin();
    counts[static_cast<size_t>(at)] += 1.0;
  }
  return counts;
}

double rhythm(size_t hour) {
  return std::sin(2.0 * kPi * (static_cast<double>(hour) - 8.0) / 24.0);
}

// What the scenario is without drift, and its mean and traffic hour by hour.
std::vector<Part> fill(World& world, Scenario scenario, double requests, base::Rng& random) {
  world.mean.fill(0.0);
  world.rate.fill(requests);
  switch (scenario) {
    case Scenario::kStationary: return {Part{}};
    case Scenario::kJitter:
      for (double& mean : world.mean) mean = 0.05 * normal(random);
      return {Part{}};
    case Scenario::kWeekend:
      for (size_t h = 0; h < kHours; ++h) {
        if (h / kDayHours % 7 >= 5) world.mean[h] = 0.2;
      }
      return {{.mean = 0.0, .weight = 5.0 / 7.0}, {.mean = 0.2, .weight = 2.0 / 7.0}};
    case Scenario::kBroken:
      for (size_t h = kBreakHour; h < kHours; ++h) world.mean[h] = 1.0;
      return {Part{}};
    case Scenario::kSeasonal: break;
  }
  std::vector<Part> day;
  double sum = 0.0;
  for (size_t h = 0; h < kHours; ++h) {
    world.mean[h] = 0.3 * rhythm(h);
    world.rate[h] = requests * (1.0 + 0.6 * rhythm(h));
    if (h < kDayHours) day.push_back({.mean = world.mean[h], .weight = world.rate[h]});
  }
  for (const Part& part : day) sum += part.weight;
  for (Part& part : day) part.weight /= sum;
  world.reference_sd = std::sqrt(1.0 + 0.3 * 0.3 / 2.0);
  return day;
}

}  // namespace

World a_world(Scenario scenario, double requests_per_hour, base::Rng& random) {
  World world;
  const std::vector<Part> null = fill(world, scenario, requests_per_hour, random);
  const Bins shares = mixture(null);
  world.hours.reserve(kHours);
  for (size_t h = 0; h < kHours; ++h) {
    world.hours.push_back(traffic(random, world.rate[h], bin_shares(world.mean[h])));
  }
  world.reference = rows(random, kReferenceRows, shares);
  for (size_t slot = 0; slot < kDayHours; ++slot) {
    const bool by_hour = null.size() == kDayHours;
    world.slots.push_back(traffic(random, kProfileDays * requests_per_hour,
                                  by_hour ? bin_shares(null[slot].mean) : shares));
  }
  return world;
}

const std::vector<double>& bin_bounds() {
  static const std::vector<double> bounds = [] {
    std::vector<double> result;
    for (size_t i = 1; i < kBins; ++i) {
      result.push_back(normal_quantile(static_cast<double>(i) / static_cast<double>(kBins)));
    }
    return result;
  }();
  return bounds;
}

const Bins& bin_means() {
  static const Bins means = [] {
    Bins result{};
    double below = 0.0;  // the density at the lower bound
    for (size_t i = 0; i < kBins; ++i) {
      const double above = i + 1 < kBins ? normal_density(bin_bounds()[i]) : 0.0;
      result[i] = (below - above) * static_cast<double>(kBins);
      below = above;
    }
    return result;
  }();
  return means;
}

double normal(base::Rng& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.unit()));  // Box and Muller, 1958
  return radius * std::cos(2.0 * kPi * random.unit());
}

double poisson(base::Rng& random, double mean) {
  double total = 0.0;
  for (double left = mean; left > 0.0; left -= kLargestStep) {
    double share = std::exp(-std::min(left, kLargestStep));
    double u = random.unit();
    double count = 0.0;
    while (u >= share && share > 0.0) {  // the tail beyond double ends the search
      u -= share;
      count += 1.0;
      share *= std::min(left, kLargestStep) / count;
    }
    total += count;
  }
  return total;
}

}  // namespace kaizen::bench
