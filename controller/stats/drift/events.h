// Events: the yes/no questions that the evidence of a check is built from (DR-52). An event is
// counted in every window by the same rule, chosen once from the reference and never from a window.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/drift/histogram.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

struct Event {
  enum class Shape : uint8_t {
    kUpTo,     // the observation lies in `bin` or below: "at most bounds[bin]"
    kIn,       // it lies in `bin`: a category
    kOutside,  // it does not lie in `bin`: the reference is constant
  };
  Shape shape = Shape::kUpTo;
  size_t bin = 0;

  bool operator==(const Event&) const = default;
};

// Of a numeric check: the bounds nearest to the reference's CDF 0.10, 0.25, 0.50, 0.75 and 0.90
// (ties: the lower bound), each once, with CDF in [0.02, 0.98]. None of them left: one event
// "outside the reference's fullest bin". Errors as DR-60 has them.
Measured<std::vector<Event>> numeric_events(std::span<const double> reference);

// Of a categorical check whose bins are known categories: indexes of the at most ten largest that
// hold at least 1 % of `total` (ties: the first), rising; none when a count is no count. `other`
// and `unseen` are events beside them; what is not listed here belongs to `other`.
std::vector<size_t> leading_categories(std::span<const double> counts, double total);

// The events of a numeric check in one window, whose buckets need not be the reference's: one count
// per event into `hits`, NaN where the window lacks a cut point of the event (DR-40, DR-44).
// `reference_bounds`: the finite bounds of the bins that the events were chosen from.
void count_events(std::span<const Event> events,
                  std::span<const double> reference_bounds,
                  const Histogram& window,
                  std::vector<double>& hits);

// How many observations of `bins` the event counts. `event.bin` must lie inside `bins`.
double count_of(const Event& event, std::span<const double> bins);

}  // namespace kaizen::stats
