// Charts: sequential detectors over a stream of window means, with no reference but their own past
// or a learned mean (DR-76, DR-78, DR-79). Each is plain state with one owner and one thread; after
// an alarm it starts anew with the next value. NaN is no data: it changes nothing and never alarms.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace kaizen::stats {

// Page, "Continuous inspection schemes", 1954. Both sides.
class Cusum {
 public:
  struct Terms {
    double mean = 0.0;   // of window means, from the learning period
    double sigma = 1.0;  // > 0; of window means: s/sqrt(n) alone is far too small (DR-78)
    double k = 0.5;      // slack, in sigmas
    double h = 5.0;      // limit, in sigmas
  };

  explicit Cusum(const Terms& terms);

  // True: an alarm.
  bool update(double x);

 private:
  Terms terms_;
  double up_ = 0.0;
  double down_ = 0.0;
};

// Siegmund's limit h for a two-sided in-control run length of `windows` windows (DR-78); k > 0,
// `windows` >= 1.
double cusum_limit(double k, double windows);

// Roberts, "Control chart tests based on geometric moving averages", 1959.
class Ewma {
 public:
  struct Terms {
    double mean = 0.0;
    double sigma = 1.0;   // > 0
    double lambda = 0.2;  // weight of the newest value, in (0, 1]
    double limit = 3.5;   // L, in standard deviations of the average
  };

  explicit Ewma(const Terms& terms);

  bool update(double x);

 private:
  Terms terms_;
  double average_ = 0.0;
  int64_t count_ = 0;
};

// Page-Hinkley with river 0.26.1's arithmetic (DR-76). The defaults are for standardised window
// means.
class PageHinkley {
 public:
  enum class Mode : uint8_t { kUp, kDown, kBoth };

  struct Terms {
    int64_t min_instances = 24;
    double delta = 0.05;      // slack
    double threshold = 20.0;  // lambda, in units of x
    double alpha = 1.0;       // forgetting
    Mode mode = Mode::kBoth;
  };

  explicit PageHinkley(const Terms& terms) : terms_(terms) {}

  bool update(double x);

 private:
  struct State {
    int64_t count = 0;
    double mean = 0.0;
    double up = 0.0;
    double down = 0.0;
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -1.0;  // river's start value, kept for parity
  };

  Terms terms_;
  State state_;
};

}  // namespace kaizen::stats
