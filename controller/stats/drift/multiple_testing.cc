#include "stats/drift/multiple_testing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include "base/check.h"

namespace kaizen::stats {

namespace {

// Indexes in the order `before`, first of equals first.
template <class Before>
std::vector<size_t> sorted(size_t size, const Before& before) {
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return before(a, b) || (!before(b, a) && a < b); });
  return order;
}

void check_arguments(std::span<const double> values, double level) {
  KAIZEN_CHECK(level > 0.0 && level <= 1.0, "a level is a probability");
  for (const double value : values) {
    KAIZEN_CHECK(!std::isnan(value), "what has no value is not tested");
  }
}

std::vector<bool> at_most(const std::vector<double>& p, double level) {
  std::vector<bool> rejected;
  rejected.reserve(p.size());
  for (const double value : p) rejected.push_back(value <= level);
  return rejected;
}

}  // namespace

Adjusted benjamini_hochberg(std::span<const double> p, double level) {
  check_arguments(p, level);
  const std::vector<size_t> order =
      sorted(p.size(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  Adjusted result{.p = std::vector<double>(p.size()), .rejected = {}};
  double smallest = 1.0;
  for (size_t rank = p.size(); rank > 0; --rank) {
    const size_t index = order[rank - 1];
    smallest =
        std::min(smallest, p[index] * static_cast<double>(p.size()) / static_cast<double>(rank));
    result.p[index] = smallest;
  }
  result.rejected = at_most(result.p, level);
  return result;
}

Adjusted bonferroni(std::span<const double> p, double level) {
  check_arguments(p, level);
  Adjusted result;
  for (const double value : p) {
    result.p.push_back(std::min(1.0, value * static_cast<double>(p.size())));
  }
  result.rejected = at_most(result.p, level);
  return result;
}

EBh e_bh(std::span<const double> log_e, double level) {
  check_arguments(log_e, level);
  const std::vector<size_t> order =
      sorted(log_e.size(), [&](size_t a, size_t b) { return log_e[a] > log_e[b]; });
  const double bar = std::log(static_cast<double>(log_e.size())) - std::log(level);
  EBh result{.k = 0, .rejected = std::vector<bool>(log_e.size())};
  for (size_t k = order.size(); k > 0 && result.k == 0; --k) {
    if (std::log(static_cast<double>(k)) + log_e[order[k - 1]] >= bar) result.k = k;
  }
  for (size_t i = 0; i < result.k; ++i) result.rejected[order[i]] = true;
  return result;
}

}  // namespace kaizen::stats
