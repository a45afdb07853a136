#include "stats/drift/events.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

namespace {

// DR-52. Beyond the last two a tail carries too little mass to test.
constexpr std::array<double, 5> kCuts = {0.10, 0.25, 0.50, 0.75, 0.90};
constexpr double kLowestCut = 0.02;
constexpr double kHighestCut = 0.98;
constexpr size_t kMaxCategories = 10;
constexpr double kSmallestCategory = 0.01;

struct Cut {
  size_t bin = 0;
  double cdf = 0.0;
};

// How many observations are at most the upper bound of the reference's `bin`; NaN: the window has
// no such bound. Beyond the last bound are all.
double up_to(std::span<const double> reference_bounds, const Histogram& window, size_t bin) {
  const auto begin = window.counts.begin();
  if (bin == reference_bounds.size()) return std::accumulate(begin, window.counts.end(), 0.0);
  const auto at =
      std::lower_bound(window.bounds.begin(), window.bounds.end(), reference_bounds[bin]);
  if (at == window.bounds.end() || *at != reference_bounds[bin]) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return std::accumulate(begin, begin + (at - window.bounds.begin()) + 1, 0.0);
}

}  // namespace

Measured<std::vector<Event>> numeric_events(std::span<const double> reference) {
  KAIZEN_TRY(const double total, total_of(reference));
  if (total <= 0.0) return Unusable::kEmptyReference;
  std::vector<Cut> cuts;
  double below = 0.0;
  for (size_t i = 0; i + 1 < reference.size(); ++i) {
    const double cdf = (below += reference[i]) / total;
    if (cdf >= kLowestCut && cdf <= kHighestCut) cuts.push_back({.bin = i, .cdf = cdf});
  }
  std::vector<Event> events;
  for (const double wanted : kCuts) {
    const auto nearest =
        std::min_element(cuts.begin(), cuts.end(), [wanted](const Cut& a, const Cut& b) {
          return std::abs(a.cdf - wanted) < std::abs(b.cdf - wanted);
        });
    if (nearest == cuts.end()) break;
    const Event event{.shape = Event::Shape::kUpTo, .bin = nearest->bin};
    if (events.empty() || events.back() != event) events.push_back(event);
  }
  if (events.empty()) {
    const auto fullest = std::max_element(reference.begin(), reference.end());
    events.push_back(
        {.shape = Event::Shape::kOutside, .bin = static_cast<size_t>(fullest - reference.begin())});
  }
  return events;
}

std::vector<size_t> leading_categories(std::span<const double> counts, double total) {
  if (!total_of(counts).ok()) return {};
  std::vector<size_t> order(counts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
  });
  std::vector<size_t> leading;
  for (const size_t index : order) {
    if (leading.size() == kMaxCategories || !(counts[index] >= kSmallestCategory * total)) break;
    leading.push_back(index);
  }
  std::sort(leading.begin(), leading.end());
  return leading;
}

void count_events(std::span<const Event> events,
                  std::span<const double> reference_bounds,
                  const Histogram& window,
                  std::vector<double>& hits) {
  hits.clear();
  for (const Event& event : events) {
    KAIZEN_CHECK(event.bin <= reference_bounds.size(), "an event asks about a bin that is there");
    const double below = event.bin == 0 ? 0.0 : up_to(reference_bounds, window, event.bin - 1);
    const double including = up_to(reference_bounds, window, event.bin);
    switch (event.shape) {
      case Event::Shape::kUpTo: hits.push_back(including); break;
      case Event::Shape::kIn: hits.push_back(including - below); break;
      case Event::Shape::kOutside:
        hits.push_back(up_to(reference_bounds, window, reference_bounds.size()) -
                       (including - below));
        break;
    }
  }
}

double count_of(const Event& event, std::span<const double> bins) {
  KAIZEN_CHECK(event.bin < bins.size(), "an event asks about a bin that is there");
  const auto at = bins.begin() + static_cast<std::ptrdiff_t>(event.bin);
  switch (event.shape) {
    case Event::Shape::kUpTo: return std::accumulate(bins.begin(), at + 1, 0.0);
    case Event::Shape::kIn: return *at;
    case Event::Shape::kOutside:
      return std::accumulate(bins.begin(), at, 0.0) + std::accumulate(at + 1, bins.end(), 0.0);
  }
  return 0.0;
}

}  // namespace kaizen::stats
