// Evidence: the link between metric answers, the statistics of stats/ and status.analysis. assess
// calls `read_evidence` once per decision: it folds the answers of new ticks into the state kept in
// status (each tick once, A30), says what they amount to, and which questions to ask next. advance
// calls the functions below it when a step, a bake or the rollout begins or ends; all of that goes
// into the same status write. Pure, never fails: missing data is NoData, an outcome of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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
  bool baseline_wanted = false;  // Preparing: ask the 20 ticks of the stable arm (R3-20)
  std::string stable_revision;   // in bake: the promoted one, and `candidate_revision` is empty
  std::string candidate_revision;
  base::Time samples_from;  // first instant whose requests count (RO-25)
};

struct Evidence {
  // status.analysis with everything new folded in. nullopt: no analysis in this state.
  std::optional<api::AnalysisStatus> status;

  bool configured = false;     // a metric source is known; false: AnalysisPassing=False/Disabled
  std::string metrics_reason;  // condition MetricsAvailable: Available, NotConfigured, NoTraffic, …
  std::string metrics_message;  // fact first, then the next step (S54)
  std::string invalid_query;    // Stalled/InvalidQuery, R2-3: analysis field only → NoData and Held

  bool data = false;             // the last tick had data for every arm asked
  bool no_data_expired = false;  // noData.after has passed without data (RO-22, RO-24)
  bool harm = false;             // ST-10, ST-6: stays once found
  bool hard_limit = false;       // ST-13
  bool bake_harm = false;        // ST-13, two ticks in a row
  std::string blame;             // metric
  std::string harm_message;      // n, rates, wealth against limit: for status, event, describe
  bool no_harm = false;          // ST-11 but for the hold
  bool evidence = false;         // ST-10
  std::string missing;           // what is lacking for the requirement, with ST-16's remaining
  bool state_discarded = false;  // MD-15: event StateDiscarded, the step restarts

  std::vector<Probe> probes;
  std::optional<base::Time> next_at;
};

Evidence read_evidence(const EvidenceInput& input);

// Analysis of a new rollout, before its first step: source chosen and frozen (R2-58, MP-17), state
// empty. nullopt when no metric source is known.
std::optional<api::AnalysisStatus> start_analysis(const RolloutSnapshot& snapshot, base::Time now);

// A step begins (also when it is entered again, RO-15): bets are placed anew (ST-8), the step's
// counts start from nothing. `steps` are the frozen ones: K of ST-8 comes from their holds.
void start_step(api::AnalysisStatus& analysis,
                const api::ModelDeploymentSpec& spec,
                const std::vector<api::CanaryStep>& steps);

// Point of no return passed: margins become bake's limits (ST-13).
void start_bake(api::AnalysisStatus& analysis, const api::ModelDeploymentSpec& spec);

// The rollout or its bake ended without a verdict of its own: Skipped or Inconclusive, never Pass
// (RO-18). What it measured stays readable; `state` goes.
void close_analysis(api::AnalysisStatus& analysis, std::string_view verdict);

}  // namespace kaizen::core
