// Bets: the money of one betting process (ST-1): a reserve and six components, each wagering on one
// alternative. Plain values that their owner stores; the functions are pure and for any thread.
// Under its null hypothesis the wealth is a non-negative supermartingale with start 1, so by
// Ville's inequality it ever reaches 1/level with probability at most `level`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stats/counts.h"
#include "stats/projection.h"

namespace kaizen::stats {

// Distances of the fixed alternatives from the boundary, in log-odds (ST-3).
inline constexpr std::array<double, 5> kLogOddsGrid = {0.25, 0.5, 1.0, 2.0, 4.0};
inline constexpr size_t kComponents = kLogOddsGrid.size() + 1;  // and one adaptive alternative

// What a process bets against. Fixed from its start to its end.
struct Terms {
  Line line;
  int direction = +1;    // +1: H0 canary <= line (evidence of harm); -1: H0 canary >= line (ST-1)
  double level = 0.05;   // the process decides at wealth 1/level
  int32_t restarts = 0;  // K of ST-8; 0: one bet of all the money, never restarted

  bool operator==(const Terms&) const = default;
};

struct Bets {
  double log_reserve = 0.0;                      // -infinity: nothing is held back
  std::array<double, kComponents> components{};  // log wealth of each
  int32_t k = 0;                                 // restarts so far, the start included

  bool operator==(const Bets&) const = default;
};

// Past counts, decayed by 2^(-1/10) per tick (ST-3); alternatives come from them alone, so each is
// fixed before the tick it bets on.
struct Learned {
  double canary_n = 0.0;
  double canary_x = 0.0;
  double stable_n = 0.0;
  double stable_x = 0.0;

  bool operator==(const Learned&) const = default;
};

// Wealth 1, of which the share for the first restart is bet.
Bets first_bets(const Terms& terms);

// ST-8: pools all money and bets 1/(K - k + 2) of it anew (1/2 after K restarts, all when K = 0).
void restart(Bets& bets, const Terms& terms);

// Log of reserve plus components (ST-6); finite.
double log_wealth(const Bets& bets);

// One tick (ST-2, ST-3): each component on the alternative's side grows by its log factor divided
// by `dispersion` (ST-4), by at most `cap` (ST-5). An arm without requests changes nothing.
void place(Bets& bets,
           const Terms& terms,
           const Learned& learned,
           double dispersion,
           const Batch& batch);

// The most that one tick adds to a component: 0.7 * ln((K + 1) / level) (ST-5).
double cap(const Terms& terms);

// Remembers a tick after it was bet on.
void learn(Learned& learned, const Batch& batch);

// Remembers a tick of the stable arm from before the process.
void learn_stable(Learned& learned, const Counts& stable);

// `learned` as a process sees it that counts the good requests instead of the bad ones.
Learned complement(const Learned& learned);

// ST-4: how much more the stable counts of the last ticks scatter than independent requests would,
// 1..10; 1 when fewer than 5 ticks have requests or none (or all) of the requests are bad.
double dispersion(std::span<const Counts> stable_ticks);

// ST-4 and ST-3 look at this many past stable ticks.
inline constexpr size_t kWindow = 20;

}  // namespace kaizen::stats
