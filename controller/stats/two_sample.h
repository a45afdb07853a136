// TwoSample: the whole betting process of ST-1 to ST-9 against one null hypothesis about two rates.
// Its state is plain data that the owner may store and restore exactly. One owner, one thread.
#pragma once

#include <span>
#include <vector>

#include "stats/betting.h"
#include "stats/counts.h"

namespace kaizen::stats {

struct TwoSampleState {
  Terms terms;
  Bets bets;
  Learned learned;
  std::vector<Counts> window;  // last stable ticks, oldest first, at most kWindow (ST-4)

  bool operator==(const TwoSampleState&) const = default;
};

class TwoSample {
 public:
  // Starts with wealth 1. `baseline`: ticks of the stable arm from before, oldest first.
  TwoSample(const Terms& terms, std::span<const Counts> baseline);

  // Goes on where `state` was taken. `state` must come from `state()`, or hold to its bounds.
  explicit TwoSample(TwoSampleState state);

  // Takes the counter increases of one tick and returns the log wealth after it.
  double tick(const Batch& batch);

  // Pools the money and bets anew (ST-8).
  void restart();

  double log_wealth() const;

  // The dispersion that the next tick is divided by.
  double dispersion() const;

  // Wealth has reached 1/level.
  bool decided() const;

  const TwoSampleState& state() const { return state_; }

 private:
  TwoSampleState state_;
};

// Adds a stable tick to a window, dropping the oldest beyond kWindow.
void remember(std::vector<Counts>& window, const Counts& stable);

}  // namespace kaizen::stats
