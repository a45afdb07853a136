#include "stats/drift/episode.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"
#include "base/time.h"
#include "stats/drift/decision.h"

namespace kaizen::stats {

namespace {

void remember(EpisodeState& state, Severity severity, size_t n) {
  state.ring.push_back(severity);
  if (state.ring.size() > n) {
    state.ring.erase(state.ring.begin(), state.ring.end() - static_cast<std::ptrdiff_t>(n));
  }
}

// The highest severity that m entries of the ring reach (DR-93).
Severity standing(const EpisodeState& state, size_t m) {
  const auto reach = [&](Severity severity) {
    const auto hits = std::count_if(state.ring.begin(), state.ring.end(),
                                    [&](Severity entry) { return entry >= severity; });
    return static_cast<size_t>(hits) >= m;
  };
  if (reach(Severity::kAct)) return Severity::kAct;
  return reach(Severity::kWarn) ? Severity::kWarn : Severity::kNone;
}

}  // namespace

EpisodeChange step_without_data(EpisodeState& state, const EpisodeTerms& terms) {
  EpisodeChange change;
  if (state.no_data < terms.no_data_grace) ++state.no_data;  // bounded: an outage may last
  if (state.no_data >= terms.no_data_grace && !state.blind) {
    state.blind = true;
    change.went_blind = true;
  }
  return change;
}

EpisodeChange step(EpisodeState& state,
                   const Verdict& verdict,
                   const EpisodeTerms& terms,
                   base::Time now) {
  KAIZEN_CHECK(terms.m >= 1 && terms.m <= terms.n, "m of n (DR-22)");
  EpisodeChange change;
  change.sighted = state.blind;
  state.blind = false;
  state.no_data = 0;
  remember(state, verdict.severity, terms.n);
  const Severity severity = standing(state, terms.m);
  if (state.open == Severity::kNone) {
    const bool cool = !state.cooldown_until || now >= *state.cooldown_until;
    if (severity == Severity::kNone || !cool) return change;
    ++state.sequence;
    state.open = severity;
    state.quiet = 0;
    change.opened = true;
    return change;
  }
  if (severity == Severity::kAct && state.open == Severity::kWarn) {
    state.open = Severity::kAct;
    change.escalated = true;
  }
  if (verdict.quiet) state.quiet = *verdict.quiet ? state.quiet + 1 : 0;
  if (state.quiet >= terms.close_after) {
    close_episode(state, terms, now);
    change.closed = true;
  }
  return change;
}

void close_episode(EpisodeState& state, const EpisodeTerms& terms, base::Time now) {
  state.open = Severity::kNone;
  state.quiet = 0;
  state.ring.clear();
  state.cooldown_until = now + terms.cooldown;
}

}  // namespace kaizen::stats
