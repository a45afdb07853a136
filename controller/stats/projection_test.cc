#include "stats/projection.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stats/betting.h"
#include "stats/numerics.h"

namespace kaizen::stats {
namespace {

double binomial(int64_t n, int64_t x, double p) {
  if (p <= 0.0) return x == 0 ? 1.0 : 0.0;
  if (p >= 1.0) return x == n ? 1.0 : 0.0;
  const auto total = static_cast<double>(n);
  const auto bad = static_cast<double>(x);
  return std::exp(std::lgamma(total + 1) - std::lgamma(bad + 1) - std::lgamma(total - bad + 1) +
                  bad * std::log(p) + (total - bad) * std::log1p(-p));
}

// The e-variable of every possible outcome of n_c and n_s requests, against one alternative.
class Outcomes {
 public:
  Outcomes(int64_t n_c, int64_t n_s, const Rates& point, const Line& line) : n_c_(n_c), n_s_(n_s) {
    for (int64_t x = 0; x <= n_c; ++x) {
      for (int64_t y = 0; y <= n_s; ++y) {
        e_.push_back(std::exp(
            log_factor({.canary = {.n = n_c, .x = x}, .stable = {.n = n_s, .x = y}}, point, line)));
      }
    }
  }

  double expectation(double p_c, double p_s) const {
    double sum = 0.0;
    size_t i = 0;
    for (int64_t x = 0; x <= n_c_; ++x) {
      for (int64_t y = 0; y <= n_s_; ++y) {
        sum += binomial(n_c_, x, p_c) * binomial(n_s_, y, p_s) * e_[i++];
      }
    }
    return sum;
  }

 private:
  int64_t n_c_;
  int64_t n_s_;
  std::vector<double> e_;
};

// Canary rates on the null hypothesis' side of the line, the line itself first.
std::vector<double> null_rates(double on_line, int direction) {
  std::vector<double> rates;
  if (direction > 0) rates = {on_line, on_line * 0.5, 0.0, on_line - 0.1};
  if (direction < 0) rates = {on_line, on_line * 1.5, 1.0, on_line + 0.1};
  std::erase_if(rates, [&](double rate) {
    return rate < 0.0 || rate > 1.0 || direction * (rate - on_line) > 0.0;
  });
  return rates;
}

double largest_expectation(const Outcomes& outcomes, const Line& line, int direction) {
  double largest = 0.0;
  for (const double p_s : {0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.9, 1.0}) {
    for (const double p_c : null_rates(line.canary(p_s), direction)) {
      largest = std::max(largest, outcomes.expectation(p_c, p_s));
    }
  }
  return largest;
}

class SmallBatch : public ::testing::TestWithParam<Line> {};

// Exact: every outcome of small batches, every alternative, rates all over the null hypothesis.
TEST_P(SmallBatch, ST2ExpectationIsAtMostOneUnderTheNull) {
  const Line line = GetParam();
  double largest = 0.0;
  int alternatives = 0;
  for (const auto& [n_c, n_s] : {std::pair{1, 1}, {3, 5}, {6, 2}, {2, 9}}) {
    for (const int direction : {+1, -1}) {
      for (const double stable : {0.001, 0.02, 0.2, 0.45}) {
        const double edge = clip(line.canary(stable));
        for (const double h : kLogOddsGrid) {
          const double canary = clip(expit(logit(edge) + direction * h));
          if (direction * (canary - edge) <= 0.0) continue;
          const Outcomes outcomes(n_c, n_s, {.canary = canary, .stable = stable}, line);
          largest = std::max(largest, largest_expectation(outcomes, line, direction));
          ++alternatives;
        }
      }
    }
  }

  EXPECT_GE(alternatives, 100);
  EXPECT_LE(largest, 1.0 + 1e-9);
  EXPECT_GE(largest, 0.99);  // nothing is given away at the boundary
}

INSTANTIATE_TEST_SUITE_P(Lines,
                         SmallBatch,
                         ::testing::Values(Line{.a = 0.0, .b = 1.0},
                                           Line{.a = 0.01, .b = 1.0},
                                           Line{.a = 0.05, .b = 1.3},
                                           Line{.a = 0.3, .b = 1.0},
                                           Line{.a = 0.0, .b = 2.0}));

TEST(Projection, ST2FindsThePointWhereTheDerivativeVanishes) {
  const Rates point{.canary = 0.6338645427935439, .stable = 0.2860784713662446};

  EXPECT_NEAR(project(1, 500, point, {.a = 0.002, .b = 2.0}), 0.2862767772881539, 1e-12);
}

TEST(Projection, ST2AnArmWithoutRequestsGivesOne) {
  const Rates point{.canary = 0.1, .stable = 0.01};
  const Line line{.a = 0.005, .b = 1.0};

  EXPECT_EQ(log_factor({.canary = {.n = 0, .x = 0}, .stable = {.n = 9, .x = 9}}, point, line), 0.0);
  EXPECT_EQ(log_factor({.canary = {.n = 9, .x = 9}, .stable = {.n = 0, .x = 0}}, point, line), 0.0);
}

TEST(Projection, ST18StaysFiniteAtTheEndsOfItsDomain) {
  const Line steep{.a = 0.999, .b = 1000.0};
  const Batch most{.canary = {.n = kMaxCount, .x = kMaxCount}, .stable = {.n = kMaxCount, .x = 0}};
  for (const double canary : {kEpsilon, 0.5, 1.0 - kEpsilon}) {
    for (const double stable : {kEpsilon, 0.5, 1.0 - kEpsilon}) {
      EXPECT_TRUE(std::isfinite(log_factor(most, {.canary = canary, .stable = stable}, steep)))
          << canary << " " << stable;
    }
  }
}

}  // namespace
}  // namespace kaizen::stats
