// Sorting that keeps what compares equal in its order. The standard library's takes its memory
// through a function that C++20 deprecates, which clang reports.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace kaizen::base {

// `less` is a strict weak order. O(n log n) comparisons, n moves.
template <class T, class Less>
void sort_stably(std::vector<T>& values, Less less) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (less(values[a], values[b])) return true;
    return !less(values[b], values[a]) && a < b;
  });
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (const size_t index : order) sorted.push_back(std::move(values[index]));
  values = std::move(sorted);
}

}  // namespace kaizen::base
