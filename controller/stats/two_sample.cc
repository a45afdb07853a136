#include "stats/two_sample.h"

#include <cmath>
#include <utility>

#include "base/check.h"

namespace kaizen::stats {

TwoSample::TwoSample(const Terms& terms, std::span<const Counts> baseline) {
  state_.terms = terms;
  state_.bets = first_bets(terms);
  for (const Counts& stable : baseline) {
    KAIZEN_CHECK(plausible(stable), "counts are integers with 0 <= x <= n < 2^53 (ST-18)");
    learn_stable(state_.learned, stable);
    remember(state_.window, stable);
  }
}

TwoSample::TwoSample(TwoSampleState state) : state_(std::move(state)) {
  KAIZEN_CHECK(state_.window.size() <= kWindow, "a window holds at most 20 ticks (ST-4)");
}

double TwoSample::tick(const Batch& batch) {
  place(state_.bets, state_.terms, state_.learned, dispersion(), batch);
  learn(state_.learned, batch);
  remember(state_.window, batch.stable);
  return log_wealth();
}

void TwoSample::restart() {
  stats::restart(state_.bets, state_.terms);
}

double TwoSample::log_wealth() const {
  return stats::log_wealth(state_.bets);
}

double TwoSample::dispersion() const {
  return stats::dispersion(state_.window);
}

bool TwoSample::decided() const {
  return log_wealth() >= -std::log(state_.terms.level);
}

void remember(std::vector<Counts>& window, const Counts& stable) {
  if (window.size() == kWindow) window.erase(window.begin());
  window.push_back(stable);
}

}  // namespace kaizen::stats
