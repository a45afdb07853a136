#include "stats/drift/charts.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace kaizen::stats {

namespace {

constexpr double kOvershoot = 1.166;    // Siegmund, "Sequential Analysis", 1985
constexpr double kHighestLimit = 60.0;  // exp(60): no run of windows is that long
constexpr int kBisections = 80;

// In-control run length of one side.
double one_sided_run_length(double k, double h) {
  const double b = h + kOvershoot;
  return (std::exp(2.0 * k * b) - 2.0 * k * b - 1.0) / (2.0 * k * k);
}

}  // namespace

Cusum::Cusum(const Terms& terms) : terms_(terms) {
  KAIZEN_CHECK(terms.sigma > 0.0, "a chart is scaled by a standard deviation");
}

bool Cusum::update(double x) {
  if (std::isnan(x)) return false;
  const double z = (x - terms_.mean) / terms_.sigma;
  up_ = std::max(0.0, up_ + z - terms_.k);
  down_ = std::max(0.0, down_ - z - terms_.k);
  if (up_ <= terms_.h && down_ <= terms_.h) return false;
  up_ = down_ = 0.0;
  return true;
}

double cusum_limit(double k, double windows) {
  KAIZEN_CHECK(k > 0.0 && windows >= 1.0, "a run length is at least one window");
  double low = 0.0;
  double high = kHighestLimit;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2.0;
    (one_sided_run_length(k, middle) / 2.0 < windows ? low : high) = middle;
  }
  return high;
}

Ewma::Ewma(const Terms& terms) : terms_(terms), average_(terms.mean) {
  KAIZEN_CHECK(terms.sigma > 0.0, "a chart is scaled by a standard deviation");
  KAIZEN_CHECK(terms.lambda > 0.0 && terms.lambda <= 1.0, "lambda is a weight");
}

bool Ewma::update(double x) {
  if (std::isnan(x)) return false;
  const double lambda = terms_.lambda;
  ++count_;
  average_ = lambda * x + (1.0 - lambda) * average_;
  const double settled = 1.0 - std::pow(1.0 - lambda, 2.0 * static_cast<double>(count_));
  const double bar = terms_.limit * terms_.sigma * std::sqrt(lambda / (2.0 - lambda) * settled);
  if (std::abs(average_ - terms_.mean) <= bar) return false;
  average_ = terms_.mean;
  count_ = 0;
  return true;
}

bool PageHinkley::update(double x) {
  if (std::isnan(x)) return false;
  State& s = state_;
  ++s.count;
  s.mean += (x - s.mean) / static_cast<double>(s.count);
  const double deviation = x - s.mean;
  s.up = terms_.alpha * s.up + deviation - terms_.delta;
  s.down = terms_.alpha * s.down + deviation + terms_.delta;
  s.lowest = std::min(s.lowest, s.up);
  s.highest = std::max(s.highest, s.down);
  if (s.count < terms_.min_instances) return false;
  const bool rose = terms_.mode != Mode::kDown && s.up - s.lowest > terms_.threshold;
  const bool fell = terms_.mode != Mode::kUp && s.highest - s.down > terms_.threshold;
  if (rose || fell) s = State();
  return rose || fell;
}

}  // namespace kaizen::stats
