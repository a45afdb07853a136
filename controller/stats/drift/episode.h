// EpisodeState: from the verdict of each evaluated instant to openings, escalations and closings of
// one policy's episodes (DR-110 to DR-116). The transition is pure; who an episode is (its id, key,
// checks and actions) its owner, the decision, knows. One owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/duration.h"
#include "base/time.h"
#include "stats/drift/decision.h"

namespace kaizen::stats {

struct EpisodeTerms {
  // A severity counts when m of the last n evaluated instants have it (DR-93); method Evidence:
  // 1, 1.
  size_t m = 1;
  size_t n = 1;
  int32_t close_after = 3;  // quiet instants in a row
  base::Duration cooldown{};
  int32_t no_data_grace = 3;  // instants in a row without data until the policy is blind
};

// One evaluated instant: all clocks due at it form one verdict, the worst (DR-110).
struct Verdict {
  Severity severity = Severity::kNone;
  // DR-113, of the clock that opened the episode; nullopt: that clock was not due.
  std::optional<bool> quiet = true;
};

struct EpisodeState {
  Severity open = Severity::kNone;  // of the open episode; kNone: none is open
  int64_t sequence = 0;             // of the last episode opened; the first is 1
  int32_t quiet = 0;                // quiet instants in a row
  int32_t no_data = 0;              // instants without data in a row
  bool blind = false;
  std::optional<base::Time> cooldown_until;
  std::vector<Severity> ring;  // last verdicts, oldest first, at most n

  bool operator==(const EpisodeState&) const = default;
};

// What happened at one instant, in the order in which it is told.
struct EpisodeChange {
  bool went_blind = false;  // DR-116: `Blind` actions, once
  bool sighted = false;     // data is back
  bool opened = false;
  bool escalated = false;  // to kAct; also told when it closes at the same instant
  bool closed = false;

  bool operator==(const EpisodeChange&) const = default;
};

// No data at this instant: no clock due could be evaluated. Nothing but the grace changes (DR-47).
EpisodeChange step_without_data(EpisodeState& state, const EpisodeTerms& terms);

// An instant with data at `now`.
EpisodeChange step(EpisodeState& state,
                   const Verdict& verdict,
                   const EpisodeTerms& terms,
                   base::Time now);

// Ends the open episode for a reason that is no quiet: remediated, superseded, acknowledged
// (DR-117, DR-56). The cool-down and the ring are those of DR-114.
void close_episode(EpisodeState& state, const EpisodeTerms& terms, base::Time now);

}  // namespace kaizen::stats
