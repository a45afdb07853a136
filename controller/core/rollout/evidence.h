// Evidence: the link between metric answers, the statistics of stats/ and status.analysis. assess
// calls `read_evidence` once per decision: it folds the answer of a new tick into the state kept in
// status (each tick once, A30), says what all of it amounts to, and which question comes next.
// advance calls the functions below it when a step, a bake or the rollout begins or ends; all of
// that goes into the same status write. Pure, never fails, any thread: missing data is NoData, an
// outcome of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_deployment.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/rollout/snapshot.h"

namespace kaizen::core {

enum class Sampling : uint8_t {
  kNone,      // no rollout, or before its first step: only the baseline is asked for
  kCanary,    // both arms have traffic
  kSettling,  // canary phase, but weight or settle time not reached: ticks are not evidence (A31)
  kBake,      // the promoted revision alone
};

struct EvidenceInput {
  const RolloutSnapshot* snapshot = nullptr;
  const Extensions* extensions = nullptr;
  base::Time now;
  Sampling sampling = Sampling::kNone;
  bool baseline_wanted = false;  // ask the 20 ticks of the stable arm (R3-20): Preparing, settling
  bool slow = false;             // Held for 1 h: ticks of 5 minutes, so status rests (R2-56)
  std::string stable_revision;   // in bake: empty
  std::string candidate_revision;  // in bake: the promoted one, reached through Service <name>
  base::Time samples_from;         // first instant whose requests count (RO-25)
};

struct Evidence {
  // status.analysis with everything new folded in. nullopt: no analysis in this state.
  std::optional<api::AnalysisStatus> status;

  // This rollout has an analysis. false: no metric source is known, AnalysisPassing=False/Disabled.
  bool configured = false;
  std::string metrics_reason;  // condition MetricsAvailable: Available, NotConfigured, NoTraffic, …
                               // empty: nothing was asked yet
  std::string metrics_message;  // fact first, then the next step (S54)
  std::string invalid_query;    // Stalled/InvalidQuery, R2-3: analysis field only → NoData and Held

  bool data = false;             // the last tick had data for every weighted metric and arm
  bool no_data_expired = false;  // noData.after has passed without such a tick (RO-22, RO-24)
  bool harm = false;             // ST-10, ST-6: stays once found
  bool hard_limit = false;       // ST-13
  bool bake_harm = false;        // ST-13, two ticks in a row
  std::string blame;             // metric
  std::string harm_message;      // n, rates, wealth against limit: for status, event, describe
  bool no_harm = false;          // ST-11 but for the hold
  bool evidence = false;         // ST-11's Evidence but for the hold: no_harm and ST-10
  std::string missing;           // what the step's requirement lacks, with ST-16's remaining

  // The answer of a tick that may still meet the step's requirement is on its way, at the latest
  // until then: the hold alone is no verdict (ST-11). nullopt: what there is decides.
  std::optional<base::Time> awaited_until;
  bool state_discarded = false;  // MD-15: event StateDiscarded, the step restarts (start_step)

  std::vector<Probe> probes;
  std::optional<base::Time> next_at;
};

Evidence read_evidence(const EvidenceInput& input);

// Analysis of a new rollout, before its first step: source chosen and frozen (R2-58), state empty.
// A source that spec names and nobody knows gives an analysis without data (NotConfigured, Held).
// nullopt when spec names none and there is no default.
std::optional<api::AnalysisStatus> start_analysis(const RolloutSnapshot& snapshot);

// A step begins (also when it is entered again, RO-15): margins are read from spec and frozen
// (RO-37), bets are placed anew (ST-8), the step's counts start from nothing. `steps` are the
// frozen ones: K of ST-8 comes from their holds.
void start_step(api::AnalysisStatus& analysis,
                const RolloutSnapshot& snapshot,
                const std::vector<api::CanaryStep>& steps);

// Point of no return passed: margins become bake's limits (ST-13). The verdict stays that of the
// canary until bake finds harm; the caller has set Skipped or Inconclusive where a person cut the
// canary short (RO-18).
void start_bake(api::AnalysisStatus& analysis, const RolloutSnapshot& snapshot);

// The rollout ended without a verdict of its own (abort, supersession, deletion, promote before the
// requirement was met): `verdict` is Skipped or Inconclusive, never a passing one (RO-18); a found
// Fail stays. What was measured stays readable, `state` goes (RO-28).
void close_analysis(api::AnalysisStatus& analysis, std::string_view verdict);

// The same at the end of a bake: the verdict stays.
void close_analysis(api::AnalysisStatus& analysis);

}  // namespace kaizen::core
